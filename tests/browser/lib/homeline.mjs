// SPDX-License-Identifier: Apache-2.0
// A server on a home line: behind a router that translates addresses with nftables, whose public address changes.
//
//   server ── lan ── router ── wan ── internet ── client 0
//     └────────────── back ──────────────┘  └──── client 1 (lets nothing in that it has not asked for)
//
// `back` is a way for signalling that no change touches, as through a proxy elsewhere.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';
import { nameServer, stunAddresses, webhookAddress } from './internet.mjs';
import { Namespaces } from './namespaces.mjs';
import { directory, sleep, until } from './net.mjs';

const run = promisify(execFile);
const here = directory(import.meta.url);
const QUEUES = ['numtxqueues', '2', 'numrxqueues', '2'];

export const lineName = 'line.example', backAddress = '10.99.0.2', lanAddress = '192.168.50.2';

const NAT = `
table ip nat {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    iifname "wan" meta l4proto { tcp, udp } th dport 1024-65535 dnat to ${lanAddress}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "wan" masquerade
  }
}`;

// Drops datagrams that answer nothing.
const FIREWALL = `
table ip filter {
  chain input {
    type filter hook input priority filter;
    iifname "sluice" meta l4proto udp ct state new drop
  }
}`;

export class HomeLine extends Namespaces {
  constructor({ clients = 2, firewalled = [1] } = {}) {
    super(Array(clients).fill(4));
    Object.assign(this, { firewalled, host: 10, webhooks: [] });
  }

  get router() { return this.name('router'); }
  get internet() { return this.name('internet'); }
  get publicAddress() { return `198.51.100.${this.host}`; }

  async in(name, command) { return run('ip', ['netns', 'exec', name, ...command.split(' ')]); }
  async ip(name, command) { return run('ip', ['-n', name, ...command.split(' ')]); }

  async nft(name, rules) {
    const file = path.join(this.dir, `${name}.nft`);
    fs.writeFileSync(file, rules);
    await this.in(name, `nft -f ${file}`);
  }

  // A veth pair: [namespace, device, address] at both ends.
  async link([a, deviceA, addressA], [b, deviceB, addressB]) {
    await run('ip', ['-n', a, 'link', 'add', deviceA, ...QUEUES, 'type', 'veth', 'peer', 'name', deviceB, ...QUEUES, 'netns', b]);
    for (const [name, device, address] of [[a, deviceA, addressA], [b, deviceB, addressB]]) {
      await this.ip(name, `addr add ${address} dev ${device}`);
      await this.ip(name, `link set ${device} up`);
    }
  }

  async create() {
    this.prepare();
    const clients = this.families.map((_, i) => this.name(i));
    for (const name of [this.server, this.router, this.internet, ...clients]) await this.addNamespace(name);
    for (const name of [this.router, this.internet]) await this.in(name, 'sysctl -qw net.ipv4.ip_forward=1');
    await this.link([this.server, 'lan', `${lanAddress}/24`], [this.router, 'lan', '192.168.50.1/24']);
    await this.link([this.router, 'wan', `${this.publicAddress}/24`], [this.internet, 'wan', '198.51.100.1/24']);
    await this.link([this.server, 'back', `${backAddress}/24`], [this.internet, 'back', '10.99.0.1/24']);
    await this.ip(this.server, 'route add default via 192.168.50.1');
    await this.ip(this.router, 'route add default via 198.51.100.1');
    await this.ip(this.server, `rule add from ${backAddress} lookup 99`);
    await this.ip(this.server, 'route add default via 10.99.0.1 table 99');
    for (const a of [...stunAddresses, nameServer, webhookAddress]) await this.ip(this.internet, `addr add ${a}/32 dev lo`);
    for (let i = 0; i < clients.length; i++) {
      await this.link([this.internet, `client${i}`, `10.77.${i}.1/24`], [clients[i], 'sluice', `10.77.${i}.2/24`]);
      await this.ip(clients[i], `route add default via 10.77.${i}.1`);
    }
    await this.nft(this.router, NAT);
    for (const i of this.firewalled.filter(f => f < clients.length)) await this.nft(clients[i], FIREWALL);
    for (const name of [this.server, ...clients]) this.useNameServer(name);
    await this.startInternet();
    this.setName();
    return this;
  }

  // What `ip netns exec` puts in the place of /etc/resolv.conf.
  useNameServer(name) {
    const dir = `/etc/netns/${name}`;
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(path.join(dir, 'resolv.conf'), `nameserver ${nameServer}\n`);
    this.etc = [...(this.etc ?? []), dir];
  }

  async startInternet() {
    const [command, ...args] = [...this.prefix(this.internet), process.execPath, path.join(here, 'internet.mjs')];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.children.push(child);
    this.world = child;
    let ready = false;
    readline.createInterface({ input: child.stdout }).on('line', line => {
      const said = JSON.parse(line);
      ready ||= said.ready;
      if (said.webhook) this.webhooks.push({ event: said.webhook, who: said.who });
    });
    await until('the internet is there', () => ready);
  }

  tell(command) { this.world.stdin.write(`${JSON.stringify(command)}\n`); }
  stun(i, mode) { this.tell({ stun: i, mode }); }
  setName(address = this.publicAddress) { this.tell({ name: lineName, address }); }

  // The line goes down, and all that the router knew of connections with it.
  async lineDown() { await this.ip(this.router, 'link set wan down'); }

  // It comes back with another public address; resolves with the time at which packets can pass again.
  async lineUp() {
    const old = this.publicAddress;
    this.host++;
    await this.ip(this.router, `addr del ${old}/24 dev wan`);
    await this.ip(this.router, `addr add ${this.publicAddress}/24 dev wan`);
    await this.in(this.router, `python3 ${path.join(here, 'flush_conntrack.py')}`);
    await this.ip(this.router, 'link set wan up');
    await this.ip(this.router, 'route replace default via 198.51.100.1');
    this.setName();
    return Date.now();
  }

  // As a DSL line does at night.
  async change(seconds) {
    await this.lineDown();
    await sleep(seconds * 1000);
    return this.lineUp();
  }

  remove() {
    super.remove();
    for (const dir of this.etc ?? []) fs.rmSync(dir, { recursive: true, force: true });
  }
}
