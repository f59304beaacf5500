// SPDX-License-Identifier: Apache-2.0
// Signalling that breaks during a call: media goes on, clients come back.
import assert from 'node:assert/strict';
import { decodesMore, hears, keepsDecoding, sees, seesVideo } from '../lib/media.mjs';
import { sleep, until } from '../lib/net.mjs';

async function call(t, single) {
  await t.sluice();
  const alice = await t.join('alice', 'again', { single });
  const bob = await t.join('bob', 'again', { single });
  for (const who of [alice, bob]) await who.call('publish', { audio: true, video: true });
  for (const who of [alice, bob]) { await seesVideo(who); await hears(who); }
  return { alice, bob };
}

const sids = async who => (await who.call('participants')).map(p => [p.sid, p.tracks.map(x => x.sid).sort()]);

// Again and again: the client keeps back, and then forgets, what it is given while it publishes anew.
async function messagesPass(from, to) {
  const before = (await to.call('messages')).length;
  await until(`${to.name} hears of ${from.name}`, async () => {
    await from.call('sendText', 'still here', { topic: 'text' });
    await sleep(200);
    return (await to.call('messages')).length > before;
  });
}

// Nobody else notices, and media never stops.
const resumes = (single, breakIt) => async t => {
  const { alice, bob } = await call(t, single);
  const before = await sids(bob);
  await Promise.all([keepsDecoding(alice, 5), keepsDecoding(bob, 5), breakIt(alice)
    .then(() => sees(alice, 'Reconnected', {}, 10))]);
  assert.deepEqual(await sids(bob), before);
  assert.equal((await bob.call('events')).filter(e => e.name === 'ParticipantDisconnected').length, 0);
  await messagesPass(alice, bob);
  await messagesPass(bob, alice);
  await alice.call('setCamera', false);
  await sees(bob, 'TrackMuted', { who: 'alice' });
};

// A whole new session under the same name: tracks are published again.
async function joinsAnew(t) {
  const { alice, bob } = await call(t);
  await alice.call('simulate', 'full-reconnect');
  await sees(alice, 'Reconnected', {}, 15);
  for (const who of [alice, bob]) await decodesMore(who);
  assert.equal((await bob.call('participants')).length, 1);
  await messagesPass(alice, bob);
}

// The control process is killed and started again: frames keep coming, clients resume.
async function controlReturns(t) {
  const { alice, bob } = await call(t);
  const before = await sids(bob);
  const people = [alice, bob];
  const back = async () => {
    await t.server.end('sluice-control', 'SIGKILL');
    const killed = Date.now();
    t.server.spawn('sluice-control');
    for (const who of people) await sees(who, 'Reconnected', {}, 15);
    console.log(`# both clients resumed after ${((Date.now() - killed) / 1000).toFixed(1)} s`);
  };
  await Promise.all([...people.map(who => keepsDecoding(who, 10)), back()]);
  assert.deepEqual(await sids(bob), before);
  const carol = await t.join('carol', 'again');
  await seesVideo(carol, 2);
  await alice.call('setCamera', false);
  await sees(bob, 'TrackMuted', { who: 'alice' });
}

// The dataplane is killed and started again: clients join anew by themselves.
async function dataplaneReturns(t) {
  const { alice, bob } = await call(t);
  await t.server.end('sluice-dataplane', 'SIGKILL');
  const killed = Date.now();
  t.server.spawn('sluice-dataplane');
  await Promise.all([alice, bob].map(async who => {
    await sees(who, 'Reconnected', {}, 20);
    await decodesMore(who, 1);
  }));
  console.log(`# both see video again after ${((Date.now() - killed) / 1000).toFixed(1)} s`);
  for (const who of [alice, bob]) await decodesMore(who);
  await messagesPass(alice, bob);
}

export const cases = [
  { name: 'reconnect: the socket closes, single mode', run: resumes(true, who => who.call('killSignal')) },
  { name: 'reconnect: the socket closes, dual mode', run: resumes(false, who => who.call('killSignal')) },
  { name: 'reconnect: a new session', run: joinsAnew },
  { name: 'reconnect: control is killed', run: controlReturns },
  { name: 'reconnect: the dataplane is killed', run: dataplaneReturns },
];
