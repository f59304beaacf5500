// SPDX-License-Identifier: Apache-2.0
// The program under test.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { binDir, caFile } from './paths.mjs';
import { eventually, freePort, jwt } from './tools.mjs';

export class Authz {
  constructor(dir, { env = {}, settings = {}, args = [], program = 'sluice-authz' } = {}) {
    Object.assign(this, { dir, settings, args, program, log: '' });
    this.env = {
      PATH: process.env.PATH, ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? '',
      LIVEKIT_KEY: 'devkey', LIVEKIT_SECRET: 'devsecret', LIVEKIT_URL: 'ws://127.0.0.1:9',
      LIVEKIT_FULL_ACCESS_HOMESERVERS: 'elsewhere.test', LIVEKIT_LOG_LEVEL: 'debug',
      STATE_DIRECTORY: `${dir}/state`, SLUICE_RUN_DIR: `${dir}/run`, SSL_CERT_FILE: caFile, ...env,
    };
    for (const [k, v] of Object.entries(this.env)) if (v === undefined) delete this.env[k];
  }

  spawn() {
    const config = JSON.stringify({ sluice: { authz: this.settings } });
    this.child = spawn(`${binDir}/${this.program}`, this.args, { env: { LIVEKIT_CONFIG: config, ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const s of [this.child.stdout, this.child.stderr]) s.on('data', d => { this.log += d; });
    this.ended = once(this.child, 'close'); // after the last of the log
  }

  async start() {
    this.port ??= await freePort();
    if (!this.env.LIVEKIT_JWT_PORT) this.env.LIVEKIT_JWT_BIND ??= `127.0.0.1:${this.port}`;
    this.url = `http://127.0.0.1:${this.port}`;
    this.spawn();
    await eventually('authz answers', async () => {
      if (this.child.exitCode !== null) throw new Error(`authz ended:\n${this.log}`);
      return fetch(`${this.url}/healthz`).then(r => r.ok, () => false);
    }, 15000);
  }

  // The exit status of a start that is not meant to succeed.
  async exitStatus() {
    this.spawn();
    return (await this.ended)[0];
  }

  async stop(signal = 'SIGTERM') {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode) return;
    this.child.kill(signal);
    const [status] = await this.ended;
    if (signal === 'SIGTERM' && status !== 0) throw new Error(`authz ended with ${status}:\n${this.log}`);
  }

  post(path, body, headers = { 'content-type': 'application/json' }) {
    return fetch(this.url + path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  }

  // What is written may arrive after the answer.
  logged(text) { return eventually(`the log says ${text}`, () => this.log.includes(text), 20000); }

  async metric(name) {
    const text = await fetch(`${this.url}/metrics`).then(r => r.text());
    const line = text.split('\n').find(l => l.startsWith(`sluice_authz_${name} `));
    return line ? Number(line.split(' ')[1]) : undefined;
  }

  jobs() { return this.metric('delegation_jobs'); }

  // A webhook as LiveKit sends it.
  webhook(event, room, identity, reason, { secret = 'devsecret', key = 'devkey', body: raw } = {}) {
    const body = raw ?? JSON.stringify({ event, room: { name: room }, participant: { identity, disconnectReason: reason }, id: 'EV_1', createdAt: '1' });
    const now = Math.floor(Date.now() / 1000);
    const sha256 = createHash('sha256').update(body).digest('base64');
    return this.post('/sfu_webhook', body, { 'content-type': 'application/json', authorization: jwt({ iss: key, iat: now, nbf: now, exp: now + 60, sha256 }, secret) });
  }
}
