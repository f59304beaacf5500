// SPDX-License-Identifier: Apache-2.0
// A subscriber whose line gets thin: smaller pictures instead of frozen ones, and large ones again afterwards.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { decoded, decodesMore, freezes, hears, heights, keepsDecoding, sees, seesVideo } from '../lib/media.mjs';
import { Namespaces, needsNamespaces } from '../../netns/namespaces.mjs';
import { sleep, until } from '../lib/net.mjs';

const run = promisify(execFile);
const WIDE = '100mbit', THIN = '350kbit';

const shows = (who, want, what, seconds) =>
  until(`${who.name} gets ${what}`, async () => { const h = await heights(who); return h.length === 1 && want(h[0]); }, seconds);

// Seconds until it does, and the longest time without a frame meanwhile.
async function watch(who, want, what) {
  const begin = performance.now();
  let last = begin, frames = await decoded(who), longest = 0, over = false;
  const watching = (async () => {
    while (!over) {
      await sleep(100);
      const now = await decoded(who);
      if (now > frames) { longest = Math.max(longest, performance.now() - last); last = performance.now(); }
      frames = now;
    }
  })();
  await shows(who, want, what, 60).finally(() => { over = true; });
  await watching;
  return `${((performance.now() - begin) / 1000).toFixed(1)} s, longest stop ${(longest / 1000).toFixed(1)} s`;
}

async function thinLine(t) {
  const spaces = new Namespaces([4, 4]);
  t.closing.push(async () => spaces.remove());
  await spaces.create();
  const shape = (verb, rate) => run('ip', ['netns', 'exec', spaces.server, 'tc', 'qdisc', verb, 'dev', 'client1', 'root', 'tbf',
    'rate', rate, 'burst', '16kb', 'latency', '300ms']);
  await shape('add', WIDE);
  await t.sluice({ prefix: spaces.prefix(spaces.server), bind: ['0.0.0.0'], nodeIp: null, extra: '  congestion_control: {allow_pause: true}\n' });
  const people = [];
  for (let i = 0; i < 2; i++) {
    people.push(await t.join(['alice', 'bob'][i], 'thin', {
      url: `ws://${spaces.address(i)}:${t.server.ports.http}`, pages: await spaces.pages(i),
      browserOptions: { executablePath: spaces.wrapper(i, '/usr/bin/chromium'), pipe: true },
    }));
    if (i === 0) await people[0].call('publish', { audio: true, video: true, options: { video: { simulcast: true } } });
  }
  const bob = people[1];
  await seesVideo(bob);
  await hears(bob);
  await shows(bob, h => h === 540, 'the highest layer at once', 20);
  await shape('change', THIN);
  console.log(`# thin line: smaller after ${await watch(bob, h => h < 540, 'a smaller picture')}`);
  await keepsDecoding(bob, 8);
  await hears(bob);
  assert.ok((await heights(bob)).every(h => h < 540), 'it stays so');
  await shape('change', WIDE);
  console.log(`# wide line: large again after ${await watch(bob, h => h === 540, 'the large picture again')}`);
  await keepsDecoding(bob, 4);

  await bob.call('simulate', 'subscriber-bandwidth', 20000);
  await sees(bob, 'TrackStreamStateChanged', { who: 'alice', state: 'paused' });
  await freezes(bob);
  await bob.call('simulate', 'subscriber-bandwidth', 0);
  await sees(bob, 'TrackStreamStateChanged', { who: 'alice', state: 'active' });
  await decodesMore(bob);
}

export const cases = [
  { name: 'bandwidth: a thin line, and wide again', needs: needsNamespaces, run: thinLine },
];
