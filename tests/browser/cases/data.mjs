// SPDX-License-Identifier: Apache-2.0
// What travels in data channels: streams, calls, resuming, joining, the server's own, crafted packets, data tracks.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { DataPacket } from '@livekit/protocol';
import { DataPacket_Kind, RoomServiceClient } from 'livekit-server-sdk';
import { sees } from '../lib/media.mjs';
import { sleep, until } from '../lib/net.mjs';
import { key, secret, token } from '../lib/sluice.mjs';

const room = 'data';
const inbox = async (who, topic) => (await who.call('messages')).filter(m => m.topic === topic);
const texts = async (who, topic = 'text') => (await inbox(who, topic)).map(m => m.text);
const gets = (who, topic, n, seconds = 20) =>
  until(`${who.name} has ${n} messages of topic ${topic}`, async () => {
    const got = await inbox(who, topic);
    return got.length >= n && got;
  }, seconds);
const counted = (t, name, n) => until(`${name} is ${n}`, async () => (await t.server.counters())[name] >= n);

const together = people => until('all see each other', async () => {
  for (const who of people) if ((await who.call('participants')).length < people.length - 1) return false;
  return true;
});

async function three(t, options) {
  await t.sluice(options);
  const people = [await t.join('alice', room), await t.join('bob', room), await t.join('carol', room, { single: false })];
  await together(people);
  return people;
}

// ---- streams and remote procedure calls ----

async function streams(t) {
  const [alice, bob, carol] = await three(t);
  for (const who of [bob, carol]) await who.call('takeStreams', 'big');
  const take = (who, n) => until(`${who.name} has ${n} streams`, async () => {
    const got = await who.call('streams');
    return got.length >= n && got;
  }, 40);
  const size = 1_000_000;
  const text = await alice.call('sendTextStream', size, { topic: 'big', attributes: { of: 'alice' } });
  for (const who of [bob, carol]) {
    const [got] = await take(who, 1);
    assert.deepEqual([got.kind, got.from, got.size, got.sum, got.attributes.of], ['text', 'alice', size, text, 'alice']);
  }
  const bytes = await carol.call('sendByteStream', size, { topic: 'big', name: 'file', destinationIdentities: ['bob'] });
  const got = (await take(bob, 2))[1];
  assert.deepEqual([got.kind, got.from, got.size, got.sum, got.name], ['bytes', 'carol', size, bytes, 'file']);
  assert.equal((await carol.call('streams')).length, 1);
}

async function calls(t) {
  const [alice, bob, carol] = await three(t);
  await bob.call('answerRpc', 'echo');
  assert.deepEqual(await alice.call('rpc', 'bob', 'echo', 'hello'), { result: 'alice: hello' });
  assert.deepEqual(await carol.call('rpc', 'bob', 'echo', 'x'.repeat(14000)), { result: `carol: ${'x'.repeat(14000)}` });
  assert.deepEqual(await carol.call('rpc', 'bob', 'echo', 'fail'), { code: 1234, message: 'as asked', data: 'some data' });
  assert.equal((await alice.call('rpc', 'bob', 'other', '')).code, 1400, 'method not there');
  assert.ok([1501, 1502].includes((await alice.call('rpc', 'nobody', 'echo', '', 3000)).code), 'nobody answers in time');
}

// ---- resuming ----

const numbers = (from, count) => Array.from({ length: count }, (_, i) => from + i);

// Everything once and in order, although a WebSocket dies and ICE starts anew in the middle.
const resume = (single, whose) => async t => {
  await t.sluice();
  const alice = await t.join('alice', room, { single }), bob = await t.join('bob', room, { single });
  await together([alice, bob]);
  const sending = alice.call('sendData', 300, 2000, { topic: 'numbers', every: 10 });
  await gets(bob, 'numbers', 50);
  const who = whose === 'sender' ? alice : bob;
  await who.call('killSignal');
  await sees(who, 'Reconnected', {}, 15);
  const sums = await sending;
  const got = await gets(bob, 'numbers', 300);
  await sleep(500);
  assert.equal((await inbox(bob, 'numbers')).length, 300);
  assert.deepEqual(got.map(m => m.number), numbers(0, 300));
  assert.deepEqual(got.map(m => m.sum), sums);
  for (const p of [alice, bob]) assert.equal((await p.call('events')).filter(e => e.name === 'ParticipantDisconnected').length, 0);
};

// Who joins while others send gets all from some message on, without a hole.
async function joining(t) {
  await t.sluice();
  const alice = await t.join('alice', room), bob = await t.join('bob', room);
  await together([alice, bob]);
  let sent = 0, all = false;
  const sending = (async () => {
    for (; !all; sent += 50) await alice.call('sendData', 50, 500, { topic: 'numbers', every: 10, first: sent });
  })();
  const late = [];
  for (const [name, single] of [['carol', true], ['dave', false], ['erin', true]]) {
    late.push(await t.join(name, room, { single }));
    await sleep(300);
  }
  for (const who of late) await gets(who, 'numbers', 1);
  all = true;
  await sending;
  await gets(bob, 'numbers', sent);
  for (const who of late) {
    const got = await until(`${who.name} has the last one`, async () => {
      const list = await inbox(who, 'numbers');
      return list.at(-1)?.number === sent - 1 && list;
    });
    assert.ok(got.length < sent, `${who.name}: ${got.length}`);
    assert.deepEqual(got.map(m => m.number), numbers(sent - got.length, got.length), who.name);
  }
  assert.equal((await t.server.counters()).drop_data_not_open, 0);
}

// ---- the server's own ----

async function sendData(t) {
  const [alice, bob, carol] = await three(t);
  const service = new RoomServiceClient(t.server.httpUrl, key, secret);
  const send = (text, options, kind = DataPacket_Kind.RELIABLE) => service.sendData(room, new TextEncoder().encode(text), kind, { topic: 'text', ...options });
  await send('for all');
  await send('for bob', { destinationIdentities: ['bob'] });
  await send('for carol, lossy', { destinationSids: [carol.joined.sid] }, DataPacket_Kind.LOSSY);
  const nonce = randomBytes(16);
  // the SDK takes a new one each time, so that repeating is up to whoever sends requests of their own
  const authorization = `Bearer ${await token('', room, { grants: { roomJoin: false, roomAdmin: true } })}`;
  const body = JSON.stringify({ room, data: Buffer.from('once').toString('base64'), kind: 'RELIABLE', topic: 'text', nonce: nonce.toString('base64') });
  for (let i = 0; i < 3; i++) {
    const { status } = await fetch(`${t.server.httpUrl}/twirp/livekit.RoomService/SendData`, { method: 'POST', body, headers: { authorization, 'content-type': 'application/json' } });
    assert.equal(status, 200);
  }
  await send('end');
  for (const [who, middle] of [[alice, []], [bob, ['for bob']], [carol, ['for carol, lossy']]]) {
    await until(`${who.name} has the last`, async () => (await texts(who)).includes('end'));
    assert.deepEqual((await texts(who)).sort(), ['for all', 'once', 'end', ...middle].sort(), who.name);
    assert.ok((await inbox(who, 'text')).every(m => m.from === undefined));
  }
  await assert.rejects(service.sendData('nowhere', new Uint8Array(1), DataPacket_Kind.RELIABLE, {}));
}

// ---- what a client must not do ----

const packet = fields => [...new DataPacket(fields).toBinary()];
const user = (text, more = {}) => ({ case: 'user', value: { payload: new TextEncoder().encode(text), topic: 'text', ...more } });

// The names in a packet are the sender's own, whatever it writes.
async function crafted(t) {
  const [alice, bob, carol] = await three(t);
  const raw = fields => alice.call('sendRaw', packet(fields));
  await alice.call('sendText', 'opens the channel', { topic: 'text' });
  await raw({ participantIdentity: 'carol', participantSid: carol.joined.sid, value: user('not carol', { participantIdentity: 'carol', participantSid: carol.joined.sid }) });
  await raw({ destinationIdentities: ['bob'], value: user('bob 1') });
  await raw({ value: user('bob 2', { destinationIdentities: ['bob'] }) });
  await raw({ value: user('bob 3', { destinationSids: [bob.joined.sid] }) });
  await raw({ value: user('nobody', { destinationIdentities: ['nobody'] }) });
  const nonce = randomBytes(16);
  for (let i = 0; i < 3; i++) await raw({ value: user('nonce', { nonce }) });
  for (const sequence of [1000, 1001, 1001, 999, 1002]) await raw({ sequence, value: user(`n ${sequence}`) });
  await raw({ value: { case: 'transcription', value: { segments: [] } } });
  await raw({ value: { case: 'metrics', value: {} } });
  await raw({ value: user('end') });
  const all = ['opens the channel', 'not carol', 'nonce', 'n 1000', 'n 1001', 'n 1002', 'end'];
  await until('both have the last', async () => (await texts(bob)).includes('end') && (await texts(carol)).includes('end'));
  assert.deepEqual(await texts(carol), all);
  assert.deepEqual((await texts(bob)).filter(x => !all.includes(x)), ['bob 1', 'bob 2', 'bob 3']);
  for (const who of [bob, carol]) assert.ok((await inbox(who, 'text')).every(m => m.from === 'alice'));
  const counters = await t.server.counters();
  // a transcription is the server's to send; metrics are no fault, but nobody here may have them
  assert.deepEqual([counters.drop_data_duplicate, counters.drop_data_kind], [4, 1]);
}

// What comes by a channel that LiveKit does not know is a message without a topic.
async function foreign(t) {
  const [alice, bob, carol] = await three(t);
  await alice.call('sendForeign', 'mine', 'reliable');
  await carol.call('sendForeign', '', 'lossy', { ordered: false, maxRetransmits: 0 });
  for (const [who, expected] of [[bob, [['alice', 'reliable'], ['carol', 'lossy']]], [alice, [['carol', 'lossy']]], [carol, [['alice', 'reliable']]]]) {
    const got = await until(`${who.name} has them`, async () => {
      const list = await who.call('messages');
      return list.length >= expected.length && list;
    });
    assert.deepEqual(got.map(m => [m.from, m.text]), expected);
  }
}

async function forbidden(t) {
  await t.sluice();
  const bob = await t.join('bob', room);
  const mute = await t.join('mute', room, { grants: { canPublishData: false } });
  await together([bob, mute]);
  await bob.call('sendText', 'hello', { topic: 'text' });
  await gets(mute, 'text', 1);
  await mute.call('sendText', 'not allowed', { topic: 'text' }).catch(() => {});
  for (let i = 1; i <= 10; i++) await mute.call('sendRaw', packet({ sequence: 500 + i, participantIdentity: 'bob', value: user('crafted') }));
  await mute.call('sendRawTrack', [0x18, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  await counted(t, 'drop_data_permission', 11);
  assert.notEqual(await mute.call('publishDataTrackError', 'mine'), null);
  assert.equal((await inbox(bob, 'text')).length, 0);

  // granted, and taken away again
  const service = new RoomServiceClient(t.server.httpUrl, key, secret);
  const grant = canPublishData => service.updateParticipant(room, 'mute', { permission: { canPublish: true, canSubscribe: true, canPublishData } });
  await grant(true);
  await until('bob hears', async () => {
    await mute.call('sendRaw', packet({ value: user('allowed') }));
    return (await inbox(bob, 'text')).length > 0;
  });
  await grant(false);
  await sleep(300);
  const before = (await inbox(bob, 'text')).length, { drop_data_permission: dropped } = await t.server.counters();
  await mute.call('sendRaw', packet({ value: user('no more') }));
  await counted(t, 'drop_data_permission', dropped + 1);
  assert.equal((await inbox(bob, 'text')).length, before);
}

// ---- data tracks ----

const frameCheck = (got, sums) => {
  assert.ok(got.every(f => f.sum === sums[f.number]), 'a frame was changed');
  assert.equal(new Set(got.map(f => f.number)).size, got.length, 'a frame came twice');
};

// Small frames are sent until some arrive: they may be lost, and the subscription takes its time.
async function moreFrames(from, to) {
  const had = (await to.call('frames')).length;
  await until(`${to.name} has more frames`, async () => {
    await from.call('pushFrames', 5, 500, 10);
    return (await to.call('frames')).length > had;
  });
}

async function dataTracks(t) {
  const [alice, bob, carol] = await three(t);
  const info = await alice.call('publishDataTrack', 'pose');
  assert.match(info.sid, /^DTR_/);
  assert.notEqual(await alice.call('publishDataTrackError', 'pose'), null);
  for (const who of [bob, carol]) await until(`${who.name} sees the track`, async () => (await who.call('dataTracks', 'alice')).includes('pose'));
  await bob.call('takeFrames', 'alice', 'pose');
  await carol.call('takeFrames', 'alice', 'pose');
  for (const who of [bob, carol]) await moreFrames(alice, who);
  const sums = await alice.call('pushFrames', 100, 3000, 10); // three packets each
  for (const who of [bob, carol]) {
    const got = await until(`${who.name} has frames`, async () => {
      const list = (await who.call('frames')).filter(f => f.size === 3000);
      return list.length >= 50 && list; // they may be lost
    });
    frameCheck(got, sums);
  }
  assert.equal((await alice.call('frames')).length, 0);

  await bob.call('stopFrames', 'pose');
  await sleep(300);
  const before = (await bob.call('frames')).length;
  for (const bytes of [[0x38, 0, 0, 1], [0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0x1c, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]]) await alice.call('sendRawTrack', bytes);
  await alice.call('sendRawTrack', [0x18, 0, 0xff, 0xf0, 0, 0, 0, 0, 0, 0, 0, 0]);
  await counted(t, 'drop_data_malformed', 3);
  await counted(t, 'drop_data_track_unknown', 1);
  await moreFrames(alice, carol);
  assert.equal((await bob.call('frames')).length, before);

  // a new control process goes on with it
  await t.server.end('sluice-control', 'SIGKILL');
  t.server.spawn('sluice-control');
  for (const who of [alice, bob, carol]) await sees(who, 'Reconnected', {}, 20);
  await moreFrames(alice, carol);

  await alice.call('unpublishDataTrack');
  for (const who of [bob, carol]) await until(`${who.name} sees it go`, async () => !(await who.call('dataTracks', 'alice')).includes('pose'));
}

async function withoutDataTracks(t) {
  const [alice] = await three(t, { extra: 'enable_data_tracks: false' });
  assert.notEqual(await alice.call('publishDataTrackError', 'pose'), null);
  await alice.call('sendText', 'still works', { topic: 'text' });
}

export const cases = [
  { name: 'data: text and byte streams of 1 MB', run: streams },
  { name: 'data: remote procedure calls and their errors', run: calls },
  { name: 'data: the sender resumes amid reliable data', run: resume(true, 'sender') },
  { name: 'data: the sender resumes, dual mode', run: resume(false, 'sender') },
  { name: 'data: the receiver resumes amid reliable data', run: resume(true, 'receiver') },
  { name: 'data: the receiver resumes, dual mode', run: resume(false, 'receiver') },
  { name: 'data: joining while others send', run: joining },
  { name: 'data: SendData of the server', run: sendData },
  { name: 'data: crafted packets', run: crafted },
  { name: 'data: channels of other names', run: foreign },
  { name: 'data: canPublishData false, with crafted packets', run: forbidden },
  { name: 'data: data tracks', run: dataTracks },
  { name: 'data: data tracks switched off', run: withoutDataTracks },
];
