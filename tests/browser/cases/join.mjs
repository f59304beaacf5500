// SPDX-License-Identifier: Apache-2.0
// How long joining takes. The figures are printed; only the limits of patience fail.
import assert from 'node:assert/strict';
import { median, sees, seesVideo } from '../lib/media.mjs';
import { patience, sleep } from '../lib/net.mjs';
import { joinRequest, open } from '../lib/raw.mjs';
import { token } from '../lib/sluice.mjs';

const ROUNDS = 10;
const rounded = x => x.toFixed(1);
const figures = list => `median ${rounded(median(list))} ms, ${rounded(Math.min(...list))} to ${rounded(Math.max(...list))}`;

async function host(t) {
  await t.sluice();
  const alice = await t.join('alice', 'join');
  await alice.call('publish', { audio: true, video: true, options: { video: { simulcast: true } } });
  const bob = await t.join('bob', 'join');
  await seesVideo(bob);
  return alice;
}

// From calling connect() to the first decoded frame, in a page of its own each time. The pauses let a page come
// to rest, and keep apart the key frames that are asked for.
const firstFrame = (single, rounds) => async t => {
  await host(t);
  const connected = [], decoded = [];
  for (let i = 0; i < rounds; i++) {
    const late = await t.page(`late-${i}`);
    await sleep(700);
    const { ms } = await late.connect(t.server.url, await token(late.name, 'join'), { single });
    const first = await sees(late, 'firstFrame', { who: 'alice' });
    const start = (await late.call('events')).find(e => e.name === 'connect');
    connected.push(ms);
    decoded.push(first.at - start.at);
    await late.call('leave');
    await late.close();
    await sleep(300);
  }
  console.log(`# connect() to connected: ${figures(connected)}`);
  console.log(`# connect() to the first decoded frame: ${figures(decoded)}`);
  assert.ok(median(decoded) < 2000 * patience);
};

// From the socket's opening to `join` and to the answer, both together.
async function signalling(t) {
  const alice = await host(t);
  const sdp = await alice.call('offer');
  const upgrade = [], joined = [], answered = [];
  for (let i = 0; i < 2 * ROUNDS; i++) {
    const request = joinRequest({ publisherOffer: { type: 'offer', sdp, id: 1 } });
    const signal = await open(t.server.url, { params: { access_token: await token(`raw-${i}`, 'join'), join_request: request } });
    const { at, value } = await signal.got('join');
    const answer = await signal.got('answer');
    assert.equal(value.otherParticipants.length, 2);
    assert.ok(Object.keys(answer.value.midToTrackId).length >= 2, 'the answer already carries the tracks');
    upgrade.push(signal.opened - signal.asked);
    joined.push(at - signal.opened);
    answered.push(answer.at - signal.opened);
    await signal.leave();
  }
  console.log(`# request to socket open: ${figures(upgrade)}`);
  console.log(`# socket open to join: ${figures(joined)}; to the answer: ${figures(answered)}`);
  console.log(`# request to the answer: ${figures(answered.map((x, i) => x + upgrade[i]))}`);
  assert.ok(median(answered) < 500);
}

export const cases = [
  { name: 'join: first frame, single mode', run: firstFrame(true, ROUNDS) },
  { name: 'join: first frame, dual mode', run: firstFrame(false, ROUNDS / 2) },
  { name: 'join: join and answer', run: signalling },
];
