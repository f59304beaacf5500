// SPDX-License-Identifier: Apache-2.0
// A small TURN client: makes allocations and says with which codes they were answered (0: success).
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import tls from 'node:tls';

const COOKIE = 0x2112a442, ALLOCATE = 3, REALM = 'livekit';
const USERNAME = 0x06, INTEGRITY = 0x08, ERROR = 0x09, REALM_ATTRIBUTE = 0x14, NONCE = 0x15, TRANSPORT = 0x19;

function attribute(type, value) {
  const b = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  b.writeUInt16BE(type, 0);
  b.writeUInt16BE(value.length, 2);
  value.copy(b, 4);
  return b;
}

function message(attributes, key) {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(ALLOCATE, 0);
  head.writeUInt32BE(COOKIE, 4);
  crypto.randomBytes(12).copy(head, 8);
  const body = Buffer.concat(attributes);
  head.writeUInt16BE(body.length + (key ? 24 : 0), 2);
  const whole = Buffer.concat([head, body]);
  return key ? Buffer.concat([whole, attribute(INTEGRITY, crypto.createHmac('sha1', key).update(whole).digest())]) : whole;
}

function parse(answer) {
  const found = {};
  for (let at = 20; at < 20 + answer.readUInt16BE(2);) {
    const length = answer.readUInt16BE(at + 2);
    found[answer.readUInt16BE(at)] = answer.subarray(at + 4, at + 4 + length);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  const e = found[ERROR];
  return { code: e ? e[2] * 100 + e[3] : 0, nonce: found[NONCE] };
}

async function exchange(ask, username, password) {
  const udp = attribute(TRANSPORT, Buffer.from([17, 0, 0, 0]));
  const first = parse(await ask(message([udp])));
  if (first.code !== 401) throw new Error(`an unauthenticated request got ${first.code}`);
  const key = crypto.createHash('md5').update(`${username}:${REALM}:${password}`).digest();
  return parse(await ask(message([udp, attribute(USERNAME, Buffer.from(username)),
    attribute(REALM_ATTRIBUTE, Buffer.from(REALM)), attribute(NONCE, first.nonce)], key))).code;
}

const answered = (emitter, event) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error('no answer of the TURN server')), 5000);
  emitter.once(event, data => { clearTimeout(timer); resolve(data); });
});

// `count` allocations, each from a port of its own.
export async function allocate({ port, username, password, count = 1 }) {
  const codes = [];
  for (let i = 0; i < count; i++) {
    const socket = dgram.createSocket('udp4');
    const ask = bytes => { socket.send(bytes, port, '127.0.0.1'); return answered(socket, 'message'); };
    codes.push(await exchange(ask, username, password).finally(() => socket.close()));
  }
  return codes;
}

export async function allocateTls({ port, username, password, ca }) {
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
  socket.on('error', () => {});
  await answered(socket, 'secureConnect');
  const ask = bytes => { socket.write(bytes); return answered(socket, 'data'); };
  return [await exchange(ask, username, password).finally(() => socket.destroy())];
}
