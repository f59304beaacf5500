// SPDX-License-Identifier: Apache-2.0
// A real Synapse: client API in plain HTTP, OpenID over TLS at the port that its name says.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { workDir } from './paths.mjs';
import { eventually } from './tools.mjs';

const python = `${workDir}/synapse/bin/python`;
export const missing = () => existsSync(`${workDir}/synapse/bin/synapse_homeserver`) ? undefined : 'Synapse could not be installed';

export class Synapse {
  constructor(dir, { host = 'hs.localhost', tlsPort = 18448, port = 18008 } = {}) {
    Object.assign(this, { dir, name: `${host}:${tlsPort}`, userName: `${host}:${tlsPort}`, tlsPort, port, clientUrl: `http://127.0.0.1:${port}`, log: '' });
  }

  async start() {
    const config = {
      server_name: this.name, pid_file: `${this.dir}/pid`, report_stats: false, signing_key_path: `${this.dir}/signing.key`,
      database: { name: 'sqlite3', args: { database: `${this.dir}/hs.db` } }, media_store_path: `${this.dir}/media`,
      tls_certificate_path: `${workDir}/server.pem`, tls_private_key_path: `${workDir}/server.key`,
      listeners: [
        { port: this.port, bind_addresses: ['127.0.0.1'], tls: false, type: 'http', resources: [{ names: ['client'] }] },
        { port: this.tlsPort, bind_addresses: ['127.0.0.1'], tls: true, type: 'http', resources: [{ names: ['openid'] }] },
      ],
      experimental_features: { msc3266_enabled: true, msc4222_enabled: true, msc4143_enabled: true, msc4354_enabled: true },
      max_event_delay_duration: '24h', enable_registration: true, enable_registration_without_verification: true,
      rc_registration: { per_second: 100, burst_count: 100 }, rc_message: { per_second: 100, burst_count: 100 },
      matrix_rtc: { transports: [{ type: 'livekit', livekit_service_url: 'https://matrix-rtc.example/livekit/jwt' }] },
      trusted_key_servers: [], macaroon_secret_key: 'm', form_secret: 'f', registration_shared_secret: 'r',
    };
    writeFileSync(`${this.dir}/homeserver.yaml`, JSON.stringify(config));
    execFileSync(python, ['-m', 'synapse.app.homeserver', '--config-path', `${this.dir}/homeserver.yaml`, '--generate-keys'], { cwd: this.dir, stdio: 'pipe' });
    this.child = spawn(python, ['-m', 'synapse.app.homeserver', '--config-path', `${this.dir}/homeserver.yaml`], { cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const s of [this.child.stdout, this.child.stderr]) s.on('data', d => { this.log += d; });
    await eventually('Synapse answers', () => {
      if (this.child.exitCode !== null) throw new Error(`Synapse ended:\n${this.log.slice(-2000)}`);
      return fetch(`${this.clientUrl}/_matrix/client/versions`).then(r => r.ok, () => false);
    }, 60000);
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async api(method, path, body, token) {
    const r = await fetch(`${this.clientUrl}/_matrix/client/${path}`, { method, headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }, body: body && JSON.stringify(body) });
    const answer = await r.json();
    if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  async register(username) {
    const u = await this.api('POST', 'v3/register', { username, password: 'a long password', auth: { type: 'm.login.dummy' } });
    return { ...u, token: u.access_token };
  }

  openid(user) { return this.api('POST', `v3/user/${encodeURIComponent(user.user_id)}/openid/request_token`, {}, user.token); }

  // Makes all OpenID tokens run out.
  expireTokens() {
    execFileSync(python, ['-c', `import sqlite3\nc=sqlite3.connect("${this.dir}/hs.db")\nc.execute("UPDATE open_id_tokens SET ts_valid_until_ms=1")\nc.commit()`]);
  }
}
