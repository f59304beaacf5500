// SPDX-License-Identifier: Apache-2.0
// Clients other than Chromium: Firefox, and the native SDK by way of rtc-node.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { codecOf, hears, keepsDecoding, seesVideo } from '../lib/media.mjs';
import { directory, hostAddress, until } from '../lib/net.mjs';
import { token } from '../lib/sluice.mjs';

const run = promisify(execFile);

// Firefox pairs no loopback address with another one, and gathers none.
const withFirefox = single => async t => {
  await t.sluice({ nodeIp: hostAddress() });
  const alice = await t.join('alice', 'mixed');
  const fox = await t.join('fox', 'mixed', { kind: 'firefox', single });
  for (const who of [alice, fox]) await who.call('publish', { audio: true, video: true, options: { video: { simulcast: true } } });
  for (const who of [alice, fox]) { await seesVideo(who); await hears(who); }
  await Promise.all([alice, fox].map(who => keepsDecoding(who, 8)));
  assert.deepEqual(await codecOf(alice, 'video'), ['video/VP8']);
  await fox.call('sendText', 'from Firefox', { topic: 'text' });
  await alice.call('sendText', 'from Chromium', { topic: 'text' });
  await until('both get the message', async () =>
    (await alice.call('messages'))[0]?.text === 'from Firefox' && (await fox.call('messages'))[0]?.text === 'from Chromium');
};

async function native(t) {
  await t.sluice();
  const tokens = await Promise.all(['ann', 'ben', 'cem', 'dan'].map(name => token(name, 'native')));
  const script = path.join(directory(import.meta.url), '../clients/rtc_node.mjs');
  const { stdout } = await run(process.execPath, [script, JSON.stringify({ url: t.server.url, tokens, seconds: 8 })], { timeout: 60000 });
  const { names, frequencies, lumas, result } = JSON.parse(stdout.trim().split('\n').at(-1));
  for (const who of names) {
    names.forEach((from, i) => {
      if (from === who) return;
      const got = result[who][from] ?? {}, what = `${who} from ${from}: ${JSON.stringify(got)}`;
      assert.ok(Math.abs(got.frequency - frequencies[i]) < 60, what);
      assert.ok(Math.abs(got.luma - lumas[i]) < 12, what);
      assert.ok(got.frames > 50, what);
      assert.equal(got.text, `from ${from}`, what);
    });
  }
}

const needsAddress = () => !hostAddress() && 'no address but loopback';

export const cases = [
  { name: 'Firefox and Chromium', needs: needsAddress, run: withFirefox() },
  { name: 'Firefox in dual mode', needs: needsAddress, run: withFirefox(false) },
  { name: 'four native clients (rtc-node)', run: native },
];
