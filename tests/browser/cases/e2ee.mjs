// SPDX-License-Identifier: Apache-2.0
// End-to-end encryption: livekit-client's worker with the right key and with a wrong one.
import assert from 'node:assert/strict';
import { audioPackets, codecOf, decoded, hears, keepsDecoding, received, sees, seesVideo, total } from '../lib/media.mjs';
import { sleep, until } from '../lib/net.mjs';
import { open } from '../lib/raw.mjs';
import { token } from '../lib/sluice.mjs';

const right = 'correct horse battery staple', wrong = 'tr0ub4dor&3';
const errors = async who => (await who.call('events')).filter(e => e.name === 'EncryptionError');
// What the worker says of frames of ours: that it knows them, or not.
const known = who => who.log.filter(line => line.includes('enqueue SIF')).length;
const strange = who => who.log.filter(line => line.includes('Unexpected SIF'));
const texts = async who => (await who.call('messages')).map(m => m.text);

async function join(t, name, key, { single } = {}) {
  const who = await t.page(name);
  await who.page.evaluate(() => LivekitClient.setLogLevel('debug', 'lk-e2ee'));
  who.joined = await who.connect(t.server.url, await token(name, 'secret'), { single, key });
  return who;
}

async function call(t, { single, video = {}, eve = true } = {}) {
  await t.sluice();
  const alice = await join(t, 'alice', right, { single }), bob = await join(t, 'bob', right, { single });
  const people = [alice, bob];
  if (eve) people.push(await join(t, 'eve', wrong, { single }));
  await alice.call('publish', { audio: true, video: true, options: { video } });
  await bob.call('publish', { audio: true });
  await seesVideo(bob);
  await hears(bob);
  await hears(alice);
  return people;
}

// Samples that come from packets, not from concealment.
const played = async who => (await received(who, 'audio')).reduce((n, r) => n + (r.totalSamplesReceived ?? 0) - (r.concealedSamples ?? 0), 0);

// Ciphertext arrives and nothing comes out of it.
async function understandsNothing(eve) {
  await until('eve gets packets', async () => await audioPackets(eve) > 100 && await total(eve, 'video', 'packetsReceived') > 50);
  assert.equal(await decoded(eve), 0);
  assert.equal(await played(eve), 0);
}

const media = options => async t => {
  const [alice, bob, eve] = await call(t, options);
  await keepsDecoding(bob, 5);
  if (options.mime) assert.deepEqual(await codecOf(bob, 'video'), [options.mime]);
  await understandsNothing(eve);
  await until('eve is told of errors', async () => (await errors(eve)).length > 0);
  for (const who of [alice, bob]) assert.deepEqual(await errors(who), []);
};

// Muted and unmuted, and ended: our silence and blank pictures are taken, and nothing is an error.
const ownFrames = single => async t => {
  const [alice, bob] = await call(t, { single, eve: false });
  for (let i = 0; i < 3; i++) {
    const before = await audioPackets(bob);
    await alice.call('setMicrophone', false);
    await sees(bob, 'TrackMuted', { who: 'alice' });
    await sleep(1500);
    assert.ok(await audioPackets(bob) - before > 20, 'silence comes');
    await alice.call('setMicrophone', true);
    await sleep(700);
  }
  const before = await played(bob);
  await until('bob hears alice again', async () => await played(bob) > before + 48000, 15);
  await alice.call('setCamera', false);
  await sleep(500);
  await alice.call('setCamera', true);
  await keepsDecoding(bob, 3);
  await bob.call('setSubscribed', 'alice', 'Camera', false);
  await sleep(700);
  await bob.call('setSubscribed', 'alice', 'Camera', true);
  await seesVideo(bob);
  await bob.call('setSubscribed', 'alice', 'Microphone', false);
  await sleep(700);
  for (const who of [alice, bob]) {
    assert.deepEqual(await errors(who), []);
    assert.deepEqual(strange(who), []);
  }
  assert.ok(known(bob) > 3 * 40 + 6 + 10, `silence and blank pictures: ${known(bob)}`);
};

// Data packets are encrypted as a whole; those who have another key get nothing of them.
async function data(t) {
  await t.sluice();
  const alice = await join(t, 'alice', right), bob = await join(t, 'bob', right, { single: false }), eve = await join(t, 'eve', wrong);
  await until('all are there', async () => (await alice.call('participants')).length === 2 && (await bob.call('participants')).length === 2);
  for (const who of [bob, eve]) await who.call('takeStreams', 'big');
  await alice.call('sendText', 'hello', { topic: 'text' });
  await alice.call('sendText', 'for bob', { topic: 'text', destinationIdentities: ['bob'] });
  await bob.call('sendText', 'hello back', { topic: 'text' });
  await until('both hear', async () => (await texts(bob)).length === 2 && (await texts(alice)).length === 1);
  assert.deepEqual(await texts(bob), ['hello', 'for bob']);
  const sum = await alice.call('sendTextStream', 200000, { topic: 'big' });
  const [stream] = await until('bob has the stream', async () => {
    const list = await bob.call('streams');
    return list.length > 0 && list;
  });
  assert.deepEqual([stream.from, stream.sum], ['alice', sum]);
  await bob.call('answerRpc', 'echo');
  assert.deepEqual(await alice.call('rpc', 'bob', 'echo', 'hi'), { result: 'alice: hi' });
  await sleep(500);
  assert.deepEqual(await texts(eve), []);
  assert.deepEqual(await eve.call('streams'), []);
  assert.ok(eve.log.some(line => line.includes('DataCryptor decryption failed')));

  // a data track, encrypted frame by frame
  await alice.call('publishDataTrack', 'pose');
  for (const who of [bob, eve]) {
    await until('the track is seen', async () => (await who.call('dataTracks', 'alice')).includes('pose'));
    await who.call('takeFrames', 'alice', 'pose');
  }
  await sleep(500);
  const sums = await alice.call('pushFrames', 50, 2000, 10);
  const frames = await until('bob has frames', async () => {
    const list = await bob.call('frames');
    return list.length >= 45 && list;
  });
  assert.ok(frames.every(f => f.sum === sums[f.number]));
  assert.deepEqual(await eve.call('frames'), []);
}

// The trailer of our own frames is the room's: equal for all in it, another one elsewhere.
async function trailer(t) {
  const { url } = await t.sluice();
  const of = async (name, room) => {
    const signal = await open(url, { path: '/rtc', params: { access_token: await token(name, room), protocol: 17 } });
    return Buffer.from((await signal.got('join')).value.sifTrailer).toString();
  };
  const [first, second, other] = [await of('alice', 'one'), await of('bob', 'one'), await of('alice', 'two')];
  assert.ok(first.length >= 32);
  assert.equal(first, second);
  assert.notEqual(first, other);
}

export const cases = [
  { name: 'e2ee: VP8 simulcast and audio, right and wrong key', run: media({ video: { simulcast: true }, mime: 'video/VP8' }) },
  { name: 'e2ee: dual mode', run: media({ single: false }) },
  { name: 'e2ee: VP9 SVC', run: media({ video: { videoCodec: 'vp9' }, mime: 'video/VP9' }) },
  { name: 'e2ee: H264', run: media({ video: { videoCodec: 'h264' }, mime: 'video/H264' }) },
  { name: 'e2ee: mute, unmute, end: frames of the server', run: ownFrames(true) },
  { name: 'e2ee: mute, unmute, end: dual mode', run: ownFrames(false) },
  { name: 'e2ee: data, streams, calls, data tracks', run: data },
  { name: 'e2ee: the trailer is the room\'s', run: trailer },
];
