// SPDX-License-Identifier: Apache-2.0
// A name server for tests: { name: { A: [...], AAAA: [...], SRV: [[priority, weight, port, target]] } }.
// A name that is null is not answered at all.
import dgram from 'node:dgram';

const encodeName = name => Buffer.concat([...name.split('.').filter(Boolean).map(l => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])), Buffer.from([0])]);
const types = { 1: 'A', 28: 'AAAA', 33: 'SRV' };

function data(type, v) {
  if (type === 'A') return Buffer.from(v.split('.').map(Number));
  if (type === 'AAAA') {
    const [head, tail = ''] = v.split('::'), h = head.split(':').filter(Boolean), t = tail.split(':').filter(Boolean);
    const words = [...h, ...Array(8 - h.length - t.length).fill('0'), ...t].map(x => parseInt(x, 16));
    return Buffer.from(words.flatMap(w => [w >> 8, w & 255]));
  }
  const head = Buffer.alloc(6);
  v.slice(0, 3).forEach((n, i) => head.writeUInt16BE(n, 2 * i));
  return Buffer.concat([head, encodeName(v[3])]);
}

export class Dns {
  constructor(names) { Object.assign(this, { names, asked: [] }); }

  async start() {
    this.socket = dgram.createSocket('udp4').on('message', (m, from) => this.onQuestion(m, from));
    await new Promise(r => this.socket.bind(0, '127.0.0.1', r));
    this.address = `127.0.0.1:${this.socket.address().port}`;
  }

  async stop() { await new Promise(r => this.socket.close(r)); }

  onQuestion(m, from) {
    let at = 12;
    const labels = [];
    while (m[at]) { labels.push(m.subarray(at + 1, at + 1 + m[at]).toString()); at += 1 + m[at]; }
    const type = types[m.readUInt16BE(at + 1)], name = labels.join('.').toLowerCase(), question = m.subarray(12, at + 5);
    this.asked.push(`${type} ${name}`);
    const entry = this.names[name];
    if (entry === null) return;
    const answers = (entry?.[type] ?? []).map(v => {
      const d = data(type, v), head = Buffer.from([0xc0, 12, 0, m[at + 2], 0, 1, 0, 0, 0, 60, 0, d.length]);
      return Buffer.concat([head, d]);
    });
    const head = Buffer.from([m[0], m[1], 0x81, entry ? 0x80 : 0x83, 0, 1, 0, answers.length, 0, 0, 0, 0]);
    this.socket.send(Buffer.concat([head, question, ...answers]), from.port, from.address);
  }
}
