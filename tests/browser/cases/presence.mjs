// SPDX-License-Identifier: Apache-2.0
// Who is there: clients that sleep, die, come twice, or find the room full.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { RoomServiceClient } from 'livekit-server-sdk';
import { decodesMore, seesVideo, sees } from '../lib/media.mjs';
import { patience, sleep, until } from '../lib/net.mjs';
import { key, secret, token } from '../lib/sluice.mjs';

const room = 'presence';

// A process and all below it.
function family(pid) {
  const parents = new Map();
  for (const d of fs.readdirSync('/proc').filter(x => /^\d+$/.test(x))) {
    try { parents.set(Number(d), Number(fs.readFileSync(`/proc/${d}/stat`, 'utf8').split(') ').pop().split(' ')[1])); } catch { /* it has just ended */ }
  }
  const all = [pid];
  for (let i = 0; i < all.length; i++) all.push(...[...parents].filter(([, parent]) => parent === all[i]).map(([child]) => child));
  return all;
}

function signal(browser, name) {
  for (const pid of family(browser.process().pid)) try { process.kill(pid, name); } catch { /* likewise */ }
}

// Alice watches; Bob has a browser of his own.
async function two(t, single) {
  await t.sluice();
  const alice = await t.join('alice', room, { single });
  const browserOptions = { args: ['--disable-features=AudioServiceSandbox,WebRtcHideLocalIpsWithMdns'] };
  const bob = await t.join('bob', room, { single, browserOptions });
  bob.browser = await t.browser('chromium', browserOptions);
  for (const who of [alice, bob]) await who.call('publish', { video: true });
  for (const who of [alice, bob]) await seesVideo(who);
  return { alice, bob };
}

const left = async who => (await who.call('events')).filter(e => e.name === 'ParticipantDisconnected').length;

// A machine that sleeps closes nothing. After 15 s its media has failed; it is told to resume, and gets 5 s for that.
const sleeps = single => async t => {
  const { alice, bob } = await two(t, single);
  const before = (await alice.call('participants'))[0];
  signal(bob.browser, 'SIGSTOP');
  await sleep(17000);
  signal(bob.browser, 'SIGCONT');
  await sees(bob, 'Reconnected', {}, 20);
  for (const who of [alice, bob]) await decodesMore(who);
  assert.equal(await left(alice), 0);
  const after = (await alice.call('participants'))[0];
  assert.deepEqual([after.sid, after.tracks.map(x => x.sid)], [before.sid, before.tracks.map(x => x.sid)]);
};

// One that is killed does: the kernel closes its socket.
async function dies(t) {
  const { alice, bob } = await two(t);
  const killed = Date.now();
  signal(bob.browser, 'SIGKILL');
  await until('alice sees bob go', async () => await left(alice) === 1, 20);
  const after = (Date.now() - killed) / 1000;
  console.log(`# gone after ${after.toFixed(1)} s`);
  assert.ok(after < 15 * patience);
}

async function twice(t) {
  await t.sluice();
  const alice = await t.join('alice', room);
  const first = await t.join('bob', room);
  const second = await t.join('bob', room);
  await sees(first, 'Disconnected', { value: '2' });
  await second.call('publish', { video: true });
  await seesVideo(alice);
  assert.deepEqual((await alice.call('participants')).map(p => p.sid), [second.joined.sid]);
}

async function full(t) {
  await t.sluice();
  await new RoomServiceClient(t.server.httpUrl, key, secret).createRoom({ name: room, maxParticipants: 2 });
  await t.join('alice', room);
  await t.join('bob', room);
  const carol = await t.page('carol');
  assert.ok(await carol.call('connectError', t.server.url, await token('carol', room)), 'carol is refused');
  const again = await t.page('bob');
  assert.equal(await again.call('connectError', t.server.url, await token('bob', room)), null, 'who is there may come again');
}

// 512 KiB, and not a byte more; and only with the grant.
async function metadata(t) {
  await t.sluice();
  const alice = await t.join('alice', room, { grants: { canUpdateOwnMetadata: true } });
  const bob = await t.join('bob', room);
  assert.equal((await alice.call('setMetadata', 512 * 1024 + 1)).reason, 'LIMIT_EXCEEDED');
  assert.equal(await alice.call('setMetadata', 512 * 1024), null);
  await until('bob has it', async () => await bob.call('metadataOf', 'alice') === 512 * 1024);
  assert.equal((await bob.call('setMetadata', 1)).reason, 'NOT_ALLOWED');
}

// Nobody has joined, so nothing but control knows of it.
async function waits(t) {
  await t.sluice();
  const api = new RoomServiceClient(t.server.httpUrl, key, secret);
  const { sid } = await api.createRoom({ name: 'lecture', emptyTimeout: 600, metadata: 'later' });
  await sleep(1500);
  await t.server.end('sluice-control', 'SIGKILL');
  t.server.spawn('sluice-control');
  const rooms = await until('control is back', () => api.listRooms().catch(() => null));
  assert.deepEqual(rooms.map(r => [r.name, r.sid, r.metadata]), [['lecture', sid, 'later']]);
}

// The client library's own scenarios, each with what it comes to.
const simulated = (scenario, event, check) => async t => {
  await t.sluice();
  const alice = await t.join('alice', room), bob = await t.join('bob', room);
  for (const who of [alice, bob]) await who.call('publish', { video: true });
  for (const who of [alice, bob]) await seesVideo(who);
  const { sid } = (await bob.call('participants'))[0];
  await alice.call('simulate', scenario);
  await sees(alice, event, {}, 20);
  if (check) await check({ alice, bob, sid });
};

const sameSession = async ({ alice, bob, sid }) => {
  for (const who of [alice, bob]) await decodesMore(who);
  assert.equal((await bob.call('participants'))[0].sid, sid);
};
const newSession = async ({ alice, bob, sid }) => {
  for (const who of [alice, bob]) await decodesMore(who);
  assert.notEqual((await bob.call('participants'))[0].sid, sid);
};
const overTcp = async what => {
  await newSession(what);
  const [pair] = await what.alice.call('pairs');
  const local = (await what.alice.call('candidates')).find(c => c.id === pair.localCandidateId);
  assert.equal(local.protocol, 'tcp');
};

export const cases = [
  { name: 'presence: a client sleeps for 17 s, single mode', run: sleeps(true) },
  { name: 'presence: a client sleeps for 17 s, dual mode', run: sleeps(false) },
  { name: 'presence: a client is killed', run: dies },
  { name: 'presence: one identity twice', run: twice },
  { name: 'presence: a full room', run: full },
  { name: 'presence: the largest metadata', run: metadata },
  { name: 'presence: a created room survives the death of control', run: waits },
  { name: 'presence: simulated signal-reconnect', run: simulated('signal-reconnect', 'Reconnected', sameSession) },
  { name: 'presence: simulated disconnect-signal-on-resume', run: simulated('disconnect-signal-on-resume', 'Reconnected', sameSession) },
  { name: 'presence: simulated disconnect-signal-on-resume-no-messages', run: simulated('disconnect-signal-on-resume-no-messages', 'Reconnected', sameSession) },
  { name: 'presence: simulated migration', run: simulated('migration', 'Reconnected', newSession) },
  { name: 'presence: simulated node-failure', run: simulated('node-failure', 'Reconnected', newSession) },
  { name: 'presence: simulated force-tcp', run: simulated('force-tcp', 'Reconnected', overTcp) },
  { name: 'presence: simulated server-leave', run: simulated('server-leave', 'Disconnected') },
];
