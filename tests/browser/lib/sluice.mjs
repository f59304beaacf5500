// SPDX-License-Identifier: Apache-2.0
// Starts sluice's processes with a configuration of their own, on free ports.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { AccessToken } from 'livekit-server-sdk';
import { directory, freePorts, until } from './net.mjs';

const root = path.resolve(directory(import.meta.url), '../../..');
export const bin = path.join(process.env.SLUICE_BUILD ?? path.join(root, 'build/release'), 'bin');
const run = promisify(execFile);

export const key = 'devkey', secret = 'secret-of-at-least-thirty-two-bytes';

export async function token(identity, room, { grants = {}, ttl = '1h', ...options } = {}) {
  const t = new AccessToken(key, secret, { identity, name: identity, ttl, ...options });
  t.addGrant({ roomJoin: true, room, ...grants });
  return t.toJwt();
}

// `prefix`: a command before each program, as ["ip", "netns", "exec", "name"]. `nodeIp` null: the addresses of the
// interfaces. `extra`: lines for the configuration's end, indented ones for its section `rtc`.
export class Sluice {
  constructor({ backend = 'udp', workers = 2, nodeIp = '127.0.0.1', extra = '', sluice = '', prefix = [], bind = '127.0.0.1' } = {}) {
    Object.assign(this, { backend, workers, nodeIp, extra, sluiceExtra: sluice, prefix, bind: [bind].flat(), children: {} });
  }

  async start() {
    this.ports = await freePorts();
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-test-'));
    this.config = path.join(this.dir, 'config.yaml');
    fs.writeFileSync(this.config, this.yaml());
    this.spawn('sluice-dataplane');
    this.spawn('sluice-control');
    const url = `http://${this.bind[0]}:${this.ports.http}/`;
    await until('sluice answers on /', () => this.alive() && this.healthy(url), 15);
    return this;
  }

  yaml() {
    const { http, tcp, udp } = this.ports;
    return `port: ${http}
bind_addresses: ${JSON.stringify(this.bind)}
keys: {${key}: ${secret}}
log_level: debug
rtc:
  udp_port: ${this.workers > 1 ? `${udp}-${udp + this.workers - 1}` : udp}
  tcp_port: ${tcp}
  enable_loopback_candidate: ${this.nodeIp !== null}
${this.nodeIp === null ? '' : `  node_ip: ${this.nodeIp}\n`}${this.extra}
sluice:
  backend: ${this.backend}
  workers: ${this.workers}
  run_dir: ${this.dir}
${this.sluiceExtra}`;
  }

  async healthy(url) {
    if (this.prefix.length === 0) return (await fetch(url).catch(() => null))?.ok;
    const [cmd, ...args] = [...this.prefix, 'curl', '-sf', url];
    return run(cmd, args).then(() => true, () => false);
  }

  spawn(program) {
    const log = fs.openSync(path.join(this.dir, `${program}.log`), 'a');
    const [cmd, ...args] = [...this.prefix, path.join(bin, program), '--config', this.config];
    const child = spawn(cmd, args, { stdio: ['ignore', log, log] });
    fs.closeSync(log);
    this.children[program] = child;
    const kill = () => child.kill('SIGKILL'); // should this process end before it
    process.once('exit', kill);
    child.once('exit', (code, signal) => { child.ended = signal ?? code; process.off('exit', kill); });
  }

  alive() {
    for (const [program, child] of Object.entries(this.children)) {
      if (child.ended !== undefined) throw new Error(`${program} ended with ${child.ended}\n${this.log(program)}`);
    }
    return true;
  }

  // The last lines of a program's log.
  log(program, lines = 40) {
    const text = fs.readFileSync(path.join(this.dir, `${program}.log`), 'utf8');
    return text.split('\n').slice(-lines).join('\n');
  }

  get url() { return `ws://${this.bind[0]}:${this.ports.http}`; }
  get httpUrl() { return `http://${this.bind[0]}:${this.ports.http}`; }

  // What sluicectl prints.
  async ctl(...args) { return (await run(path.join(bin, 'sluicectl'), ['--run-dir', this.dir, ...args])).stdout; }

  async counters() {
    return JSON.parse(await this.ctl('--json', 'stats')).counters;
  }

  // Resident memory in KiB.
  rss(program) {
    return Number(fs.readFileSync(`/proc/${this.children[program].pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
  }

  async end(program, signal = 'SIGTERM') {
    const child = this.children[program];
    delete this.children[program];
    if (!child || child.ended !== undefined) return;
    child.kill(signal);
    await until(`${program} ends`, () => child.ended !== undefined, 10).catch(() => child.kill('SIGKILL'));
  }

  async stop() {
    const crashed = Object.entries(this.children).filter(([, c]) => c.ended !== undefined);
    for (const program of Object.keys(this.children).reverse()) await this.end(program);
    if (process.env.KEEP_LOGS) console.log(`# logs: ${this.dir}`);
    else if (crashed.length === 0) fs.rmSync(this.dir, { recursive: true, force: true });
    if (crashed.length > 0) throw new Error(crashed.map(([p, c]) => `${p} ended with ${c.ended}\n${this.log(p)}`).join('\n'));
  }
}
