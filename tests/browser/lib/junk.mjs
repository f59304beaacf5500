// SPDX-License-Identifier: Apache-2.0
// Packets that nobody asked for. `strangers` name the counter that each raises when it comes from an unknown
// address; `impostors` when it comes from a participant's own address and port.
import { createHmac, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import path from 'node:path';
import { directory, sleep } from './net.mjs';

const BURST = 50;

const starting = (bytes, length) => Buffer.concat([Buffer.from(bytes), randomBytes(length - bytes.length)]);

function attribute(type, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const b of bytes) {
    crc ^= b;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// A binding request as a browser's, but of a user we do not have, or with a password that is wrong.
export function bindingRequest(username, type = 1) {
  const head = Buffer.concat([Buffer.from([type >> 8, type & 255, 0, 0, 0x21, 0x12, 0xa4, 0x42]), randomBytes(12)]);
  let body = Buffer.concat([attribute(0x0006, Buffer.from(username)), attribute(0x0024, randomBytes(4))]);
  head.writeUInt16BE(body.length + 24, 2);
  const integrity = createHmac('sha1', 'not the password').update(head).update(body).digest();
  body = Buffer.concat([body, attribute(0x0008, integrity)]);
  head.writeUInt16BE(body.length + 8, 2);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE((crc32(Buffer.concat([head, body])) ^ 0x5354554e) >>> 0);
  return Buffer.concat([head, body, attribute(0x8028, crc)]);
}

const ssrcBytes = ssrc => [ssrc >>> 24, ssrc >>> 16 & 255, ssrc >>> 8 & 255, ssrc & 255];

export const strangers = {
  drop_stun_malformed: () => starting([0, 1, 0, 7, 0x21, 0x12, 0xa4, 0x42], 40),
  drop_stun_unknown_ufrag: () => bindingRequest('nobody:stranger'),
  drop_stun_other: () => bindingRequest('nobody:stranger', 0x0011),
  drop_stun_response: () => bindingRequest('nobody:stranger', 0x0101),
  drop_dtls_unknown_peer: () => starting([22, 0xfe, 0xfd], 200),
  drop_rtp_unknown_peer: () => starting([0x90, 96], 1200),
  drop_rtcp_unknown_peer: () => starting([0x80, 200], 100),
  drop_class: () => starting([0x50], 60),
  drop_empty: () => Buffer.alloc(0),
};

// `user`: "ours:theirs", the user name of the participant's checks; `ssrc`: one of the streams it sends.
export const impostors = ({ user, ssrc }) => ({
  drop_stun_integrity: () => bindingRequest(user),
  drop_dtls_malformed: () => starting([23, 0xfe, 0xfd], 9),
  drop_srtp_auth: () => starting([0x80, 96, randomBytes(1)[0], 0, 0, 0, 0, 0, ...ssrcBytes(ssrc)], 300),
  drop_rtp_malformed: () => Buffer.from([0x9f, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff]),
  // encrypted, as the bit in front of the index at its end says, and newer than all before
  drop_srtcp_auth: () => Buffer.concat([starting([0x80, 201, 0, 1, ...ssrcBytes(ssrc)], 56), starting([0xff], 4)]),
});

// `count` of each kind, in bursts, from one socket.
export async function flood(kinds, count, port, host = '127.0.0.1') {
  const socket = dgram.createSocket('udp4');
  const send = bytes => new Promise((resolve, reject) => socket.send(bytes, port, host, e => (e ? reject(e) : resolve())));
  for (let sent = 0; sent < count; sent += BURST) {
    for (const make of Object.values(kinds)) await Promise.all(Array.from({ length: Math.min(BURST, count - sent) }, () => send(make())));
    await sleep(2);
  }
  socket.close();
}

// The same with a forged source address; needs CAP_NET_RAW.
export async function forge(kinds, count, { from, to }) {
  const script = path.join(directory(import.meta.url), 'forge.py');
  const child = spawn('python3', [script, from.address, from.port, to.address, to.port], { stdio: ['pipe', 'inherit', 'inherit'] });
  for (let i = 0; i < count; i++) for (const make of Object.values(kinds)) child.stdin.write(`${make().toString('hex')}\n`);
  child.stdin.end();
  const code = await new Promise(resolve => child.once('exit', resolve));
  if (code !== 0) throw new Error(`forge.py ended with ${code}`);
}

// Bytes into a TCP connection; resolves when the other end closes it.
export function intoTcp(bytes, port, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, host, () => socket.write(bytes));
    socket.once('close', resolve);
    socket.on('error', e => (e.code === 'ECONNRESET' || e.code === 'EPIPE' ? undefined : reject(e)));
    socket.resume();
  });
}
