// SPDX-License-Identifier: Apache-2.0
// What happens to tracks during a call: layers, late joiners, muting, coming and going.
import assert from 'node:assert/strict';
import { audioPackets, codecOf, decodesMore, freezes, hears, heights, sees, seesVideo } from '../lib/media.mjs';
import { hostAddress, sleep, until } from '../lib/net.mjs';

const LOW = 0, MEDIUM = 1, HIGH = 2;

const showsHeight = (who, want, what, seconds = 20) =>
  until(`${who.name} gets ${what}`, async () => { const h = await heights(who); return h.length === 1 && want(h[0]); }, seconds);

// Two receivers choose layers of one camera without disturbing each other.
async function layers(t) {
  await t.sluice();
  const alice = await t.join('alice', 'layers');
  await alice.call('publish', { video: true, options: { video: { simulcast: true } } });
  const bob = await t.join('bob', 'layers');
  const carol = await t.join('carol', 'layers', { single: false });
  for (const who of [bob, carol]) await showsHeight(who, h => h === 540, '540 lines');
  await bob.call('setQuality', 'alice', 'Camera', LOW);
  await showsHeight(bob, h => h < 200, 'the lowest layer');
  await bob.call('setQuality', 'alice', 'Camera', MEDIUM);
  await showsHeight(bob, h => h > 200 && h < 400, 'the middle layer');
  await bob.call('setQuality', 'alice', 'Camera', HIGH);
  await showsHeight(bob, h => h === 540, '540 lines again');
  await bob.call('setEnabled', 'alice', 'Camera', false);
  await freezes(bob);
  await bob.call('setEnabled', 'alice', 'Camera', true);
  await decodesMore(bob);
  assert.deepEqual(await heights(carol), [540]);
}

async function muting(t) {
  await t.sluice();
  const alice = await t.join('alice', 'mute');
  const { audio, video } = await alice.call('publish', { audio: true, video: true });
  const bob = await t.join('bob', 'mute');
  await seesVideo(bob);
  await hears(bob);
  await alice.call('setCamera', false);
  await alice.call('setMicrophone', false);
  for (const sid of [audio, video]) await sees(bob, 'TrackMuted', { who: 'alice', sid });
  await freezes(bob);
  await alice.call('setCamera', true);
  await alice.call('setMicrophone', true);
  for (const sid of [audio, video]) await sees(bob, 'TrackUnmuted', { who: 'alice', sid });
  await decodesMore(bob);
  const before = await audioPackets(bob);
  await until('bob hears alice again', async () => await audioPackets(bob) > before + 50);
}

const count = (list, fields) => list.filter(x => Object.entries(fields).every(([k, v]) => x[k] === v)).length;

// The receiver's section is used again by the next track.
const republish = single => async t => {
  await t.sluice();
  const alice = await t.join('alice', 'again');
  const bob = await t.join('bob', 'again', { single });
  const sids = new Set();
  let sections;
  for (let round = 0; round < 3; round++) {
    const { video } = await alice.call('publish', { video: true });
    sids.add(video);
    await sees(bob, 'TrackSubscribed', { sid: video });
    await seesVideo(bob);
    await decodesMore(bob);
    const now = (await bob.call('descriptions')).at(-1).sections;
    sections ??= now.length;
    assert.equal(now.length, sections, 'no section was added');
    await alice.call('unpublish', 'Camera');
    await sees(bob, 'TrackUnsubscribed', { sid: video });
    await until('the track is gone', async () => (await bob.call('participants'))[0].tracks.length === 0);
  }
  assert.equal(sids.size, 3);
};

async function subscribing(t) {
  await t.sluice();
  const alice = await t.join('alice', 'subscribe');
  const { video } = await alice.call('publish', { audio: true, video: true });
  const bob = await t.join('bob', 'subscribe');
  await seesVideo(bob);
  for (let round = 1; round <= 2; round++) {
    await bob.call('setSubscribed', 'alice', 'Camera', false);
    await until('bob has unsubscribed', async () => count(await bob.call('events'), { name: 'TrackUnsubscribed', sid: video }) === round);
    await freezes(bob);
    await bob.call('setSubscribed', 'alice', 'Camera', true);
    await until('bob has subscribed again', async () => count(await bob.call('events'), { name: 'TrackSubscribed', sid: video }) === round + 1);
    await decodesMore(bob);
  }
  const carol = await t.join('carol', 'subscribe', { room: { connect: { autoSubscribe: false } } });
  await until('carol knows the tracks', async () => (await carol.call('participants')).find(p => p.identity === 'alice')?.tracks.length === 2);
  await sleep(500);
  assert.equal(count(await carol.call('events'), { name: 'TrackSubscribed' }), 0);
  await carol.call('setSubscribed', 'alice', 'Camera', true);
  await seesVideo(carol);
}

// Joins a call that goes on; sees and hears everyone; everyone learns of coming and going.
async function late(t) {
  await t.sluice();
  const alice = await t.join('alice', 'late');
  const bob = await t.join('bob', 'late', { single: false });
  for (const who of [alice, bob]) await who.call('publish', { audio: true, video: true });
  await seesVideo(alice);
  await seesVideo(bob);
  const carol = await t.join('carol', 'late');
  await seesVideo(carol, 2);
  await hears(carol, 2);
  await carol.call('publish', { audio: true, video: true });
  for (const who of [alice, bob]) {
    await sees(who, 'ParticipantConnected', { who: 'carol' });
    await seesVideo(who, 2);
    await hears(who, 2);
  }
  await carol.call('leave');
  for (const who of [alice, bob]) {
    await sees(who, 'ParticipantDisconnected', { who: 'carol' }, 5);
    await decodesMore(who);
  }
}

// More tracks than a first offer has room for: the client is asked for more sections.
async function fourth(t) {
  await t.sluice();
  const alice = await t.join('alice', 'many');
  const bob = await t.join('bob', 'many');
  await alice.call('publishMore', 4);
  await seesVideo(bob, 4);
  const carol = await t.join('carol', 'many');
  await seesVideo(carol, 4);
  for (const who of [bob, carol]) {
    const { sections } = (await who.call('descriptions'))[0];
    assert.ok(sections.filter(s => s.kind === 'video').length >= 4);
  }
}

const getsCodec = (who, mime) =>
  until(`${who.name} gets ${mime}`, async () => (await codecOf(who, 'video')).join() === mime, 30);

// Carol cannot decode what Alice sends: Alice sends a second codec, and as long as they are few Bob is content with it too.
async function backup(t) {
  await t.sluice();
  const alice = await t.join('alice', 'backup');
  await alice.call('publish', { video: true, options: { video: { videoCodec: 'vp9', backupCodec: true } } });
  const bob = await t.join('bob', 'backup', { single: false });
  await seesVideo(bob);
  assert.deepEqual(await codecOf(bob, 'video'), ['video/VP9']);
  const carol = await t.join('carol', 'backup', { room: { without: 'VP9' } });
  for (const who of [carol, bob]) {
    await getsCodec(who, 'video/VP8');
    await decodesMore(who);
  }
  assert.equal(count(await bob.call('events'), { name: 'TrackSubscribed' }), 1, 'nothing was negotiated anew');
  await alice.call('unpublish', 'Camera');
  for (const who of [carol, bob]) await sees(who, 'TrackUnsubscribed');
}

// Both codecs at the same time, each for those who can decode it.
async function simulcastCodecs(t) {
  await t.sluice({ nodeIp: hostAddress() });
  const alice = await t.join('alice', 'both');
  await alice.call('publish', { video: true, options: { video: { videoCodec: 'av1', backupCodec: true, backupCodecPolicy: 1 } } });
  const bob = await t.join('bob', 'both');
  await seesVideo(bob);
  const fox = await t.join('fox', 'both', { kind: 'firefox', single: false, room: { without: 'AV1' } });
  await seesVideo(fox);
  await getsCodec(fox, 'video/VP8');
  await decodesMore(bob);
  await getsCodec(bob, 'video/AV1');
}

export const cases = [
  { name: 'tracks: simulcast layers', run: layers },
  { name: 'tracks: mute and unmute', run: muting },
  { name: 'tracks: camera again and again, single mode', run: republish() },
  { name: 'tracks: camera again and again, dual mode', run: republish(false) },
  { name: 'tracks: unsubscribe and subscribe', run: subscribing },
  { name: 'tracks: a backup codec for those who need it, then for all', run: backup },
  { name: 'tracks: AV1 and a backup for Firefox', needs: () => !hostAddress() && 'no address but loopback', run: simulcastCodecs },
  { name: 'tracks: late joiner', run: late },
  { name: 'tracks: a fourth video', run: fourth },
];
