// SPDX-License-Identifier: Apache-2.0
// What changes on our side of the line, during calls of native clients: interface, MTU, addresses, routes, IPv6 prefix.
import assert from 'node:assert/strict';
import { sleep } from '../browser/lib/net.mjs';
import { atHome, logged, nativeAt, nobodyNoticed, offers, resumes } from './home.mjs';
import { backAddress, secondPublicAddress } from './homeline.mjs';
import { stunAddresses6 } from './internet.mjs';
import { needsNamespaces } from './namespaces.mjs';

async function nativeCall(t, home) {
  const people = [await nativeAt(t, home, 0, 'ann', backAddress), await nativeAt(t, home, 1, 'ben', backAddress)];
  const since = Date.now();
  for (const who of people) await resumes(who, since);
  await sleep(1500);
  return people;
}

async function recovers(what, people, back) {
  const ms = await Promise.all(people.map(who => resumes(who, back)));
  console.log(`# ${what}: ${people.map((who, i) => `${who.name} after ${ms[i]}`).join(', ')} ms`);
  await sleep(1000);
}

const interfacesChange = backend => async t => {
  const home = await atHome(t, { backend, interfaces: '[lan, lan2]', line: { uplinks: 2 } });
  await offers(t, home);
  const people = await nativeCall(t, home), since = home.webhooks.length;
  await recovers('interface flaps', people, await home.flap(1));
  await home.ip(home.server, 'link set lan mtu 1280');
  await recovers('MTU of 1280', people, Date.now());
  await recovers('server renumbered', people, await home.renumber('192.168.50.7'));
  await recovers('default route on another interface', people, await home.useSecondUplink());
  await logged(t, new RegExp(`address: changed addresses="${secondPublicAddress}[" ]`), 20);
  await nobodyNoticed(home, people, since);
  const before = await t.server.counters();
  await sleep(1000);
  const after = await t.server.counters(), fast = after.rx_xdp_packets - before.rx_xdp_packets;
  assert.ok(backend === 'xdp' ? fast > 50 : fast === 0, `${fast} packets through AF_XDP`);
};

const prefixChanges = backend => async t => {
  const home = await atHome(t, {
    backend, stun: stunAddresses6.map(a => `[${a}]:3478`), line: { ipv6: true },
    extra: '  ips: {excludes: [192.168.0.0/16, 198.51.100.0/24]}',
  });
  const offered = () => logged(t, new RegExp(`address: \\w+ addresses="${home.address6}[" ]`), 20);
  await offered();
  const people = await nativeCall(t, home), since = home.webhooks.length;
  for (const seconds of [0, 3]) {
    await recovers(`IPv6 prefix changes, ${seconds} s`, people, await home.renumber6(seconds));
    await offered();
  }
  const seen = JSON.parse(await t.server.ctl('--json', 'address'));
  assert.equal(seen.source_ipv6, 'stun');
  assert.ok(seen.stun.length === 3 && seen.stun.every(s => s.mapped.startsWith(`[${home.address6}]:`)), JSON.stringify(seen.stun));
  await nobodyNoticed(home, people, since);
};

export const cases = ['udp', 'xdp'].flatMap(backend => [
  { name: `address: interface flap, MTU, default route, ${backend}`, needs: needsNamespaces, run: interfacesChange(backend) },
  { name: `address: IPv6 prefix changes, ${backend}`, needs: needsNamespaces, run: prefixChanges(backend) },
]);
