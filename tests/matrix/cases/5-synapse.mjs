// SPDX-License-Identifier: Apache-2.0
// A current Synapse: OpenID tokens over TLS, delayed events restarted and sent.
import { assert, assertError, assertWithin, claimsOf, eventually, hash } from '../lib/tools.mjs';
import { missing, Synapse } from '../lib/synapse.mjs';

export const parallel = 1;
const room = '!room:hs';

async function withSynapse(w, run) {
  const hs = new Synapse(w.dir), sfu = await w.sfu(), dns = await w.dns({ 'hs.localhost': { A: ['127.0.0.1'] } });
  w.closing.push(() => hs.stop());
  await hs.start();
  const authz = await w.authz({
    settings: { grace: '1s', dns_servers: dns.address, service_url: 'https://matrix-rtc.example/livekit/jwt' },
    env: { LIVEKIT_URL: sfu.url, LIVEKIT_FULL_ACCESS_HOMESERVERS: hs.name, LIVEKIT_CS_API_URL_OVERRIDES: `${hs.name}=${hs.clientUrl}` },
  });
  await run({ hs, sfu, authz, dns, w });
}

export const cases = [{
  name: 'Synapse: tokens good, wrong and expired; delayed events; transports', needs: missing,
  run: w => withSynapse(w, async ({ hs, sfu, authz }) => {
    const alice = await hs.register('alice'), openid_token = await hs.openid(alice);
    assert.equal(openid_token.matrix_server_name, hs.name);

    const legacy = await authz.post('/sfu/get', { room, openid_token, device_id: alice.device_id });
    assert.equal(legacy.status, 200, authz.log);
    assert.equal(claimsOf((await legacy.json()).jwt).sub, `${alice.user_id}:${alice.device_id}`);
    assert.equal(sfu.rooms.length, 1);

    const member = { id: 'm1', claimed_user_id: alice.user_id, claimed_device_id: alice.device_id };
    const request = { room_id: room, slot_id: 'm.call#ROOM', openid_token, member };
    const token = await authz.post('/get_token', request);
    assert.equal(claimsOf((await token.json()).jwt).sub, hash(alice.user_id, alice.device_id, 'm1'));

    await assertError(await authz.post('/get_token', { ...request, member: { ...member, claimed_user_id: `@bob:${hs.name}` } }), 401, 'M_UNAUTHORIZED');
    await assertError(await authz.post('/sfu/get', { room, openid_token: { ...openid_token, access_token: 'wrong' }, device_id: 'D' }), 401, 'M_UNAUTHORIZED');
    const late = await hs.openid(alice);
    hs.expireTokens();
    await assertError(await authz.post('/sfu/get', { room, openid_token: late, device_id: 'D' }), 401, 'M_UNAUTHORIZED');

    // a leave that lies an hour ahead is restarted while she is there, and sent when she goes
    const { room_id } = await hs.api('POST', 'v3/createRoom', { preset: 'public_chat' }, alice.token);
    const path = `v3/rooms/${encodeURIComponent(room_id)}/state/org.matrix.msc3401.call.member/${encodeURIComponent(`_${alice.user_id}_D`)}`;
    await hs.api('PUT', path, { in: true }, alice.token);
    const { delay_id } = await hs.api('PUT', `${path}?org.matrix.msc4140.delay=3600000`, { in: false }, alice.token);
    const q = { ...request, openid_token: await hs.openid(alice), delay_id, delay_timeout: 3600000 };
    assert.equal((await authz.post('/delegate_delayed_leave', q)).status, 200);
    const name = hash(room, 'm.call#ROOM'), identity = hash(alice.user_id, alice.device_id, 'm1');
    sfu.enter(name, identity);
    await authz.webhook('participant_joined', name, identity);
    await authz.logged('restart server=hs.localhost:18448 status=200');
    assert.deepEqual(await hs.api('GET', path, undefined, alice.token), { in: true });
    sfu.leave(name, identity);
    const since = Date.now();
    await authz.webhook('participant_left', name, identity, 'CLIENT_INITIATED');
    await eventually('she has left', async () => (await hs.api('GET', path, undefined, alice.token)).in === false, 3000);
    assertWithin(1500, since);

    const ask = headers => fetch(`${authz.url}/_matrix/client/unstable/org.matrix.msc4143/rtc/transports`, { headers });
    assert.equal((await ask({ authorization: `Bearer ${alice.token}` })).status, 200);
    assert.equal((await ask({ authorization: 'Bearer wrong' })).status, 401);
  }),
}];
