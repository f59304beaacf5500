// SPDX-License-Identifier: Apache-2.0
// A process with native clients: node rtc_node.mjs '{"url", "tokens", "seconds"}'. Each one publishes a
// tone and a plain grey picture of its own, sends a message, and watches what comes from the others.
// Prints one line of JSON: by receiver and sender { frequency, luma, frames, text }.
import {
  AudioFrame, AudioSource, AudioStream, dispose, LocalAudioTrack, LocalVideoTrack, Room, RoomEvent, TrackKind,
  TrackPublishOptions, TrackSource, VideoBufferType, VideoFrame, VideoSource, VideoStream,
} from '@livekit/rtc-node';

const RATE = 48000, WIDTH = 320, HEIGHT = 180;
const { url, tokens, seconds } = JSON.parse(process.argv[2]);
const frequency = i => 500 * (i + 1), luma = i => 50 + 40 * i;
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
let running = true;

async function speak(source, hertz) {
  for (let n = 0; running; n += 480) {
    const samples = Int16Array.from({ length: 480 }, (_, i) => 8000 * Math.sin(2 * Math.PI * hertz * (n + i) / RATE));
    await source.captureFrame(new AudioFrame(samples, RATE, 1, 480));
  }
}

async function show(source, y) {
  const picture = new Uint8Array(WIDTH * HEIGHT * 3 / 2).fill(128).fill(y, 0, WIDTH * HEIGHT);
  for (; running; await sleep(66)) source.captureFrame(new VideoFrame(picture, WIDTH, HEIGHT, VideoBufferType.I420));
}

// The frequency of a tone from its rising zero crossings, frame by frame.
async function listen(track, note) {
  let last = 0;
  for await (const { data } of new AudioStream(track, RATE, 1)) {
    let crossings = 0;
    for (const sample of data) {
      crossings += last < 0 && sample >= 0;
      last = sample;
    }
    (note.pitches ??= []).push(crossings * RATE / data.length);
    if (!running) return;
  }
}

async function watch(track, note) {
  for await (const { frame } of new VideoStream(track)) {
    const i420 = frame.convert(VideoBufferType.I420);
    note.luma = i420.data[i420.width * Math.floor(i420.height / 2) + Math.floor(i420.width / 2)];
    note.frames = (note.frames ?? 0) + 1;
    if (!running) return;
  }
}

async function join(token, i) {
  const room = new Room(), notes = {};
  const of = p => (notes[p.identity] ??= {});
  room.on(RoomEvent.TrackSubscribed, (track, _, p) => {
    (track.kind === TrackKind.KIND_AUDIO ? listen : watch)(track, of(p)).catch(() => {});
  });
  room.on(RoomEvent.DataReceived, (data, p) => { of(p).text = new TextDecoder().decode(data); });
  await room.connect(url, token, { autoSubscribe: true, dynacast: false });
  const audio = new AudioSource(RATE, 1), video = new VideoSource(WIDTH, HEIGHT);
  const publish = (track, source, options = {}) =>
    room.localParticipant.publishTrack(track, new TrackPublishOptions({ source, ...options }));
  await publish(LocalAudioTrack.createAudioTrack('tone', audio), TrackSource.SOURCE_MICROPHONE, { dtx: false });
  await publish(LocalVideoTrack.createVideoTrack('grey', video), TrackSource.SOURCE_CAMERA, { simulcast: i % 2 === 0 });
  speak(audio, frequency(i));
  show(video, luma(i));
  return { room, notes };
}

// What was received, as of now: the median of the last pitches, the last picture.
const summary = notes => Object.fromEntries(Object.entries(notes).map(([from, { pitches = [], ...note }]) => {
  const last = pitches.slice(-100).sort((a, b) => a - b);
  return [from, { ...note, frequency: last[Math.floor(last.length / 2)] }];
}));

const clients = await Promise.all(tokens.map(join));
await sleep(1000);
for (const { room } of clients) {
  await room.localParticipant.publishData(new TextEncoder().encode(`from ${room.localParticipant.identity}`), { reliable: true });
}
await sleep(seconds * 1000);
const names = clients.map(({ room }) => room.localParticipant.identity);
const result = Object.fromEntries(clients.map(({ notes }, i) => [names[i], summary(notes)]));
running = false;
for (const { room } of clients) await room.disconnect();
console.log(JSON.stringify({ names, frequencies: names.map((_, i) => frequency(i)), lumas: names.map((_, i) => luma(i)), result }));
await dispose();
process.exit(0);
