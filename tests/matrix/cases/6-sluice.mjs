// SPDX-License-Identifier: Apache-2.0
// In front of sluice: rooms and presence over its Unix socket, everything through its port.
import { existsSync } from 'node:fs';
import { binDir } from '../lib/paths.mjs';
import { assert, eventually, never, sleep } from '../lib/tools.mjs';
import { delay, endpoints } from '../lib/requests.mjs';
import { Sluice } from '../lib/sluice.mjs';

export const parallel = 4;
export const cases = [];

const needs = () => ['sluice-control', 'sluice-dataplane'].every(p => existsSync(`${binDir}/${p}`)) ? undefined : 'control or dataplane is not built';

function add(name, run, settings = {}) {
  cases.push({
    name: `with sluice: ${name}`, needs, run: async w => {
      const hs = await w.homeserver(), sluice = new Sluice(w.dir);
      w.processes.push(sluice);
      w.closing.push(() => sluice.stop());
      await sluice.start();
      const authz = await w.authz({
        settings: { grace: '1s', start_grace: '3s', ...settings },
        env: { LIVEKIT_URL: 'wss://public.example/livekit/sfu', LIVEKIT_FULL_ACCESS_HOMESERVERS: hs.name, LIVEKIT_CS_API_URL_OVERRIDES: `${hs.name}=${hs.clientUrl}` },
      });
      const post = (path, body) => fetch(sluice.url + path, { method: 'POST', headers: { 'content-type': 'application/json', origin: 'https://call.example' }, body: JSON.stringify(body) });
      const token = async (q = {}) => {
        const r = await post('/sfu/get', endpoints[0].body(hs, q));
        assert.equal(r.status, 200);
        return (await r.json()).jwt;
      };
      await run({ hs, sluice, authz, post, token, names: endpoints[0].names(hs) });
    },
  });
}

add('a token and a room through its port, without the public URL', async ({ hs, sluice, post, names }) => {
  for (const path of ['/sfu/get', '/livekit/jwt/sfu/get', '//sfu/get']) {
    const r = await post(path, endpoints[0].body(hs));
    assert.equal(r.status, 200);
    assert.equal(r.headers.get('access-control-allow-origin'), '*');
    assert.equal((await r.json()).url, 'wss://public.example/livekit/sfu');
  }
  assert.deepEqual((await sluice.rooms()).map(r => r.name), [names.room]);
  const [room] = await sluice.rooms();
  assert.equal(room.emptyTimeout ?? room.empty_timeout, 300);
  assert.equal(room.departureTimeout ?? room.departure_timeout, 20);
  const probe = await fetch(`${sluice.url}/livekit/jwt/delegate_delayed_leave`, { method: 'POST' });
  await assertErrorThroughProxy(probe, 400, 'M_NOT_JSON');
});

async function assertErrorThroughProxy(r, status, errcode) {
  assert.equal(r.status, status);
  assert.equal(r.headers.get('access-control-allow-origin'), '*');
  assert.equal((await r.json()).errcode, errcode);
}

add('presence: restarted while there, sent soon after a lost connection', async ({ hs, authz, sluice, token }) => {
  const jwt = await token(delay('d1', 60000)), end = await sluice.connect(jwt);
  await eventually('restart', () => hs.count('restart'), 3000);
  await never('send', () => hs.count('send'), 1500);
  end();
  await eventually('send', () => hs.count('send'), 8000);
  await eventually('over', async () => await authz.jobs() === 0);
});

add('control is started anew: nobody leaves who comes back', async ({ hs, authz, sluice, token }) => {
  const jwt = await token(delay('d1', 60000));
  await sluice.connect(jwt);
  await eventually('restart', () => hs.count('restart'), 3000);
  await sluice.kill('sluice-control');
  await sleep(500);
  await sluice.startControl();
  await token();
  const end = await sluice.connect(jwt);
  await never('send', () => hs.count('send'), 4500);
  assert.equal(await authz.jobs(), 1);
  end();
  await eventually('send', () => hs.count('send'), 8000);
});

add('authz is started anew during a call, and requests wait for it', async ({ hs, authz, sluice, token, post }) => {
  const jwt = await token(delay('d1', 60000)), end = await sluice.connect(jwt);
  await eventually('restart', () => hs.count('restart'), 3000);
  await authz.stop('SIGKILL');
  const waiting = post('/sfu/get', endpoints[0].body(hs));
  await sleep(1000);
  await authz.start();
  assert.equal((await waiting).status, 200);
  await never('send', () => hs.count('send'), 3500);
  end();
  await eventually('send', () => hs.count('send'), 8000);
});

add('a bad token through its port', async ({ hs, post }) => {
  const q = endpoints[0].body(hs);
  q.openid_token.access_token = 'wrong';
  await assertErrorThroughProxy(await post('/sfu/get', q), 401, 'M_UNAUTHORIZED');
});

add('transports through its port, with a token that is not ours', async ({ sluice }) => {
  const path = `${sluice.url}/_matrix/client/unstable/org.matrix.msc4143/rtc/transports`;
  assert.equal((await fetch(path, { headers: { authorization: 'Bearer user-token' } })).status, 200);
  await assertErrorThroughProxy(await fetch(path, { headers: { authorization: 'Bearer wrong' } }), 401, 'M_UNKNOWN_TOKEN');
}, { service_url: 'https://rtc.example/livekit/jwt' });
