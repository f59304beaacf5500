// SPDX-License-Identifier: Apache-2.0
// An SFU for tests: CreateRoom and GetParticipant of LiveKit's RoomService by Twirp.
import http from 'node:http';
import { claimsOf } from './tools.mjs';

// The fields of a protobuf message: { number: value }, texts as such.
function decode(bytes) {
  const out = {};
  let at = 0;
  const varint = () => { let v = 0, s = 1; for (;;) { const b = bytes[at++]; v += (b & 127) * s; if (b < 128) return v; s *= 128; } };
  while (at < bytes.length) {
    const key = varint();
    if ((key & 7) === 0) out[key >> 3] = varint();
    else { const n = varint(); out[key >> 3] = bytes.subarray(at, at += n).toString(); }
  }
  return out;
}

const field = (n, text) => Buffer.concat([Buffer.from([n << 3 | 2, text.length]), Buffer.from(text)]);

export class Sfu {
  constructor({ port = 0 } = {}) {
    Object.assign(this, { port, rooms: [], lookups: 0, present: new Set(), failing: 0, proxy404: false });
  }

  async start() {
    this.server = http.createServer((q, r) => this.onRequest(q, r));
    await new Promise(done => this.server.listen(this.port, '127.0.0.1', done));
    this.port = this.server.address().port;
    this.url = `ws://127.0.0.1:${this.port}/livekit/sfu`;
  }

  async stop() { this.server.closeAllConnections(); await new Promise(r => this.server.close(r)); }

  async onRequest(q, r) {
    if (q.url.includes('/rtc/validate')) return this.autoCreate ? r.writeHead(200).end('success') : r.writeHead(404).end('could not validate: requested room does not exist');
    const chunks = [];
    for await (const c of q) chunks.push(c);
    if (this.wrongKey) return r.writeHead(401).end('{"code":"unauthenticated"}');
    if (q.headers['content-type'] === 'application/json') return r.writeHead(404).end('{"code":"not_found"}');
    const m = decode(Buffer.concat(chunks));
    const method = q.url.replace('/livekit/sfu/twirp/livekit.RoomService/', '');
    const grants = claimsOf(q.headers.authorization.replace('Bearer ', '')).video;
    if (this.failing > 0) { this.failing--; return r.writeHead(502).end('bad gateway'); }
    if (this.proxy404) return r.writeHead(404).end('<html>not here</html>');
    if (method === 'CreateRoom') {
      this.rooms.push({ name: m[1], emptyTimeout: m[2], maxParticipants: m[3] ?? 0, departureTimeout: m[10], grants });
      return r.writeHead(200, { 'content-type': 'application/protobuf' }).end(Buffer.concat([field(1, 'RM_x'), field(2, m[1])]));
    }
    if (method === 'GetParticipant') {
      this.lookups++;
      this.lookupGrants = grants;
      if (this.present.has(`${m[1]} ${m[2]}`)) return r.writeHead(200).end(Buffer.concat([field(1, 'PA_x'), field(2, m[2]), Buffer.from([0x18, 2])]));
      return r.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"not_found","msg":"participant does not exist"}');
    }
    r.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"bad_route"}');
  }

  enter(room, identity) { this.present.add(`${room} ${identity}`); }
  leave(room, identity) { this.present.delete(`${room} ${identity}`); }
}
