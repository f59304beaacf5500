// SPDX-License-Identifier: Apache-2.0
// Control is killed in the middle of a call: media goes on, a new control takes over, clients resume.
import assert from 'node:assert/strict';
import { audioPackets, decoded, hears, seesVideo } from '../lib/media.mjs';
import { sleep, until } from '../lib/net.mjs';

const names = async who => (await who.call('events')).map(e => e.name);

export const cases = [{
  name: 'control killed and started again in a call',
  async run(t) {
    const server = await t.sluice();
    const alice = await t.join('alice', 'takeover');
    await alice.call('publish', { audio: true, video: true });
    const bob = await t.join('bob', 'takeover');
    await seesVideo(bob);
    await hears(bob);

    await server.end('sluice-control', 'SIGKILL');
    const [packets, frames] = [await audioPackets(bob), await decoded(bob)];
    await sleep(2000);
    assert.ok(await audioPackets(bob) > packets + 50, 'audio went on without control');
    assert.ok(await decoded(bob) > frames, 'video went on without control');

    server.spawn('sluice-control');
    for (const who of [alice, bob]) {
      await until(`${who.name} resumes`, async () => (await names(who)).includes('Reconnected'), 20);
    }
    await sleep(1000);
    for (const who of [alice, bob]) {
      assert.equal(await who.call('state'), 'connected');
      const seen = await names(who);
      for (const bad of ['ParticipantDisconnected', 'TrackUnsubscribed', 'TrackUnpublished', 'Disconnected']) {
        assert.ok(!seen.includes(bad), `${who.name} saw ${bad}: ${seen}`);
      }
    }
    const before = await decoded(bob);
    const carol = await t.join('carol', 'takeover');
    await seesVideo(carol);
    await until('bob still decodes', async () => await decoded(bob) > before + 5, 5);
  },
}];
