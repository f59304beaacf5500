// SPDX-License-Identifier: Apache-2.0
// A native client that stays: node rtc_node_watch.mjs '{"url", "token"}'. It publishes a tone and grey pictures, and
// prints a line of JSON for each event that it sees and, ten times a second, how many frames came of each track.
import {
  AudioFrame, AudioSource, AudioStream, LocalAudioTrack, LocalVideoTrack, Room, RoomEvent, TrackKind, TrackPublishOptions,
  TrackSource, VideoBufferType, VideoFrame, VideoSource, VideoStream,
} from '@livekit/rtc-node';

const RATE = 48000, WIDTH = 320, HEIGHT = 180;
const { url, token } = JSON.parse(process.argv[2]);
const say = o => process.stdout.write(`${JSON.stringify({ at: Date.now(), ...o })}\n`);
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
const frames = {};

async function speak(source) {
  const samples = Int16Array.from({ length: 480 }, (_, i) => 8000 * Math.sin(2 * Math.PI * i / 48));
  for (;;) await source.captureFrame(new AudioFrame(samples, RATE, 1, 480));
}

async function show(source) {
  const picture = new Uint8Array(WIDTH * HEIGHT * 3 / 2).fill(128);
  for (; ; await sleep(66)) source.captureFrame(new VideoFrame(picture, WIDTH, HEIGHT, VideoBufferType.I420));
}

// Concealed audio keeps coming without a stream behind it, so only pictures count.
async function watch(track, id) {
  if (track.kind === TrackKind.KIND_AUDIO) for await (const _ of new AudioStream(track, RATE, 1)) continue;
  for await (const _ of new VideoStream(track)) frames[id] = (frames[id] ?? 0) + 1;
}

const room = new Room();
for (const e of ['Connected', 'Disconnected', 'Reconnecting', 'Reconnected']) room.on(RoomEvent[e], () => say({ event: e }));
for (const e of ['ParticipantConnected', 'ParticipantDisconnected']) room.on(RoomEvent[e], p => say({ event: e, who: p.identity }));
room.on(RoomEvent.TrackSubscribed, (track, pub, p) => {
  say({ event: 'TrackSubscribed', who: p.identity, sid: pub.sid });
  watch(track, `${p.identity}/${pub.sid}`).catch(() => {});
});
room.on(RoomEvent.TrackUnsubscribed, (track, pub, p) => say({ event: 'TrackUnsubscribed', who: p.identity, sid: pub.sid }));
await room.connect(url, token, { autoSubscribe: true, dynacast: false });
const audio = new AudioSource(RATE, 1), video = new VideoSource(WIDTH, HEIGHT);
const publish = (track, source) => room.localParticipant.publishTrack(track, new TrackPublishOptions({ source, simulcast: false }));
await publish(LocalAudioTrack.createAudioTrack('tone', audio), TrackSource.SOURCE_MICROPHONE);
await publish(LocalVideoTrack.createVideoTrack('grey', video), TrackSource.SOURCE_CAMERA);
speak(audio);
show(video);
say({ event: 'Published' });
for (; ; await sleep(100)) say({ frames });
