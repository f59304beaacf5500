// SPDX-License-Identifier: Apache-2.0
// An access token (JWT, HS256) made in the page: for development keys only.
const encode = bytes => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const utf8 = text => new TextEncoder().encode(text);

export async function signToken(key, secret, identity, room) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: key, sub: identity, name: identity, nbf: now, exp: now + 6 * 3600, video: { roomJoin: true, room } };
  const input = `${encode(utf8(JSON.stringify({ alg: 'HS256', typ: 'JWT' })))}.${encode(utf8(JSON.stringify(claims)))}`;
  const hmac = await crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return `${input}.${encode(new Uint8Array(await crypto.subtle.sign('HMAC', hmac, utf8(input))))}`;
}
