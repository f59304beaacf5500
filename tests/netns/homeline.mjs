// SPDX-License-Identifier: Apache-2.0
// A server on a home line: behind a router that translates addresses with nftables, whose public address changes.
//
//   server ── lan ── router ── wan ── internet ── client 0
//     │ └─ lan2 ── router2 ── wan2 ────┘  │ └──── client 1 (lets nothing in that it has not asked for)
//     └────────────── back ───────────────┘
//
// `back` is a way for signalling that no change touches, as through a proxy elsewhere. The second router is there with
// `uplinks: 2`. With `ipv6` the first one hands on a prefix, without translation.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';
import { nameServer, stunAddresses, stunAddresses6, webhookAddress } from './internet.mjs';
import { Namespaces } from './namespaces.mjs';
import { directory, sleep, until } from '../browser/lib/net.mjs';

const run = promisify(execFile);
const here = directory(import.meta.url);
const QUEUES = ['numtxqueues', '2', 'numrxqueues', '2'];

export const lineName = 'line.example', backAddress = '10.99.0.2', secondPublicAddress = '198.51.101.10';

const nat = server => `
table ip nat
delete table ip nat
table ip nat {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    iifname "wan" meta l4proto { tcp, udp } th dport 1024-65535 dnat to ${server}
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
  constructor({ clients = 2, firewalled = [1], uplinks = 1, ipv6 = false } = {}) {
    super(Array(clients).fill(4));
    Object.assign(this, { firewalled, uplinks, ipv6, host: 10, lan: '192.168.50.2', prefix6: 1, webhooks: [] });
  }

  get router() { return this.name('router'); }
  get secondRouter() { return this.name('router2'); }
  get internet() { return this.name('internet'); }
  get address6() { return `2001:db8:${this.prefix6}::2`; }
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

  async address(name, device, address) { await this.ip(name, `addr add ${address} dev ${device} nodad`); }

  async create() {
    this.prepare();
    const clients = this.families.map((_, i) => this.name(i));
    for (const name of [this.server, this.router, this.internet, ...clients]) await this.addNamespace(name);
    for (const name of [this.router, this.internet]) await this.in(name, 'sysctl -qw net.ipv4.ip_forward=1');
    await this.link([this.server, 'lan', `${this.lan}/24`], [this.router, 'lan', '192.168.50.1/24']);
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
    await this.nft(this.router, nat(this.lan));
    if (this.uplinks > 1) await this.addUplink();
    if (this.ipv6) await this.addIpv6();
    for (const i of this.firewalled.filter(f => f < clients.length)) await this.nft(clients[i], FIREWALL);
    for (const name of [this.server, ...clients]) this.useNameServer(name);
    await this.startInternet();
    this.setName();
    return this;
  }

  async addUplink() {
    await this.addNamespace(this.secondRouter);
    await this.in(this.secondRouter, 'sysctl -qw net.ipv4.ip_forward=1');
    await this.link([this.server, 'lan2', '192.168.51.2/24'], [this.secondRouter, 'lan', '192.168.51.1/24']);
    await this.link([this.secondRouter, 'wan', `${secondPublicAddress}/24`], [this.internet, 'wan2', '198.51.101.1/24']);
    await this.ip(this.secondRouter, 'route add default via 198.51.101.1');
    await this.nft(this.secondRouter, nat('192.168.51.2'));
  }

  async addIpv6() {
    for (const name of [this.router, this.internet]) await this.in(name, 'sysctl -qw net.ipv6.conf.all.forwarding=1');
    await this.address(this.router, 'wan', '2001:db8:f::2/64');
    await this.address(this.internet, 'wan', '2001:db8:f::1/64');
    await this.ip(this.router, '-6 route add default via 2001:db8:f::1');
    for (const a of stunAddresses6) await this.address(this.internet, 'lo', `${a}/128`);
    for (let i = 0; i < this.families.length; i++) {
      await this.address(this.internet, `client${i}`, `2001:db8:77:${i}::1/64`);
      await this.address(this.name(i), 'sluice', `2001:db8:77:${i}::2/64`);
      await this.ip(this.name(i), `-6 route add default via 2001:db8:77:${i}::1`);
    }
    await this.usePrefix();
  }

  async usePrefix() {
    const prefix = `2001:db8:${this.prefix6}`;
    await this.address(this.router, 'lan', `${prefix}::1/64`);
    await this.address(this.server, 'lan', `${this.address6}/64`);
    await this.ip(this.server, `-6 route replace default via ${prefix}::1`);
    await this.ip(this.internet, `-6 route replace ${prefix}::/64 via 2001:db8:f::2`);
  }

  // The provider takes the prefix away, and gives another one `seconds` later.
  async renumber6(seconds) {
    const prefix = `2001:db8:${this.prefix6}`;
    await this.ip(this.internet, `-6 route del ${prefix}::/64`);
    await this.ip(this.server, `-6 addr del ${this.address6}/64 dev lan`);
    await this.ip(this.router, `-6 addr del ${prefix}::1/64 dev lan`);
    await sleep(seconds * 1000);
    this.prefix6++;
    await this.usePrefix();
    return Date.now();
  }

  // The server's own address in its network, as the router gives it, is another one.
  async renumber(lan) {
    await this.ip(this.server, `addr del ${this.lan}/24 dev lan`);
    this.lan = lan;
    await this.ip(this.server, `addr add ${lan}/24 dev lan`);
    await this.ip(this.server, 'route replace default via 192.168.50.1');
    await this.nft(this.router, nat(lan));
    await this.in(this.router, `python3 ${path.join(here, 'flush_conntrack.py')}`);
    return Date.now();
  }

  // The first uplink dies, and the default route goes to the second.
  async useSecondUplink() {
    await this.lineDown();
    await this.ip(this.server, 'route replace default via 192.168.51.1');
    return Date.now();
  }

  // The cable is pulled out and put in again.
  async flap(seconds) {
    await this.ip(this.server, 'link set lan down');
    await sleep(seconds * 1000);
    await this.ip(this.server, 'link set lan up');
    await this.ip(this.server, 'route replace default via 192.168.50.1');
    return Date.now();
  }

  // What `ip netns exec` puts in the place of /etc/resolv.conf.
  useNameServer(name) {
    const dir = `/etc/netns/${name}`;
    fs.mkdirSync(dir, { recursive: true });
    fs.writeFileSync(path.join(dir, 'resolv.conf'), `nameserver ${nameServer}\n`);
    this.etc = [...(this.etc ?? []), dir];
  }

  async startInternet() {
    const [command, ...args] = [...this.prefix(this.internet), process.execPath, path.join(here, 'internet.mjs'), ...this.ipv6 ? ['ipv6'] : []];
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
