// SPDX-License-Identifier: Apache-2.0
// Packets of strangers and of impostors during a call: each kind is counted, the call goes on, memory stays.
import assert from 'node:assert/strict';
import { flood, forge, impostors, intoTcp, strangers } from '../lib/junk.mjs';
import { hears, keepsDecoding, paths, received, seesVideo } from '../lib/media.mjs';
import { until } from '../lib/net.mjs';

const PER_KIND = 2000;
const GROWTH = 1536;   // KiB that a process may grow by: history that the call itself fills; kept packets would be 20 MB

// With a short history of sent packets, so that it is soon as large as it gets.
const smallHistory = '  packet_buffer_size_video: 100\n  packet_buffer_size_audio: 50';

async function call(t) {
  await t.sluice({ extra: smallHistory });
  const alice = await t.join('alice', 'junk');
  const bob = await t.join('bob', 'junk');
  for (const who of [alice, bob]) await who.call('publish', { audio: true, video: true });
  for (const who of [alice, bob]) { await seesVideo(who); await hears(who); }
  return { alice, bob };
}

// Most of `count` packets of each kind are counted (a few may be lost on their way), and only as that.
async function counted(server, before, kinds, count) {
  const rise = c => Object.fromEntries(Object.keys(kinds).map(k => [k, c[k] - before[k]]));
  await until('each kind of packet is counted', async () =>
    Object.values(rise(await server.counters())).every(n => n >= 0.9 * count), 10)
    .catch(async e => { throw new Error(`${e.message}: ${JSON.stringify(rise(await server.counters()))}`); });
  for (const n of Object.values(rise(await server.counters()))) assert.ok(n <= count + 5);
}

// Runs attack(count) while everyone in `watching` keeps decoding.
async function holds(t, watching, attack) {
  await Promise.all([...watching.map(who => keepsDecoding(who, 4)), withstands(t, attack)]);
}

async function withstands(t, attack) {
  const rss = () => Object.keys(t.server.children).map(p => t.server.rss(p));
  await attack(PER_KIND); // rings and buffers have been used once
  const before = rss();
  await attack(PER_KIND);
  if (process.env.SLUICE_BUILD) return; // sanitizers keep what was freed
  rss().forEach((kib, i) => assert.ok(kib - before[i] <= GROWTH, `grew from ${before[i]} KiB to ${kib} KiB`));
}

async function ofStrangers(t) {
  const { alice, bob } = await call(t);
  const { ports } = t.server;
  await holds(t, [alice, bob], async count => {
    const before = await t.server.counters();
    await flood(strangers, count / 2, ports.udp);
    await flood(strangers, count / 2, ports.udp + 1);
    await counted(t.server, before, strangers, count);
  });
}

async function ofImpostors(t) {
  const { alice, bob } = await call(t);
  const [{ local, remote }] = await paths(alice);
  const [{ localUfrag, remoteUfrag }] = await alice.call('descriptions');
  const ssrc = (await alice.call('outbound')).find(r => r.kind === 'audio').ssrc;
  const kinds = impostors({ user: `${remoteUfrag}:${localUfrag}`, ssrc });
  await holds(t, [alice, bob], async count => {
    const before = await t.server.counters();
    await forge(kinds, count, { from: local, to: remote });
    await counted(t.server, before, kinds, count);
  });
  assert.equal((await received(bob, 'audio')).length, 1);
  assert.equal(await alice.call('state'), 'connected');
}

// Framing that cannot be followed, checks of strangers, silence: connections end, the call does not.
async function intoIceTcp(t) {
  const { bob } = await call(t);
  const { ports } = t.server;
  await holds(t, [bob], async count => {
    const before = await t.server.counters();
    const connections = Math.min(count, 200);
    for (let i = 0; i < connections; i++) await intoTcp(Buffer.alloc(3000, 0xff), ports.tcp);
    await counted(t.server, before, { drop_tcp_framing: true }, connections);
  });
}

export const cases = [
  { name: 'junk: 32000 packets of strangers', run: ofStrangers },
  {
    name: 'junk: 20000 packets in a participant\'s name', run: ofImpostors,
    needs: () => process.getuid() !== 0 && 'forging addresses needs root',
  },
  { name: 'junk: into ICE-TCP', run: intoIceTcp },
];
