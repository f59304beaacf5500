// SPDX-License-Identifier: Apache-2.0
// Who and what is refused, and with which words.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { AccessToken } from 'livekit-server-sdk';
import { decodesMore, seesVideo } from '../lib/media.mjs';
import { joinRequest, open, query } from '../lib/raw.mjs';
import { key, secret, token } from '../lib/sluice.mjs';

const room = 'refused';
const now = () => Math.floor(Date.now() / 1000);

const encoded = value => Buffer.from(JSON.stringify(value)).toString('base64url');

// A token with any claims, signed in any way.
function signed(claims, { with: by = secret, alg = 'HS256', iss = key } = {}) {
  const body = { iss, sub: 'mallory', nbf: now() - 10, exp: now() + 600, video: { roomJoin: true, room }, ...claims };
  const text = `${encoded({ alg })}.${encoded(body)}`;
  if (alg === 'none') return `${text}.`;
  return `${text}.${createHmac(`sha${alg.slice(2)}`, by).update(text).digest('base64url')}`;
}

const invalid = (jwt, why) => [401, `invalid token: ${jwt}, error: ${why}`];

// What each bad token is answered, on every way in.
function badTokens() {
  const wrong = signed({}, { with: 'another-secret-of-at-least-32-bytes' });
  const expired = signed({ exp: now() - 3600 });
  const early = signed({ nbf: now() + 3600 });
  const otherAlgorithm = signed({}, { alg: 'HS512' });
  const unsigned = signed({}, { alg: 'none' });
  return [
    ['no token', undefined, [401, 'no permissions to access the room']],
    ['no token but a word', 'garbage', [401, 'invalid authorization token']],
    ['signed with another secret', wrong, invalid(wrong, 'token signature is invalid: signature is invalid')],
    ['another algorithm', otherAlgorithm, invalid(otherAlgorithm, 'token signature is invalid: signing method HS512 is invalid')],
    ['unsigned', unsigned, invalid(unsigned, 'token signature is invalid: signing method none is invalid')],
    ['expired', expired, invalid(expired, 'token has invalid claims: token is expired')],
    ['not valid yet', early, invalid(early, 'token has invalid claims: token is not valid yet')],
    ['of an unknown key', signed({}, { iss: 'nobody' }), [401, 'invalid API key: nobody']],
    ['without video grants', signed({ video: undefined }), [401, 'no permissions to access the room']],
    ['without roomJoin', signed({ video: { room } }), [401, 'permissions denied']],
    ['without identity', signed({ sub: '' }), [400, 'identity cannot be empty']],
    ['with a long identity', signed({ sub: 'x'.repeat(257) }), [400, 'participant identity length exceeds limits: max length 256']],
    ['without room', signed({ video: { roomJoin: true } }), [400, 'no room name']],
  ];
}

const answer = async res => [res.status, await res.text()];

async function tokens(t) {
  const { httpUrl, url } = await t.sluice();
  for (const [what, jwt, expected] of badTokens()) {
    const access = jwt === undefined ? {} : { access_token: jwt };
    for (const [path, params] of [['/rtc', access], ['/rtc/v1', { ...access, join_request: joinRequest() }]]) {
      assert.deepEqual(await answer(await fetch(`${httpUrl}${path}/validate${query(params)}`)), expected, `${what}: GET ${path}/validate`);
      const { status, body } = await open(url, { path, params });
      assert.deepEqual([status, body], expected, `${what}: WebSocket ${path}`);
    }
    if (jwt === undefined) continue;
    const { status, body } = await open(url, { path: '/livekit/sfu//rtc', headers: { authorization: `Bearer ${jwt}` } });
    assert.deepEqual([status, body], expected, `${what}: as a header`);
  }
}

async function requests(t) {
  const { httpUrl, url } = await t.sluice({ extra: 'room: {auto_create: false}' });
  const access_token = await token('alice', room);
  const get = async (path, params) => answer(await fetch(httpUrl + path + query(params)));
  assert.deepEqual(await get('/rtc/v1/validate', { access_token }), [400, 'join_request is required']);
  assert.deepEqual(await get('/rtc/v1/validate', { access_token, join_request: '!' }), [400, 'cannot base64 decode wrapped join request']);
  assert.deepEqual(await get('/rtc/v1/validate', { access_token, join_request: '____' }), [400, 'cannot unmarshal wrapped join request']);
  assert.deepEqual(await get('/rtc/validate', { access_token }), [404, 'requested room does not exist']);
  const creator = await token('alice', room, { grants: { roomCreate: true } });
  assert.deepEqual(await get('/rtc/validate', { access_token: creator }), [200, 'success']);
  assert.equal((await get('/rtc', { access_token: creator }))[0], 404);
  assert.equal((await get('/nowhere', {}))[0], 404);
  const { status, body } = await open(url, { path: '/rtc', params: { access_token } });
  assert.deepEqual([status, body], [404, 'requested room does not exist']);
}

// What the client library makes of it.
async function clients(t) {
  const { url } = await t.sluice();
  const notAllowed = { name: 'ConnectionError', reason: 0, status: 401 };
  for (const single of [true, false]) {
    const mallory = await t.page('mallory');
    const expired = await new AccessToken(key, secret, { identity: 'mallory', ttl: -3600 });
    expired.addGrant({ roomJoin: true, room });
    const wrong = await new AccessToken(key, 'another-secret-of-at-least-32-bytes', { identity: 'mallory' });
    wrong.addGrant({ roomJoin: true, room });
    const grantless = new AccessToken(key, secret, { identity: 'mallory' });
    for (const [jwt, text] of [[expired, 'token is expired'], [wrong, 'signature is invalid'], [grantless, 'no permissions to access the room']]) {
      const { message, ...error } = await mallory.call('connectError', url, await jwt.toJwt(), { single });
      assert.deepEqual(error, notAllowed);
      assert.match(message, new RegExp(text));
    }
    assert.equal(await mallory.call('connectError', url, await token('mallory', room), { single }), null);
  }
}

// A message over the limit ends its socket with 1009, a body over the limit is 413, a call goes on.
async function tooLarge(t) {
  const { httpUrl, url } = await t.sluice({ extra: 'limit: {signal_message_size_limit: 100000, max_api_request_body_size: 65536}' });
  const alice = await t.join('alice', room);
  await alice.call('publish', { video: true });
  const bob = await t.join('bob', room);
  await seesVideo(bob);
  const carol = await open(url, { path: '/rtc', params: { access_token: await token('carol', room), protocol: 17 } });
  await carol.got('join');
  carol.send('updateMetadata', { metadata: 'x'.repeat(90000) });
  carol.send('pingReq', { timestamp: 1n });
  await carol.got('pongResp');
  carol.send('updateMetadata', { metadata: 'x'.repeat(110000) });
  assert.equal(await carol.closed, 1009);
  const whole = await fetch(`${httpUrl}/rtc/validate`, { method: 'POST', body: 'x'.repeat(70000) });
  assert.deepEqual(await answer(whole), [413, 'request body too large']);
  const streamed = await fetch(`${httpUrl}/rtc/validate`, { method: 'POST', duplex: 'half', body: new Blob(['x'.repeat(70000)]).stream() });
  assert.equal(streamed.status, 413);
  await decodesMore(bob);
}

// Frames that are no requests, or not for this state: ignored, or the end of that one session.
async function nonsense(t) {
  const { url } = await t.sluice();
  const alice = await t.join('alice', room);
  await alice.call('publish', { video: true });
  const bob = await t.join('bob', room);
  await seesVideo(bob);
  const params = { access_token: await token('carol', room), protocol: 17 };
  for (const bytes of [Buffer.from([0xff, 0xff, 0xff]), Buffer.alloc(5000, 0xa5), Buffer.from('not JSON'), Buffer.alloc(0)]) {
    for (const binary of [true, false]) {
      const carol = await open(url, { path: '/rtc', params });
      await carol.got('join');
      carol.socket.send(bytes, { binary });
      carol.send('offer', { type: 'offer', sdp: bytes.toString('latin1'), id: 1 });
      carol.send('trickle', { candidateInit: bytes.toString('latin1'), target: 0 });
      carol.send('subscription', { trackSids: ['TR_none', ''], subscribe: true });
      carol.send('mute', { sid: 'TR_none', muted: true });
      carol.send('answer', { type: 'answer', sdp: '', id: 77 });
      carol.socket.close();
      await carol.closed;
    }
  }
  await decodesMore(bob);
}

export const cases = [
  { name: 'refusals: tokens, on every way in', run: tokens },
  { name: 'refusals: requests', run: requests },
  { name: 'refusals: as the client library tells them', run: clients },
  { name: 'refusals: messages and bodies over their limits', run: tooLarge },
  { name: 'refusals: signalling nonsense during a call', run: nonsense },
];
