// SPDX-License-Identifier: Apache-2.0
// What the world outside has: three STUN servers, a name server, a receiver of webhooks. A process in a network
// namespace that has these addresses; commands come as lines of JSON on its standard input:
//   {"stun": 0, "mode": "right" | "dead" | "lying" | "late" | "bare"}   {"name": "line.example", "address": "..."}
// and what was asked of it goes out as lines of JSON: {"webhook": event, "who": identity}, {"ready": true}.
import dgram from 'node:dgram';
import http from 'node:http';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Dns } from '../../matrix/lib/dns.mjs';

export const stunAddresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
export const nameServer = '192.0.2.53', webhookAddress = '192.0.2.80', lie = '203.0.113.66';
const LATE = 1200;

function crc32(bytes) {
  let crc = ~0;
  for (const b of bytes) {
    crc ^= b;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// A binding response with XOR-MAPPED-ADDRESS and, unless bare, FINGERPRINT.
export function bindingResponse(transaction, { address, port }, bare = false) {
  const body = Buffer.alloc(12);
  body.writeUInt16BE(0x0020, 0);
  body.writeUInt16BE(8, 2);
  body[5] = 1;
  body.writeUInt16BE(port ^ 0x2112, 6);
  const ip = Buffer.from(address.split('.').map(Number));
  for (let i = 0; i < 4; i++) body[8 + i] = ip[i] ^ [0x21, 0x12, 0xa4, 0x42][i];
  const head = Buffer.concat([Buffer.from([1, 1, 0, bare ? 12 : 20, 0x21, 0x12, 0xa4, 0x42]), transaction]);
  if (bare) return Buffer.concat([head, body]);
  const print = Buffer.from([0x80, 0x28, 0, 4, 0, 0, 0, 0]);
  print.writeUInt32BE((crc32(Buffer.concat([head, body])) ^ 0x5354554e) >>> 0, 4);
  return Buffer.concat([head, body, print]);
}

class StunServer {
  constructor(address) {
    this.mode = 'right';
    this.socket = dgram.createSocket('udp4').on('message', (m, from) => this.onRequest(m, from));
    this.bound = new Promise(resolve => this.socket.bind(3478, address, resolve));
  }

  onRequest(m, from) {
    if (m.length < 20 || m.readUInt16BE(0) !== 1 || this.mode === 'dead') return;
    const seen = this.mode === 'lying' ? { address: lie, port: from.port } : from;
    const answer = bindingResponse(m.subarray(8, 20), seen, this.mode === 'bare');
    setTimeout(() => this.socket.send(answer, from.port, from.address), this.mode === 'late' ? LATE : 0);
  }
}

async function main() {
  const say = o => process.stdout.write(`${JSON.stringify(o)}\n`);
  const stun = stunAddresses.map(a => new StunServer(a));
  const dns = new Dns({});
  dns.socket = dgram.createSocket('udp4').on('message', (m, from) => dns.onQuestion(m, from));
  await Promise.all([...stun.map(s => s.bound), new Promise(r => dns.socket.bind(53, nameServer, r))]);
  const hooks = http.createServer(async (req, res) => {
    let body = '';
    for await (const part of req) body += part;
    const { event, participant } = JSON.parse(body);
    say({ webhook: event, who: participant?.identity });
    res.end();
  });
  await new Promise(r => hooks.listen(80, webhookAddress, r));
  say({ ready: true });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const c = JSON.parse(line);
    if (c.stun !== undefined) stun[c.stun].mode = c.mode;
    else dns.names[c.name] = { A: [c.address] };
  }
  process.exit();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
