// SPDX-License-Identifier: Apache-2.0
// Two Chromium pages in a call: both modes, every codec.
import assert from 'node:assert/strict';
import { codecOf, hears, keepsDecoding, seesVideo } from '../lib/media.mjs';

const twoWay = (name, { single, video, seconds, mime }) => ({
  name,
  async run(t) {
    await t.sluice();
    const alice = await t.join('alice', 'call', { single });
    await alice.call('publish', { audio: true, video: true, options: { video } });
    const bob = await t.join('bob', 'call', { single });
    await bob.call('publish', { audio: true, video: true, options: { video } });
    for (const who of [alice, bob]) { await seesVideo(who); await hears(who); }
    await Promise.all([alice, bob].map(who => keepsDecoding(who, seconds)));
    for (const who of [alice, bob]) assert.deepEqual(await codecOf(who, 'video'), [mime]);
    const counters = await t.server.counters();
    assert.equal(counters.drop_srtp_auth, 0);
    assert.equal(counters.drop_rtp_malformed, 0);
  },
});

export const cases = [
  twoWay('single mode: VP8 simulcast and audio, 20 s', { seconds: 20, mime: 'video/VP8', video: { simulcast: true } }),
  twoWay('dual mode: VP8 simulcast and audio, 20 s', { single: false, seconds: 20, mime: 'video/VP8', video: { simulcast: true } }),
  twoWay('VP9 SVC', { seconds: 5, mime: 'video/VP9', video: { videoCodec: 'vp9' } }),
  twoWay('H264 simulcast', { seconds: 5, mime: 'video/H264', video: { videoCodec: 'h264' } }),
  twoWay('AV1 SVC', { seconds: 5, mime: 'video/AV1', video: { videoCodec: 'av1' } }),
];
