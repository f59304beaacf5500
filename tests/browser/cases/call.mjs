// SPDX-License-Identifier: Apache-2.0
// Two Chromium pages in a call: both modes, every codec.
import assert from 'node:assert/strict';
import { codecOf, hears, heights, keepsDecoding, received, seesVideo } from '../lib/media.mjs';
import { until } from '../lib/net.mjs';

// What the camera is sent as: simulcast in three streams, or one stream of three spatial layers. A busy machine's
// browser begins with fewer.
async function sendsLayers(who, svc) {
  const want = svc ? ['L3T3_KEY'] : ['f', 'h', 'q'];
  await until(`${who.name} sends ${want}`, async () => {
    const sent = (await who.call('outbound')).filter(r => r.kind === 'video' && r.framesSent > 0);
    return sent.map(r => (svc ? r.scalabilityMode : r.rid)).sort().join() === want.join();
  }, 30);
}

// The highest layer arrives, whole: every gap in the numbers counts as lost.
async function receivesWhole(who) {
  await until(`${who.name} sees 540 lines`, async () => (await heights(who)).join() === '540', 30);
  for (const r of [...await received(who, 'video'), ...await received(who, 'audio')]) {
    const { kind, packetsReceived, packetsLost, framesDecoded, freezeCount, nackCount, pliCount } = r;
    console.log(`# ${who.name} ${kind}: ${packetsReceived} packets, ${packetsLost} lost` +
      (kind === 'video' ? `, ${framesDecoded} frames, ${freezeCount} freezes, ${nackCount} NACKs, ${pliCount} PLIs` : ''));
    assert.ok(packetsLost <= packetsReceived / 100);
  }
}

const twoWay = (name, { single, video, seconds, mime, svc = false }) => ({
  name,
  async run(t) {
    await t.sluice();
    const alice = await t.join('alice', 'call', { single });
    await alice.call('publish', { audio: true, video: true, options: { video: { degradationPreference: 'maintain-resolution', ...video } } });
    const bob = await t.join('bob', 'call', { single });
    await bob.call('publish', { audio: true, video: true, options: { video: { degradationPreference: 'maintain-resolution', ...video } } });
    for (const who of [alice, bob]) { await seesVideo(who); await hears(who); }
    await Promise.all([alice, bob].map(who => keepsDecoding(who, seconds)));
    for (const who of [alice, bob]) {
      assert.deepEqual(await codecOf(who, 'video'), [mime]);
      await sendsLayers(who, svc);
      await receivesWhole(who);
    }
    const counters = await t.server.counters();
    assert.equal(counters.drop_srtp_auth, 0);
    assert.equal(counters.drop_rtp_malformed, 0);
  },
});

export const cases = [
  twoWay('single mode: VP8 simulcast and audio, 20 s', { seconds: 20, mime: 'video/VP8', video: { simulcast: true } }),
  twoWay('dual mode: VP8 simulcast and audio, 20 s', { single: false, seconds: 20, mime: 'video/VP8', video: { simulcast: true } }),
  twoWay('VP9 SVC', { seconds: 5, mime: 'video/VP9', svc: true, video: { videoCodec: 'vp9' } }),
  twoWay('H264 simulcast', { seconds: 5, mime: 'video/H264', video: { videoCodec: 'h264' } }),
  twoWay('AV1 SVC', { seconds: 5, mime: 'video/AV1', svc: true, video: { videoCodec: 'av1' } }),
];
