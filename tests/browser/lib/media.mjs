// SPDX-License-Identifier: Apache-2.0
// What tests ask of received media, from getStats().
import { sleep, until } from './net.mjs';

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

// Frames keep coming for `seconds`: at least `frames` within any three seconds in a row. A loaded
// machine decodes in bursts; a stream that stands still is what this is after.
export async function keepsDecoding(who, seconds, frames = 8) {
  const counts = [await decoded(who)];
  for (let i = 1; i <= seconds; i++) {
    await new Promise(r => setTimeout(r, 1000));
    counts.push(await decoded(who));
    const since = Math.max(0, i - 3);
    if (i >= 3 && counts[i] - counts[since] < frames) {
      throw new Error(`${who.name} decoded ${counts[i] - counts[since]} frames in seconds ${since + 1} to ${i}`);
    }
  }
}

export async function codecOf(who, kind) {
  const codecs = Object.fromEntries((await who.call('codecs')).map(c => [c.id, c.mimeType]));
  return (await received(who, kind)).map(r => codecs[r.codecId]);
}

// The video streams that decode now, by their heights in ascending order.
export async function heights(who) {
  return (await received(who, 'video')).filter(r => r.framesPerSecond > 0).map(r => r.frameHeight).sort((a, b) => a - b);
}

// No frame is decoded any more.
export const freezes = (who, seconds = 10) => {
  let last = -1;
  return until(`${who.name} decodes nothing`, async () => {
    const now = await decoded(who), same = now === last;
    last = now;
    if (!same) await sleep(700);
    return same;
  }, seconds);
};

// At least `frames` more than are decoded now.
export async function decodesMore(who, frames = 10, seconds = 20) {
  const before = await decoded(who);
  await until(`${who.name} decodes ${frames} more frames`, async () => await decoded(who) >= before + frames, seconds);
}

// An event of a page with these fields, since it was loaded.
export const sees = (who, name, fields = {}, seconds = 10) =>
  until(`${who.name} sees ${name} ${JSON.stringify(fields)}`, async () =>
    (await who.call('events')).find(e => e.name === name && Object.entries(fields).every(([k, v]) => e[k] === v)), seconds);

// The selected pairs of all PeerConnections with both candidates.
export async function paths(who) {
  const candidates = Object.fromEntries((await who.call('candidates')).map(c => [c.id, c]));
  return (await who.call('pairs')).map(p => ({ local: candidates[p.localCandidateId], remote: candidates[p.remoteCandidateId] }));
}

export const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
