// SPDX-License-Identifier: Apache-2.0
// A call between network namespaces with sluice on AF_XDP: one browser over IPv4, one over IPv6.
import assert from 'node:assert/strict';
import { hears, keepsDecoding, paths, seesVideo } from '../lib/media.mjs';
import { Namespaces, needsNamespaces } from '../lib/namespaces.mjs';
import { until } from '../lib/net.mjs';

const FAMILIES = [4, 6];

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
  assert.match(t.server.log('sluice-dataplane', Infinity), /xdp native copy client0 \(2 queues\).*native copy client1 \(2 queues\)/);
  assert.ok(rise('rx_rtp') > 1000 && rise('tx_rtp') > 500);
  assert.equal(rise('rx_xdp_packets'), rise('rx_packets'));
  assert.equal(rise('tx_xdp_packets'), rise('tx_packets'));
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
}

export const cases = [
  { name: 'xdp: a call across network namespaces', needs: needsNamespaces, run: across },
];
