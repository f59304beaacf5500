// SPDX-License-Identifier: Apache-2.0
// A call between network namespaces with sluice on AF_XDP: one browser over IPv4, one over IPv6.
import assert from 'node:assert/strict';
import { decodesMore, hears, keepsDecoding, paths, sees, seesVideo } from '../lib/media.mjs';
import { Namespaces, needsNamespaces } from '../../netns/namespaces.mjs';
import { until } from '../lib/net.mjs';

const FAMILIES = [4, 6];

const media = /forwarding backend="xdp native copy client0 \(2 queues\).*native copy client1 \(2 queues\)/g;

// The two counters are read while packets come: they may be a burst of each worker apart.
const allByXdp = (xdp, all) => Math.abs(all - xdp) <= 128;

// What a killed dataplane leaves on the interfaces does not keep the next one from them.
async function survivesKill(t, people) {
  await t.server.end('sluice-dataplane', 'SIGKILL');
  t.server.spawn('sluice-dataplane');
  for (const who of people) await sees(who, 'Reconnected', {}, 20);
  assert.equal(t.server.log('sluice-dataplane', Infinity).match(media).length, 2);
  const before = await t.server.counters();
  for (const who of people) await decodesMore(who, 20);
  const after = await t.server.counters();
  assert.ok(after.rx_rtp - before.rx_rtp > 200);
  assert.ok(allByXdp(after.rx_xdp_packets - before.rx_xdp_packets, after.rx_packets - before.rx_packets));
}

async function across(t) {
  const spaces = new Namespaces(FAMILIES);
  t.closing.push(async () => spaces.remove());
  await spaces.create();
  await t.sluice({
    backend: 'xdp', prefix: spaces.prefix(spaces.server), bind: ['0.0.0.0', '::'], nodeIp: null,
    sluice: '  interfaces: [client0, client1]',
  });
  const people = [];
  for (let i = 0; i < FAMILIES.length; i++) {
    people.push(await t.join(['alice', 'bob'][i], 'xdp', {
      url: `ws://${spaces.address(i)}:${t.server.ports.http}`, pages: await spaces.pages(i),
      browserOptions: { executablePath: spaces.wrapper(i, '/usr/bin/chromium'), pipe: true },
    }));
  }
  for (const who of people) await who.call('publish', { audio: true, video: true, options: { video: { simulcast: true } } });
  for (const who of people) { await seesVideo(who); await hears(who); }
  const before = { ...await t.server.counters(), kernel: await spaces.kernelUdp() };
  await Promise.all(people.map(who => keepsDecoding(who, 10)));
  const after = { ...await t.server.counters(), kernel: await spaces.kernelUdp() };

  const rise = name => after[name] - before[name];
  const kernel = { in: after.kernel.in - before.kernel.in, out: after.kernel.out - before.kernel.out };
  console.log(`# received ${rise('rx_packets')}, of them by AF_XDP ${rise('rx_xdp_packets')}, by kernel UDP ${kernel.in}; ` +
    `sent ${rise('tx_packets')}, by AF_XDP ${rise('tx_xdp_packets')}, by kernel UDP ${kernel.out}`);
  assert.equal(t.server.log('sluice-dataplane', Infinity).match(media)?.length, 1);
  assert.ok(rise('rx_rtp') > 1000 && rise('tx_rtp') > 500);
  for (const way of ['rx', 'tx']) assert.ok(allByXdp(rise(`${way}_xdp_packets`), rise(`${way}_packets`)));
  assert.equal(kernel.in, 0);
  assert.equal(kernel.out, 0);
  for (let i = 0; i < FAMILIES.length; i++) {
    const [{ local, remote }] = await paths(people[i]);
    assert.equal(local.protocol, 'udp');
    assert.equal(remote.address, spaces.address(i).replace(/[[\]]/g, ''));
  }
  assert.equal(after.drop_frame, 0);
  await people[1].call('sendText', 'over AF_XDP', { topic: 'text' });
  await until('alice has the message', async () => (await people[0].call('messages'))[0]?.text === 'over AF_XDP');
  await survivesKill(t, people);
}

export const cases = [
  { name: 'xdp: a call across network namespaces', needs: needsNamespaces, run: across },
];
