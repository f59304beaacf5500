// SPDX-License-Identifier: Apache-2.0
// The SFU itself: dataplane and control, with the run directory that authz looks into.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import http from 'node:http';
import { binDir } from './paths.mjs';
import { eventually, freePort, jwt } from './tools.mjs';

export class Sluice {
  constructor(dir) { Object.assign(this, { runDir: `${dir}/run`, log: '', children: {} }); }

  async start() {
    mkdirSync(this.runDir, { recursive: true });
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    this.config = JSON.stringify({
      port: this.port, bind_addresses: ['127.0.0.1'], keys: { devkey: 'devsecret' }, room: { auto_create: false },
      rtc: { udp_port: await freePort(), tcp_port: await freePort(), enable_loopback_candidate: true, node_ip: '127.0.0.1' },
      sluice: { run_dir: this.runDir, backend: 'udp', workers: 1, authz: { anything: [1] } },
    });
    this.spawn('sluice-dataplane');
    await this.startControl();
  }

  spawn(program) {
    const child = spawn(`${binDir}/${program}`, [], { env: { PATH: process.env.PATH, LIVEKIT_CONFIG: this.config }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const s of [child.stdout, child.stderr]) s.on('data', d => { this.log += d; });
    this.children[program] = { child, ended: once(child, 'close') };
  }

  async startControl() {
    this.spawn('sluice-control');
    await eventually('control answers', () => fetch(this.url).then(r => r.ok, () => false), 10000);
  }

  async kill(program, signal = 'SIGKILL') {
    const { child, ended } = this.children[program];
    child.kill(signal);
    await ended;
  }

  async stop() { for (const p of Object.keys(this.children)) await this.kill(p); }

  async rooms() {
    const now = Math.floor(Date.now() / 1000), token = jwt({ iss: 'devkey', nbf: now, exp: now + 60, video: { roomList: true } });
    const r = await fetch(`${this.url}/twirp/livekit.RoomService/ListRooms`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: '{}' });
    return (await r.json()).rooms ?? [];
  }

  // Signalling alone: the participant is there, without media. Resolves with a function that ends it.
  connect(token) {
    return new Promise((resolve, reject) => {
      const q = http.request(`${this.url}/rtc?access_token=${token}&protocol=15&auto_subscribe=1`, { headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } });
      q.on('upgrade', (r, socket) => { socket.on('data', () => {}).on('error', () => {}); resolve(() => socket.destroy()); });
      q.on('response', r => reject(new Error(`no WebSocket: ${r.statusCode}`)));
      q.on('error', reject).end();
    });
  }
}
