// SPDX-License-Identifier: Apache-2.0
// The stats sockets in a call: who and what is told, also with control stopped, and with control dead.
import net from 'node:net';
import path from 'node:path';
import assert from 'node:assert/strict';
import { hears, seesVideo } from '../lib/media.mjs';
import { sleep, until } from '../lib/net.mjs';

// All lines of an answer, or of a stream of events up to `count` of them.
function ask(t, socket, request, count = Infinity) {
  return new Promise((resolve, reject) => {
    const lines = [];
    let rest = '';
    const s = net.connect(path.join(t.server.dir, socket), () => s.write(`${JSON.stringify({ v: 1, ...request })}\n`));
    s.setTimeout(15000, () => s.destroy(new Error(`${socket} does not answer`)));
    s.on('error', reject);
    s.on('data', data => {
      const parts = (rest + data).split('\n');
      rest = parts.pop();
      lines.push(...parts.map(line => JSON.parse(line)));
      if (lines.at(-1)?.kind !== 'end' && lines.filter(l => l.kind === 'event').length < count) return;
      s.destroy();
      resolve(lines);
    });
  });
}

const kinds = (lines, kind) => lines.filter(l => l.kind === kind);

// What the dataplane says of the room.
async function describesTheCall(t) {
  const lines = await ask(t, 'stats.sock', { get: 'room', room: 'stats', id: 'x' });
  assert.ok(lines.every(l => l.kind !== 'begin' || l.id === 'x'));
  assert.deepEqual(kinds(lines, 'room').map(r => [r.room, r.participants, r.tracks]), [['stats', 2, 4]]);
  assert.deepEqual(kinds(lines, 'participant').map(p => [p.identity, p.state]).sort(), [['alice', 'connected'], ['bob', 'connected']]);
  assert.deepEqual(kinds(lines, 'track').map(r => `${r.identity} ${r.source}`).sort(),
    ['alice camera', 'alice microphone', 'bob camera', 'bob microphone']);
  assert.equal(kinds(lines, 'subscription').length, 4);
  const pair = kinds(lines, 'participant')[0].transports[0];
  assert.match(pair.local, /:\d+$/);
  assert.ok(pair.candidates.some(c => c.selected && c.remote === pair.remote));
  return kinds(lines, 'subscription').find(s => s.identity === 'bob' && s.type === 'video').packets;
}

async function advances(t, before) {
  await until('packets go on', async () => await describesTheCall(t) > before, 20);
}

async function told(t) {
  await t.sluice();
  const alice = await t.join('alice', 'stats'), bob = await t.join('bob', 'stats');
  for (const who of [alice, bob]) await who.call('publish', { audio: true, video: true });
  for (const who of [alice, bob]) { await seesVideo(who); await hears(who); }
  await until('rates are known', async () => (await ask(t, 'stats.sock', { get: 'rooms' })).some(l => l.kind === 'room' && l.out.bps > 0), 20);

  t.server.children['sluice-control'].kill('SIGSTOP');
  const before = await describesTheCall(t);
  await sleep(1500);
  await advances(t, before);
  t.server.children['sluice-control'].kill('SIGCONT');

  const mine = await ask(t, 'control-stats.sock', { get: 'all' });
  assert.deepEqual(kinds(mine, 'participant').map(p => [p.identity, p.state, p.sdk]).sort(), [['alice', 'active', 'js'], ['bob', 'active', 'js']]);
  assert.ok(kinds(mine, 'address')[0].offered.length > 0);
  const events = kinds(await ask(t, 'control-stats.sock', { get: 'events', since: 0, participant: 'alice' }, 3), 'event');
  assert.deepEqual(events.map(e => e.event), ['participant_joined', 'track_published', 'track_published']);

  await t.server.end('sluice-control', 'SIGKILL');
  await advances(t, await describesTheCall(t));
  const [process_] = kinds(await ask(t, 'stats.sock', { get: 'process' }), 'process');
  assert.equal(process_.control, false);
  assert.equal(process_.drops.srtp_auth, 0);
  assert.ok(process_.latency.video.count > 0 && process_.latency.video.p50_us > 0);
  t.server.spawn('sluice-control');
  await until('control is back', async () => kinds(await ask(t, 'stats.sock', { get: 'process' }), 'process')[0].control, 20);
  await until('control answers', () => ask(t, 'control-stats.sock', { get: 'process' }).catch(() => false), 20);
}

export const cases = [
  { name: 'stats are told while control is stopped and killed', run: told },
];
