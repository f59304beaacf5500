// SPDX-License-Identifier: Apache-2.0
// Network namespaces: one for sluice, one for each client, each client's joined to sluice's by a veth pair.
import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { directory, sleep } from '../browser/lib/net.mjs';

const run = promisify(execFile);
const QUEUES = 2;
const PREFIX = 'sluice-test-';

export const needsNamespaces = () => process.getuid() !== 0 && 'network namespaces need root';

const alive = pid => { try { process.kill(pid, 0); return true; } catch { return false; } };

// What a run that was killed has left.
function removeStale() {
  const listed = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n').map(l => l.split(' ')[0]);
  for (const name of listed.filter(n => n.startsWith(PREFIX) && !alive(Number(n.slice(PREFIX.length).split('-')[0])))) {
    execFileSync('ip', ['netns', 'del', name]);
  }
}

export class Namespaces {
  // `clients`: the kinds of addresses of each one, 4 or 6.
  constructor(clients) {
    Object.assign(this, { families: clients, names: [], children: [], dir: fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-netns-')) });
    this.atExit = () => this.remove();
  }

  name(i) { return `${PREFIX}${process.pid}-${i}`; }
  get server() { return this.name('server'); }

  // sluice's address as client i sees it, as it stands in a URL.
  address(i) { return this.families[i] === 4 ? `10.77.${i}.1` : `[fd77:${i}::1]`; }

  prefix(name) { return ['ip', 'netns', 'exec', name]; }

  prepare() {
    removeStale();
    process.once('exit', this.atExit);
  }

  async addNamespace(name) {
    await run('ip', ['netns', 'add', name]);
    this.names.push(name);
    await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  }

  async create() {
    this.prepare();
    for (const name of [this.server, ...this.families.map((_, i) => this.name(i))]) await this.addNamespace(name);
    for (let i = 0; i < this.families.length; i++) await this.join(i);
    await sleep(200);
    return this;
  }

  async join(i) {
    const [net, bits, ...nodad] = this.families[i] === 4 ? [`10.77.${i}.`, '24'] : [`fd77:${i}::`, '64', 'nodad'];
    const queues = ['numtxqueues', QUEUES, 'numrxqueues', QUEUES];
    await run('ip', ['-n', this.server, 'link', 'add', `client${i}`, ...queues, 'type', 'veth', 'peer', 'name', 'sluice', ...queues, 'netns', this.name(i)].map(String));
    for (const [name, device, host] of [[this.server, `client${i}`, 1], [this.name(i), 'sluice', 2]]) {
      await run('ip', ['-n', name, 'addr', 'add', `${net}${host}/${bits}`, 'dev', device, ...nodad]);
      await run('ip', ['-n', name, 'link', 'set', device, 'up']);
    }
    await run('ip', ['-n', this.name(i), 'route', 'add', 'default', 'via', `${net}1`]);
  }

  // A program to give to a browser's launcher that runs `program` in client i's namespace.
  wrapper(i, program) {
    const file = path.join(this.dir, `${path.basename(program)}-${i}`);
    fs.writeFileSync(file, `#!/bin/sh\nexec ${this.prefix(this.name(i)).join(' ')} ${program} "$@"\n`, { mode: 0o755 });
    return file;
  }

  // The pages' server on loopback of client i's namespace; resolves with its URL.
  async pages(i) {
    const [command, ...args] = [...this.prefix(this.name(i)), process.execPath, path.join(directory(import.meta.url), '../browser/lib/pages.mjs')];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.children.push(child);
    for await (const line of child.stdout) return line.toString().trim();
    throw new Error('the pages\' server ended');
  }

  // Datagrams that the kernel's UDP took in and sent in sluice's namespace.
  async kernelUdp() {
    const [command, ...args] = [...this.prefix(this.server), 'nstat', '-asz', '--json'];
    const { kernel } = JSON.parse((await run(command, args)).stdout);
    return { in: kernel.UdpInDatagrams + kernel.Udp6InDatagrams, out: kernel.UdpOutDatagrams + kernel.Udp6OutDatagrams };
  }

  remove() {
    process.off('exit', this.atExit);
    for (const child of this.children.splice(0)) child.kill();
    for (const name of this.names.splice(0)) execFileSync('ip', ['netns', 'del', name]);
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}
