// SPDX-License-Identifier: Apache-2.0
// Ways for packets that are not plain UDP, and data channels.
import assert from 'node:assert/strict';
import { decoded, hears, keepsDecoding, paths, seesVideo } from '../lib/media.mjs';
import { sleep, until } from '../lib/net.mjs';

const withoutUdp = { args: ['--webrtc-ip-handling-policy=disable_non_proxied_udp'] };

async function overTcp(t) {
  const { ports } = await t.sluice();
  const alice = await t.join('alice', 'tcp', { browserOptions: withoutUdp });
  const bob = await t.join('bob', 'tcp', { browserOptions: withoutUdp, single: false });
  for (const who of [alice, bob]) await who.call('publish', { audio: true, video: true });
  for (const who of [alice, bob]) { await seesVideo(who); await hears(who); }
  await Promise.all([alice, bob].map(who => keepsDecoding(who, 5)));
  for (const [who, n] of [[alice, 1], [bob, 2]]) {
    const used = await paths(who);
    assert.equal(used.length, n);
    for (const { local, remote } of used) {
      assert.equal(local.protocol, 'tcp');
      assert.equal(remote.protocol, 'tcp');
      assert.equal(remote.port, ports.tcp);
    }
  }
  assert.equal((await t.server.counters()).rx_rtp > 0, true);
}

const inbox = async (who, topic) => (await who.call('messages')).filter(m => m.topic === topic);

const gets = (who, topic, n, seconds = 20) =>
  until(`${who.name} has ${n} messages of topic ${topic}`, async () => {
    const got = await inbox(who, topic);
    return got.length >= n && got;
  }, seconds);

// 1 MB from alice: complete, unharmed, in order, stamped with the sender's name.
async function bulk(alice, receivers) {
  const sums = await alice.call('sendData', 70, 15000, { topic: 'bulk' });
  for (const who of receivers) {
    const got = await gets(who, 'bulk', 70, 30);
    assert.deepEqual(got.map(m => m.number), sums.map((_, i) => i));
    assert.deepEqual(got.map(m => m.sum), sums);
    assert.ok(got.every(m => m.from === 'alice' && m.size === 15000));
  }
}

// Slowly, for the client itself drops what does not leave at once.
async function lossy(sender, receivers) {
  const sums = await sender.call('sendData', 100, 1000, { topic: sender.name, reliable: false, every: 10 });
  for (const who of receivers) {
    const got = await gets(who, sender.name, 90);
    assert.ok(got.every(m => m.sum === sums[m.number]), `${who.name}: a message was changed`);
    assert.equal(new Set(got.map(m => m.number)).size, got.length);
  }
}

async function addressed(alice, bob, carol) {
  await alice.call('sendText', 'for bob', { topic: 'text', destinationIdentities: ['bob'] });
  await alice.call('sendText', 'for all', { topic: 'text' });
  assert.deepEqual((await gets(bob, 'text', 2)).map(m => m.text), ['for bob', 'for all']);
  assert.deepEqual((await gets(carol, 'text', 1)).map(m => m.text), ['for all']);
  await carol.call('sendText', 'thanks', { topic: 'text', destinationIdentities: ['alice'] });
  assert.deepEqual((await gets(alice, 'text', 1)).map(m => [m.from, m.text]), [['carol', 'thanks']]);
  await sleep(200);
  assert.equal((await inbox(bob, 'text')).length, 2);
}

async function data(t) {
  await t.sluice();
  const alice = await t.join('alice', 'data');
  const bob = await t.join('bob', 'data');
  const carol = await t.join('carol', 'data', { single: false });
  await until('alice sees both', async () => (await alice.call('participants')).length === 2);
  await bulk(alice, [bob, carol]);
  await lossy(alice, [bob, carol]);
  await lossy(carol, [alice, bob]);
  await addressed(alice, bob, carol);
  assert.equal((await inbox(alice, 'bulk')).length, 0, 'the sender gets nothing back');
}

// One who may not send data is not heard; undecodable messages go nowhere and harm nobody.
async function unwanted(t) {
  await t.sluice();
  const alice = await t.join('alice', 'data');
  const mute = await t.join('mute', 'data', { grants: { canPublishData: false } });
  const bob = await t.join('bob', 'data');
  await bob.call('publish', { video: true });
  await seesVideo(alice);
  await alice.call('sendText', 'opens the channel', { topic: 'text' });
  await gets(mute, 'text', 1);
  await mute.call('sendText', 'not allowed', { topic: 'text' }).catch(() => {});
  for (let i = 0; i < 20; i++) await alice.call('sendRaw', [0xff, 0xff, i, 0x12, 0x80]);
  await until('both are counted', async () => {
    const c = await t.server.counters();
    return c.drop_data_malformed >= 20 && c.drop_data_permission >= 1;
  });
  await alice.call('sendText', 'still works', { topic: 'text' });
  assert.deepEqual((await gets(bob, 'text', 2)).map(m => m.text), ['opens the channel', 'still works']);
  const before = await decoded(alice);
  await keepsDecoding(alice, 2);
  assert.ok(await decoded(alice) > before);
}

export const cases = [
  { name: 'ICE over TCP only, single and dual mode', run: overTcp },
  { name: 'data: 1 MB reliable in order, lossy, destinations', run: data },
  { name: 'data: without permission, undecodable', run: unwanted },
];
