// SPDX-License-Identifier: Apache-2.0
// A real redis-server of the distribution.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually, freePort } from './tools.mjs';

export class Redis {
  constructor(dir) { this.dir = dir; }

  async start() { await this.startAt(await freePort()); }

  async startAt(port) {
    this.port = port;
    this.child = spawn('redis-server', ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--dir', this.dir, '--requirepass', 'pass'], { stdio: 'ignore' });
    this.url = `redis://:pass@127.0.0.1:${this.port}/0`;
    await eventually('redis answers', () => { try { return this.command('PING') === 'PONG'; } catch { return false; } });
  }

  command(...args) { return execFileSync('redis-cli', ['-p', String(this.port), '-a', 'pass', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(); }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode) return;
    this.child.kill();
    await once(this.child, 'exit');
  }
}
