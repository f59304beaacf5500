// SPDX-License-Identifier: Apache-2.0
// The server API on live sessions, webhooks, metrics and new keys.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { AccessToken, AgentDispatchClient, DataPacket_Kind, EgressClient, RoomServiceClient, TrackSource } from 'livekit-server-sdk';
import { audioPackets, decodesMore, hears, seesVideo } from '../lib/media.mjs';
import { freePorts, sleep, until } from '../lib/net.mjs';
import { joinRequest, open } from '../lib/raw.mjs';
import { key, secret, token } from '../lib/sluice.mjs';
import { Receiver } from '../lib/webhooks.mjs';

const service = t => new RoomServiceClient(t.server.httpUrl, key, secret);

const refused = (promise, status, code, message) =>
  assert.rejects(promise, e => {
    assert.deepEqual([e.status, e.code], [status, code]);
    assert.equal(e.message, message);
    return true;
  });

const noParticipant = 'twirp error unknown: participant does not exist';
const noRoom = 'twirp error unknown: requested room does not exist';

const self = (who, what, probe) => until(`${who.name}: ${what}`, async () => probe(await who.call('self')));
const saw = (who, name, detail) => until(`${who.name}: ${name}`, async () =>
  (await who.call('events')).some(e => e.name === name && Object.entries(detail).every(([k, v]) => e[k] === v)));

async function twoInARoom(t, room, { single } = {}) {
  const alice = await t.join('alice', room, { single });
  const { audio } = await alice.call('publish', { audio: true });
  const bob = await t.join('bob', room, { single });
  await hears(bob);
  return { alice, bob, audio };
}

// A call as it goes over the wire.
async function post(t, grants, method, body, type = 'application/json') {
  const jwt = new AccessToken(key, secret, { identity: 'x' });
  jwt.addGrant(grants);
  const r = await fetch(`${t.server.httpUrl}/twirp/livekit.RoomService/${method}`, { method: 'POST', body, headers: { authorization: `Bearer ${await jwt.toJwt()}`, 'content-type': type } });
  return [r.status, await r.json()];
}

async function rooms(t) {
  await t.sluice();
  const api = service(t);
  const made = await api.createRoom({ name: 'api', emptyTimeout: 60, maxParticipants: 10, metadata: 'room metadata' });
  assert.equal(made.metadata, 'room metadata');
  assert.equal((await api.createRoom({ name: 'api' })).sid, made.sid);
  await twoInARoom(t, 'api');
  const [listed] = await api.listRooms(['api']);
  assert.deepEqual([listed.sid, listed.numParticipants, listed.numPublishers, listed.maxParticipants], [made.sid, 2, 1, 10]);
  assert.deepEqual(await api.listRooms(['other']), []);
}

async function participants(t) {
  await t.sluice();
  const api = service(t);
  const { audio } = await twoInARoom(t, 'api');
  const list = await api.listParticipants('api');
  assert.deepEqual(list.map(p => p.identity).sort(), ['alice', 'bob']);
  const alice = await api.getParticipant('api', 'alice');
  assert.deepEqual(alice.tracks.map(x => [x.sid, x.source, x.muted]), [[audio, TrackSource.MICROPHONE, false]]);
  assert.equal(alice.permission.canPublish, true);
  await refused(api.getParticipant('api', 'nobody'), 404, 'not_found', noParticipant);
  await refused(api.getParticipant('other', 'alice'), 404, 'not_found', noParticipant);
  assert.deepEqual(await api.listParticipants('other'), []);
}

async function mute(t) {
  await t.sluice();
  const api = service(t);
  const { alice, bob, audio } = await twoInARoom(t, 'api');
  assert.equal((await api.mutePublishedTrack('api', 'alice', audio, true)).muted, true);
  await self(alice, 'is muted', s => s.tracks[0].muted);
  await saw(bob, 'TrackMuted', { who: 'alice' });
  await refused(api.mutePublishedTrack('api', 'alice', audio, false), 412, 'failed_precondition', 'twirp error unknown: remote unmute not enabled');
  await refused(api.mutePublishedTrack('api', 'alice', 'TR_x', true), 404, 'not_found', 'twirp error unknown: track is not found');
  await alice.call('setMicrophone', true);
  await saw(bob, 'TrackUnmuted', { who: 'alice' });
}

async function unmute(t) {
  await t.sluice({ extra: 'room: {enable_remote_unmute: true}' });
  const api = service(t);
  const { alice, bob, audio } = await twoInARoom(t, 'api');
  await api.mutePublishedTrack('api', 'alice', audio, true);
  await self(alice, 'is muted', s => s.tracks[0].muted);
  assert.equal((await api.mutePublishedTrack('api', 'alice', audio, false)).muted, false);
  await self(alice, 'is not muted', s => !s.tracks[0].muted);
  await saw(bob, 'TrackUnmuted', { who: 'alice' });
}

async function update(t) {
  await t.sluice();
  const api = service(t);
  const { alice, bob } = await twoInARoom(t, 'api');
  const info = await api.updateParticipant('api', 'alice', { metadata: 'm2', name: 'Alicia', attributes: { a: '1', b: '2' } });
  assert.deepEqual([info.metadata, info.name, info.attributes], ['m2', 'Alicia', { a: '1', b: '2' }]);
  const changed = p => p.name === 'Alicia' && p.metadata === 'm2' && p.attributes.a === '1';
  await self(alice, 'is told', changed);
  await self(bob, 'is told of alice', s => s.others.some(changed));
  await api.updateParticipant('api', 'alice', { attributes: { a: '' } });
  await self(bob, 'is told of the attribute that went', s => s.others.some(p => p.attributes.a === undefined && p.attributes.b === '2'));
  const room = await api.updateRoomMetadata('api', 'room metadata 2');
  assert.equal(room.metadata, 'room metadata 2');
  for (const who of [alice, bob]) await self(who, 'knows the room', s => s.roomMetadata === 'room metadata 2');
  await refused(api.updateRoomMetadata('other', 'x'), 404, 'not_found', noRoom);
}

const permissions = single => async t => {
  await t.sluice();
  const api = service(t);
  const { alice, bob } = await twoInARoom(t, 'api', { single });
  const none = await api.updateParticipant('api', 'alice', { permission: { canSubscribe: true, canPublishData: true } });
  assert.deepEqual([none.isPublisher, none.tracks], [false, []]);
  await self(alice, 'has no track any more', s => s.tracks.length === 0 && s.permissions.canPublish === false);
  await saw(bob, 'TrackUnpublished', { who: 'alice' });
  await api.updateParticipant('api', 'alice', { permission: { canSubscribe: true, canPublish: true, canPublishData: true } });
  await self(alice, 'may publish again', s => s.permissions.canPublish);
  const before = await audioPackets(bob);
  await alice.call('publish', { audio: true });
  await until('bob hears alice again', async () => await audioPackets(bob) > before + 20);
  await api.updateParticipant('api', 'bob', { permission: { canPublish: true, canPublishData: true } });
  await until('bob gets nothing', async () => (await bob.call('participants')).every(p => p.tracks.every(x => !x.subscribed)));
};

async function subscriptions(t) {
  await t.sluice();
  const api = service(t);
  const { bob, audio } = await twoInARoom(t, 'api');
  await api.updateSubscriptions('api', 'bob', [audio], false);
  await saw(bob, 'TrackUnsubscribed', { who: 'alice' });
  await api.updateSubscriptions('api', 'bob', [audio], true);
  await until('bob is subscribed twice', async () => (await bob.call('events')).filter(e => e.name === 'TrackSubscribed').length === 2);
}

async function data(t) {
  await t.sluice();
  const api = service(t);
  const { alice, bob } = await twoInARoom(t, 'api');
  const bytes = new TextEncoder().encode('from the server');
  await api.sendData('api', bytes, DataPacket_Kind.RELIABLE, { topic: 'all' });
  await api.sendData('api', bytes, DataPacket_Kind.LOSSY, { topic: 'bob', destinationIdentities: ['bob'] });
  const inbox = async who => (await who.call('messages')).map(m => [m.topic, m.text, m.from]);
  await until('bob has both', async () => (await inbox(bob)).length === 2);
  const text = 'from the server';
  assert.deepEqual((await inbox(bob)).sort(), [['all', text, undefined], ['bob', text, undefined]]);
  assert.deepEqual(await inbox(alice), [['all', text, undefined]]);
  await refused(api.sendData('other', bytes, DataPacket_Kind.RELIABLE, {}), 404, 'not_found', noRoom);
}

// The server calls in the name of whom it calls.
async function rpc(t) {
  await t.sluice();
  const alice = await t.join('alice', 'api');
  const dual = await t.join('bob', 'api', { single: false });
  for (const who of [alice, dual]) await who.call('answerRpc', 'echo');
  await saw(alice, 'ParticipantConnected', { who: 'bob' });
  const call = (destinationIdentity, method, payload, responseTimeoutMs = 5000) =>
    post(t, { roomAdmin: true, room: 'api' }, 'PerformRpc', JSON.stringify({ room: 'api', destinationIdentity, method, payload, responseTimeoutMs }));
  for (const who of ['alice', 'bob']) assert.deepEqual(await call(who, 'echo', 'hello'), [200, { payload: `${who}: hello` }]);
  assert.deepEqual(await call('alice', 'echo', 'fail'), [500, { code: 'internal', msg: 'twirp error unknown: as asked', meta: { rpc_code: '1234' } }]);
  assert.deepEqual((await call('alice', 'nothing', ''))[0], 501);
  assert.deepEqual(await call('alice', 'echo', 'late', 1000), [408, { code: 'deadline_exceeded', msg: 'twirp error unknown: response timeout' }]);
  assert.deepEqual(await call('carol', 'echo', ''), [503, { code: 'unavailable', msg: 'twirp error unknown: no response from servers' }]);
  // between the participants nothing has changed
  assert.deepEqual(await alice.call('rpc', 'bob', 'echo', 'hello'), { result: 'alice: hello' });
}

async function removing(t) {
  await t.sluice();
  const api = service(t);
  const { alice, bob } = await twoInARoom(t, 'api');
  await saw(alice, 'ParticipantConnected', { who: 'bob' });
  await api.removeParticipant('api', 'bob');
  await saw(bob, 'Disconnected', { value: '4' });
  await saw(alice, 'ParticipantDisconnected', { who: 'bob' });
  await refused(api.removeParticipant('api', 'bob'), 404, 'not_found', noParticipant);
  await api.deleteRoom('api');
  await saw(alice, 'Disconnected', { value: '5' });
  assert.deepEqual(await api.listRooms(), []);
  await refused(api.deleteRoom('api'), 404, 'not_found', noRoom);
}

async function refusals(t) {
  await t.sluice();
  await refused(new EgressClient(t.server.httpUrl, key, secret).listEgress({}), 501, 'unimplemented', 'Egress is not offered by this server');
  await refused(new AgentDispatchClient(t.server.httpUrl, key, secret).createDispatch('api', 'x'), 501, 'unimplemented', 'AgentDispatchService is not offered by this server');
  const all = { roomList: true, roomCreate: true, roomAdmin: true, room: 'api' };
  assert.deepEqual(await post(t, { roomJoin: true, room: 'api' }, 'ListRooms', '{}'), [401, { code: 'unauthenticated', msg: 'permissions denied' }]);
  assert.deepEqual(await post(t, all, 'ListParticipants', '{"room":"other"}'), [401, { code: 'unauthenticated', msg: 'permissions denied' }]);
  assert.deepEqual(await post(t, all, 'ListRooms', '{'), [400, { code: 'malformed', msg: 'the json request could not be decoded' }]);
  const [status, body] = await post(t, all, 'ListRooms', '{}', 'text/plain');
  assert.deepEqual([status, body], [404, { code: 'bad_route', msg: 'unexpected Content-Type: "text/plain"', meta: { twirp_invalid_route: 'POST /twirp/livekit.RoomService/ListRooms' } }]);
}

// ---- webhooks ----

async function hooked(t, { others = [], extra = '', ...options } = {}) {
  const receiver = await new Receiver().start();
  t.closing.push(async () => receiver.stop());
  await t.sluice({ extra: `webhook:\n  api_key: ${key}\n  urls: [${[receiver.url, ...others].join(', ')}]\n${extra}`, ...options });
  return receiver;
}

async function order(t) {
  const receiver = await hooked(t);
  const alice = await t.join('alice', 'hooks');
  await alice.call('publish', { audio: true });
  await receiver.got('hooks', 3);
  await alice.call('leave');
  assert.deepEqual(await receiver.got('hooks', 5), [
    'room_started', 'participant_joined alice', 'track_published alice', 'track_unpublished alice',
    'participant_left alice CLIENT_INITIATED']);
  await service(t).deleteRoom('hooks');
  assert.equal((await receiver.got('hooks', 6))[5], 'room_finished');
  assert.deepEqual(receiver.wrong, []);
  const ids = receiver.events.map(e => e.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every(id => /^EV_\w{12,}$/.test(id)));
  const track = receiver.events.find(e => e.event === 'track_published');
  assert.deepEqual(Object.keys(track.raw.room).sort(), ['name', 'sid']);
  assert.deepEqual(Object.keys(track.raw.participant).sort(), ['identity', 'sid']);
  assert.equal(track.raw.track.source, 'MICROPHONE');
}

async function duplicate(t) {
  const receiver = await hooked(t);
  const first = await t.join('alice', 'hooks');
  await receiver.got('hooks', 2);
  await t.join('alice', 'hooks');
  await saw(first, 'Disconnected', { value: '2' });
  assert.deepEqual(await receiver.got('hooks', 4), [
    'room_started', 'participant_joined alice', 'participant_left alice DUPLICATE_IDENTITY', 'participant_joined alice']);
}

// One URL takes connections and never answers, another refuses them.
async function deadUrls(t) {
  const silent = net.createServer(s => s.on('error', () => {}));
  await new Promise(resolve => silent.listen(0, '127.0.0.1', resolve));
  t.closing.push(async () => silent.close());
  const receiver = await hooked(t, { others: [`http://127.0.0.1:${silent.address().port}/`, 'http://127.0.0.1:1/'] });
  const alice = await t.join('alice', 'hooks');
  await receiver.got('hooks', 2, 2);
  await alice.call('leave');
  await receiver.got('hooks', 3, 2);
  for (const e of receiver.events) assert.ok(Date.now() / 1000 - Number(e.createdAt) < 3);
}

async function survives(t) {
  const receiver = await hooked(t);
  receiver.status = 503;
  const alice = await t.join('alice', 'hooks');
  const journal = path.join(t.server.dir, 'webhooks.journal');
  await until('the journal holds events', () => fs.statSync(journal).size > 0);
  await sleep(300);
  await t.server.end('sluice-control', 'SIGKILL');
  assert.equal(receiver.events.length, 0);
  receiver.status = 200;
  t.server.spawn('sluice-control');
  assert.deepEqual(await receiver.got('hooks', 2), ['room_started', 'participant_joined alice']);
  await saw(alice, 'Reconnected', {});
  await alice.call('leave');
  assert.deepEqual((await receiver.got('hooks', 3, 20)).slice(2), ['participant_left alice CLIENT_INITIATED']);
  await until('the journal is empty', () => fs.statSync(journal).size === 0);
}

// Control and dataplane die together; whoever was there has left, and the room has ended.
async function bothDie(t) {
  const receiver = await hooked(t);
  const alice = await t.join('alice', 'hooks');
  await alice.call('publish', { audio: true });
  await receiver.got('hooks', 3);
  await Promise.all(['sluice-control', 'sluice-dataplane'].map(program => t.server.end(program, 'SIGKILL')));
  await alice.close();
  for (const program of ['sluice-dataplane', 'sluice-control']) t.server.spawn(program);
  assert.deepEqual((await receiver.got('hooks', 6, 20)).slice(3), [
    'track_unpublished alice', 'participant_left alice STATE_MISMATCH', 'room_finished']);
}

// 300 joins in ten rooms that end before there is media: each is told once, in order.
async function many(t) {
  const receiver = await hooked(t);
  const ROOMS = 10, EACH = 30;
  const people = Array.from({ length: ROOMS * EACH }, (_, i) => [`p${i}`, `room-${i % ROOMS}`]);
  const visit = async ([identity, room]) => {
    const signal = await open(t.server.url, { params: { access_token: await token(identity, room), join_request: joinRequest({}) } });
    await signal.got('join');
    signal.socket.close();
    await signal.closed;
  };
  for (let i = 0; i < people.length; i += ROOMS) await Promise.all(people.slice(i, i + ROOMS).map(visit));
  const total = ROOMS * (EACH + 1);
  await until(`${total} webhooks`, () => receiver.events.length >= total, 20);
  await sleep(300);
  assert.equal(receiver.events.length, total);
  assert.deepEqual(receiver.wrong, []);
  for (let r = 0; r < ROOMS; r++) {
    const expected = people.filter(([, room]) => room === `room-${r}`).map(([identity]) => `participant_connection_aborted ${identity}`);
    assert.deepEqual(receiver.names(`room-${r}`), ['room_started', ...expected]);
  }
  assert.equal(fs.statSync(path.join(t.server.dir, 'webhooks.journal')).size, 0);
}

// ---- metrics and keys ----

async function metrics(t) {
  const { http: port } = await freePorts();
  await t.sluice({ extra: `prometheus: {port: ${port}, username: u, password: p}` });
  await twoInARoom(t, 'api');
  const url = `http://127.0.0.1:${port}/metrics`;
  assert.equal((await fetch(url)).status, 401);
  const text = await (await fetch(url, { headers: { authorization: `Basic ${btoa('u:p')}` } })).text();
  const value = name => Number(text.match(new RegExp(`^${name.replace('{', '\\{[^}]*')} (\\S+)$`, 'm'))?.[1]);
  assert.equal(value('livekit_room_total{}'), 1);
  assert.equal(value('livekit_participant_total{}'), 2);
  assert.equal(value('livekit_track_published_total{kind="AUDIO"}'), 1);
  assert.equal(value('livekit_track_subscribed_total{kind="AUDIO"}'), 1);
  assert.ok(value('livekit_packet_total{direction="incoming",transmission="initial"}') > 20);
  assert.ok(value('sluice_dataplane_tx_rtp_total{thread="[01]"}') >= 0);
}

async function newKeys(t) {
  const dir = fs.mkdtempSync('/tmp/sluice-keys-');
  t.closing.push(async () => fs.rmSync(dir, { recursive: true }));
  const file = path.join(dir, 'keys');
  const write = keys => fs.writeFileSync(file, Object.entries(keys).map(([k, s]) => `${k}: ${s}\n`).join(''), { mode: 0o600 });
  const newSecret = 'another-secret-of-thirty-two-bytes';
  write({ other: 'other-secret-of-at-least-32-bytes!' });
  await t.sluice({ extra: `key_file: ${file}` });
  const { alice, bob } = await twoInARoom(t, 'api');
  const fresh = new RoomServiceClient(t.server.httpUrl, 'newkey', newSecret);
  await assert.rejects(fresh.listRooms(), e => e.status === 401);
  write({ newkey: newSecret });
  t.server.children['sluice-control'].kill('SIGHUP');
  await until('the new key is known', () => fresh.listRooms().then(l => l.length === 1, () => false));
  await assert.rejects(new RoomServiceClient(t.server.httpUrl, 'other', 'other-secret-of-at-least-32-bytes!').listRooms(), e => e.status === 401);
  const before = await audioPackets(bob);
  await until('bob still hears alice', async () => await audioPackets(bob) > before + 50);
  for (const who of [alice, bob]) assert.equal(await who.call('state'), 'connected');
  write({});
  fs.writeFileSync(file, 'not a list of keys');
  t.server.children['sluice-control'].kill('SIGHUP');
  await sleep(300);
  assert.equal((await fresh.listRooms()).length, 1, 'a broken file changes nothing');
  await t.join('carol', 'api');
}

// Alice's call goes on in another room, without a new connection; her data goes there too.
const moved = single => async t => {
  await t.sluice();
  const api = service(t);
  const { alice, bob } = await twoInARoom(t, 'here', { single });
  await alice.call('publish', { video: true });
  const carol = await t.join('carol', 'there', { single });
  await carol.call('publish', { audio: true });
  await api.moveParticipant('here', 'alice', 'there');
  await saw(alice, 'Moved', { value: 'there' });
  await saw(bob, 'ParticipantDisconnected', { who: 'alice' });
  await saw(carol, 'ParticipantConnected', { who: 'alice' });
  await seesVideo(carol);
  for (const who of [alice, carol]) await hears(who);
  await alice.call('sendText', 'over there', { topic: 'text' });
  await until('carol gets the message', async () => (await carol.call('messages'))[0]?.text === 'over there');
  assert.deepEqual(await bob.call('messages'), []);
  await alice.call('killSignal'); // comes back to where it is now
  await saw(alice, 'Reconnected', {});
  assert.equal((await api.getParticipant('there', 'alice')).sid, alice.joined.sid);
  await refused(api.getParticipant('here', 'alice'), 404, 'not_found', noParticipant);
};

// Carol, elsewhere, sees and hears Alice, who notices nothing.
async function forwarded(t) {
  await t.sluice();
  const api = service(t);
  const { alice } = await twoInARoom(t, 'here');
  await alice.call('publish', { video: true });
  const carol = await t.join('carol', 'there');
  await api.forwardParticipant('here', 'alice', 'there');
  await saw(carol, 'ParticipantConnected', { who: 'alice' });
  await seesVideo(carol);
  await hears(carol);
  assert.deepEqual((await api.getParticipant('there', 'alice')).kindDetails, [1]);
  await alice.call('setCamera', false);
  await saw(carol, 'TrackMuted', { who: 'alice' });
  await alice.call('setCamera', true);
  await decodesMore(carol);
  await api.removeParticipant('there', 'alice');
  await saw(carol, 'ParticipantDisconnected', { who: 'alice' });
  assert.equal((await api.getParticipant('here', 'alice')).identity, 'alice');
}

export const cases = [
  { name: 'api: rooms are created and listed', run: rooms },
  { name: 'api: participants are listed', run: participants },
  { name: 'api: a track is muted', run: mute },
  { name: 'api: a track is unmuted if that is allowed', run: unmute },
  { name: 'api: name, metadata and attributes', run: update },
  { name: 'api: permissions change live', run: permissions() },
  { name: 'api: permissions change live, dual mode', run: permissions(false) },
  { name: 'api: subscriptions are changed', run: subscriptions },
  { name: 'api: data from the server', run: data },
  { name: 'api: RPC from the server', run: rpc },
  { name: 'api: participants and rooms are removed', run: removing },
  { name: 'api: what is refused', run: refusals },
  { name: 'webhooks: order and signature', run: order },
  { name: 'webhooks: one identity twice', run: duplicate },
  { name: 'webhooks: dead receivers delay nobody', run: deadUrls },
  { name: 'webhooks: what waits survives the death of control', run: survives },
  { name: 'webhooks: control and dataplane die', run: bothDie },
  { name: 'webhooks: hundreds come and go', run: many },
  { name: 'metrics of a call', run: metrics },
  { name: 'keys are read again during a call', run: newKeys },
  { name: 'api: a participant is moved', run: moved() },
  { name: 'api: a participant is moved, dual mode', run: moved(false) },
  { name: 'api: a participant is forwarded', run: forwarded },
];
