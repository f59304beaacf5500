// SPDX-License-Identifier: Apache-2.0
// What tests ask of received media, from getStats().
import { until } from './net.mjs';

export const received = async (who, kind) => (await who.call('inbound')).filter(r => r.kind === kind);

// Sum of a field over the inbound streams of a kind.
export async function total(who, kind, field) {
  return (await received(who, kind)).reduce((n, r) => n + (r[field] ?? 0), 0);
}

export const decoded = who => total(who, 'video', 'framesDecoded');
export const audioPackets = who => total(who, 'audio', 'packetsReceived');

// `n` video streams of which each decoded at least `frames`.
export const seesVideo = (who, n = 1, frames = 10, seconds = 20) =>
  until(`${who.name} decodes ${n} video stream(s)`, async () =>
    (await received(who, 'video')).filter(r => (r.framesDecoded ?? 0) >= frames).length >= n, seconds);

// `n` audio streams that play something else than concealment.
export const hears = (who, n = 1, seconds = 20) =>
  until(`${who.name} receives ${n} audio stream(s)`, async () =>
    (await received(who, 'audio')).filter(r => r.packetsReceived > 20 && r.totalSamplesReceived > r.concealedSamples).length >= n, seconds);

// Frames keep coming for `seconds`: at least `perSecond` in each second.
export async function keepsDecoding(who, seconds, perSecond = 5) {
  let last = await decoded(who);
  for (let i = 0; i < seconds; i++) {
    await new Promise(r => setTimeout(r, 1000));
    const now = await decoded(who);
    if (now - last < perSecond) throw new Error(`${who.name} decoded ${now - last} frames in second ${i + 1}`);
    last = now;
  }
}

export async function codecOf(who, kind) {
  const codecs = Object.fromEntries((await who.call('codecs')).map(c => [c.id, c.mimeType]));
  return (await received(who, kind)).map(r => codecs[r.codecId]);
}
