// SPDX-License-Identifier: Apache-2.0
// 300 participants join, publish audio, hear each other and leave, again and again. The server's pools hold exactly
// that many, so that a handle that is not returned makes the next round fail. CHURN_SECONDS: for how long (20).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleep, until } from '../lib/net.mjs';
import { key, secret } from '../lib/sluice.mjs';
import { Receiver } from '../lib/webhooks.mjs';

const people = 300, roomSize = 10, rooms = people / roomSize;
const seconds = Number(process.env.CHURN_SECONDS ?? 20);
const bench = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../build/release/bin/sluice-bench');

async function round(t, n) {
  const options = ['--url', t.server.url, '--key', key, '--secret', secret, '--room', `round${n}`, '--join-rate', '150',
    '--duration', '1', '--audio-pps', '2', '--free-slots', '10', '--quiet', 'churn', String(people)];
  const load = spawn(bench, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const out of [load.stdout, load.stderr]) out.on('data', d => { text += d; });
  const [code] = await once(load, 'exit');
  assert.equal(code, 0, text);
}

// Of each participant these four events, in this order, but that a track may be negotiated before media is connected;
// of each room one start before and one end after all others.
function checkEvents(events, n) {
  const lives = new Map();
  for (const e of events) {
    const who = `${e.room.name} ${e.participant?.identity ?? ''}`;
    lives.set(who, [...lives.get(who) ?? [], e.event]);
  }
  assert.equal(lives.size, n * (people + rooms));
  for (const [who, life] of lives) {
    if (life[0] === 'track_published') life.splice(0, 2, life[1], life[0]);
    const expected = who.endsWith(' ') ? ['room_started', 'room_finished']
      : ['participant_joined', 'track_published', 'track_unpublished', 'participant_left'];
    assert.deepEqual(life, expected, who);
  }
  for (let i = 0; i < n * rooms; i++) {
    const name = `round${Math.floor(i / rooms)}-${i % rooms}`;
    const of = events.filter(e => e.room.name === name).map(e => e.event);
    assert.deepEqual([of[0], of.at(-1)], ['room_started', 'room_finished'], name);
  }
  assert.equal(new Set(events.map(e => e.id)).size, events.length);
}

// A sanitizer that found something, leaks too, makes it end with another code.
async function endsWell(t, program, signal) {
  const child = t.server.children[program];
  await t.server.end(program, signal);
  assert.equal(child.ended, 0, `${program} ended with ${child.ended}: ${t.server.log(program, 60)}`);
}

async function churn(t) {
  const receiver = await new Receiver().start();
  t.closing.push(async () => receiver.stop());
  await t.sluice({
    extra: `webhook:\n  api_key: ${key}\n  urls: [${receiver.url}]\nroom: {departure_timeout: 2}\nlogging: {level: info}\n`,
    sluice: `  max_participants: ${people}\n  max_tracks: ${people}\n  max_subscriptions: ${people * (roomSize - 1)}\n`,
  });
  const memory = () => ['sluice-control', 'sluice-dataplane'].map(p => t.server.rss(p));
  const all = [];
  const end = Date.now() + seconds * 1000;
  let n = 0;
  for (; Date.now() < end; n++) {
    await round(t, n);
    await sleep(500);
    all.push(memory());
    t.server.alive();
  }
  const total = n * (people * 4 + rooms * 2);
  await until(`${total} webhooks, not ${receiver.events.length}`, () => receiver.events.length >= total, 60);
  await sleep(500);
  checkEvents(receiver.events, n);
  assert.deepEqual(receiver.wrong, []);
  const half = all[n >> 1], last = memory(), grows = n < 10 ? 1.25 : 1.02; // first every page of the pools is touched
  console.log(`# ${n} rounds of ${people}; ${total} webhooks; resident memory (control + dataplane): ${all[0].join(' + ')} KiB after the first round, ${half.join(' + ')} after half of them, ${last.join(' + ')} at the end`);
  if (!process.env.SLUICE_BUILD?.includes('asan')) for (const i of [0, 1]) assert.ok(last[i] < half[i] * grows, 'memory grows');
  await endsWell(t, 'sluice-control', 'SIGUSR2');
  t.server.spawn('sluice-control');
  const log = path.join(t.server.dir, 'sluice-control.log');
  await until('nothing is left in the dataplane', () => fs.readFileSync(log, 'utf8').includes('rooms=0 participants=0 after the dump'));
  await endsWell(t, 'sluice-dataplane', 'SIGTERM');
}

export const cases = [{ name: 'churn: 300 join, publish and leave, again and again', seconds: seconds + 160, needs: () => !fs.existsSync(bench) && 'build/release/bin/sluice-bench', run: churn }];
