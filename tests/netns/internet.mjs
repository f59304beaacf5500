// SPDX-License-Identifier: Apache-2.0
// What the world outside has: three STUN servers of each address family, a name server, a receiver of webhooks. A process in a network
// namespace that has these addresses; commands come as lines of JSON on its standard input:
//   {"stun": 0, "mode": "right" | "dead" | "lying" | "late" | "bare"}   {"name": "line.example", "address": "..."}
// and what was asked of it goes out as lines of JSON: {"webhook": event, "who": identity}, {"ready": true}.
import dgram from 'node:dgram';
import http from 'node:http';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Dns } from '../matrix/lib/dns.mjs';

export const stunAddresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
export const stunAddresses6 = ['2001:db8:ffff::1', '2001:db8:ffff::2', '2001:db8:ffff::3'];
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

const COOKIE = Buffer.from([0x21, 0x12, 0xa4, 0x42]);

// The bytes of an address, IPv6 as the kernel writes it.
function addressBytes(address) {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head, tail = ''] = address.split('::'), groups = text => text.split(':').filter(Boolean);
  const missing = address.includes('::') ? 8 - groups(head).length - groups(tail).length : 0;
  const all = [...groups(head), ...Array(missing).fill('0'), ...groups(tail)];
  return Buffer.from(all.flatMap(g => [parseInt(g, 16) >> 8, parseInt(g, 16) & 255]));
}

function attribute(type, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value]);
}

// A binding response with XOR-MAPPED-ADDRESS and, unless bare, FINGERPRINT (RFC 8489 sections 14.2, 14.7).
export function bindingResponse(transaction, { address, port }, bare = false) {
  const mask = Buffer.concat([COOKIE, transaction]), ip = addressBytes(address).map((b, i) => b ^ mask[i]);
  const xport = port ^ 0x2112, family = ip.length === 16 ? 2 : 1;
  const mapped = attribute(0x0020, Buffer.from([0, family, xport >> 8, xport & 255, ...ip]));
  const head = Buffer.concat([Buffer.from([1, 1, 0, mapped.length + (bare ? 0 : 8)]), mask]);
  if (bare) return Buffer.concat([head, mapped]);
  const print = Buffer.alloc(4);
  print.writeUInt32BE((crc32(Buffer.concat([head, mapped])) ^ 0x5354554e) >>> 0, 0);
  return Buffer.concat([head, mapped, attribute(0x8028, print)]);
}

class StunServer {
  constructor(address) {
    this.mode = 'right';
    this.socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4').on('message', (m, from) => this.onRequest(m, from));
    this.bound = new Promise((resolve, reject) => this.socket.once('error', reject).bind(3478, address, resolve));
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
  const ipv6 = process.argv.includes('ipv6');
  const stun = [...stunAddresses, ...ipv6 ? stunAddresses6 : []].map(a => new StunServer(a));
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
