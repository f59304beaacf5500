// SPDX-License-Identifier: Apache-2.0
// The public address changes while calls go on. ADDRESS_CHANGES changes (4; 2 or 3 in the lesser cases) with outages of
// up to ADDRESS_OUTAGE (5) seconds each; gaps count from the moment the line is back.
import assert from 'node:assert/strict';
import path from 'node:path';
import { keepsDecoding } from '../browser/lib/media.mjs';
import { directory, sleep, until } from '../browser/lib/net.mjs';
import { atHome, call, changes, controlLog, judge, logged, offers, STUN } from './home.mjs';
import { HomeLine, lineName } from './homeline.mjs';
import { lie } from './internet.mjs';
import { needsNamespaces } from './namespaces.mjs';

const OUTAGE = Number(process.env.ADDRESS_OUTAGE ?? 5);
const FORGE = path.join(directory(import.meta.url), 'forge_stun.mjs');

const count = otherwise => Number(process.env.ADDRESS_CHANGES ?? otherwise);

// Of all lengths up to the longest, in no order.
const spread = (n, most) => i => most * ((i * (n % 7 ? 7 : 5)) % n) / Math.max(1, n - 1);

// `dead`: the first so many STUN servers are down, from before the first change on.
const nightly = (what, options, { host, native = true, n = count(4), dead = 0, log } = {}) => async t => {
  const home = await atHome(t, options);
  await offers(t, home);
  const people = await call(t, home, { host, native });
  for (let i = 0; i < dead; i++) home.stun(i, 'dead');
  judge(what, await changes(t, home, people, { count: n, outage: spread(n, OUTAGE) }));
  if (log) assert.match(controlLog(t), log);
  await Promise.all(people.slice(0, 2).map(who => keepsDecoding(who, 3)));
  return { home, people };
};

const withName = `  dns_name: ${lineName}\n`;
const nameSays = /address: changed addresses="[^"]*" reason="name line.example says so"/;
const serversSay = n => new RegExp(`address: changed addresses="[^"]*" reason="2 of ${n} STUN servers that answer say so"`);

const addressJson = async t => JSON.parse(await t.server.ctl('--json', 'address'));

// Nobody is there; the network comes up late; a server lies; forged answers come.
async function unattended(t) {
  const home = new HomeLine({ clients: 1 });
  t.closing.push(async () => home.remove());
  await home.create();
  await home.lineDown();
  await home.ip(home.server, 'link set lan down');
  await t.sluice({
    backend: 'udp', prefix: home.prefix(home.server), bind: ['0.0.0.0'], nodeIp: null,
    extra: `  use_external_ip: true\n  stun_servers: [${STUN}]\n  interfaces: {excludes: [back]}`,
    sluice: '  stun_interval: 2s\n',
  });
  await logged(t, /address: degraded: how the outside reaches us is not known/);
  await home.ip(home.server, 'link set lan up');
  await home.ip(home.server, 'route add default via 192.168.50.1');
  await home.lineUp();
  await offers(t, home);
  await logged(t, /the address of the outside is known again/);

  home.stun(1, 'lying');
  await logged(t, /STUN servers disagree; what most of them say, or said before, is kept/, 15);
  assert.doesNotMatch(controlLog(t), new RegExp(`addresses="${lie}`));
  home.stun(1, 'late');
  await home.change(1);
  await offers(t, home, 15);
  assert.match(controlLog(t), /looking anew reason="|STUN servers that answer say so/);

  const before = await t.server.counters();
  await home.in(home.internet, `${process.execPath} ${FORGE} ${home.publicAddress} ${t.server.ports.udp} 50`);
  await until('forged answers are counted', async () => {
    const c = await t.server.counters();
    return c.drop_stun_response - before.drop_stun_response >= 100 && c.drop_stun_malformed - before.drop_stun_malformed >= 50;
  });
  const bare = (await t.server.counters()).drop_stun_bare;
  home.stun(2, 'bare');
  await until('answers without FINGERPRINT are counted', async () => (await t.server.counters()).drop_stun_bare > bare + 2, 15);
  home.stun(2, 'right');
  home.stun(1, 'right');

  process.kill(t.server.children['sluice-control'].pid, 'SIGHUP');
  await logged(t, /looking anew reason="SIGHUP"/);
  await t.server.ctl('address', 'refresh');
  const seen = await addressJson(t);
  assert.equal(seen.offered[0].address, home.publicAddress);
  assert.equal(seen.source_ipv4, 'stun');
  assert.equal(seen.stun.length, 3);
  assert.ok(seen.history.length >= 3 && seen.history.at(-1).offered.startsWith(home.publicAddress));
  assert.ok(!controlLog(t).includes(lie));
}

export const cases = [
  { name: 'address: changes in mid-call, udp', needs: needsNamespaces, seconds: 600, run: nightly('udp', {}, { log: serversSay(3) }) },
  { name: 'address: changes in mid-call, xdp', needs: needsNamespaces, seconds: 600, run: nightly('xdp', { backend: 'xdp' }, { n: count(3) }) },
  { name: 'address: one STUN server is down', needs: needsNamespaces, seconds: 600, run: nightly('one STUN server down', {}, { n: count(2), dead: 1, log: serversSay(2) }) },
  { name: 'address: without STUN servers', needs: needsNamespaces, seconds: 600, run: nightly('DNS name only', { sluice: withName }, { n: count(2), dead: 3, log: nameSays }) },
  { name: 'address: signalling on the same line', needs: needsNamespaces, seconds: 600, run: nightly('signalling on the same line', { line: { firewalled: [] } }, { native: false, n: count(3), host: lineName }) },
  { name: 'address: nobody there, late network, lies, forgeries', needs: needsNamespaces, run: unattended },
];
