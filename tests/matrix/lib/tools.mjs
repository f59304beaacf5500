// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import net from 'node:net';

export { assert };
export const sleep = ms => new Promise(r => setTimeout(r, ms));

// Times are judged to the letter where nothing else runs (QUIET_MACHINE=1), elsewhere with patience.
const patience = process.env.QUIET_MACHINE ? 1 : 4;

export async function eventually(what, check, ms = 5000) {
  for (const end = Date.now() + ms * patience; ;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms * patience} ms: ${what}`);
    await sleep(20);
  }
}

// Not more than `ms` have gone by, under the same rule.
export const assertWithin = (ms, since, now = Date.now()) => assert.ok(now - since < ms * patience, `${now - since} ms`);

// Holds for so long.
export async function never(what, check, ms) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) if (await check()) throw new Error(`happened: ${what}`);
}

export const hash = (...texts) => createHash('sha256').update(JSON.stringify(texts)).digest('base64').replace(/=+$/, '');

const b64 = x => Buffer.from(x).toString('base64url');
export function jwt(claims, secret = 'devsecret') {
  const head = `${b64('{"alg":"HS256","typ":"JWT"}')}.${b64(JSON.stringify(claims))}`;
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}

// As Element Call does: atob() knows neither '-' nor '_'.
export const claimsOf = token => JSON.parse(atob(token.split('.')[1]));

export function freePort(host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const s = net.createServer().on('error', reject).listen(0, host, () => { const { port } = s.address(); s.close(() => resolve(port)); });
  });
}

export const assertCors = r => {
  assert.equal(r.headers.get('access-control-allow-origin'), '*');
  assert.equal(r.headers.get('access-control-allow-methods'), 'POST');
  assert.equal(r.headers.get('access-control-allow-headers'), 'Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token');
};

export async function assertError(r, status, errcode) {
  const body = await r.text();
  assert.equal(r.status, status, body);
  assertCors(r);
  assert.equal(JSON.parse(body).errcode, errcode);
}
