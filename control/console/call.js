// SPDX-License-Identifier: Apache-2.0
// A small call on livekit-client: to see that a server works, and how well.
import { ConnectionState, Room, RoomEvent, Track } from 'livekit-client';
import { signToken } from './token.js';
import { collect } from './statistics.js';

const $ = id => document.getElementById(id);
const query = new URLSearchParams(location.search);
const room = new Room({ adaptiveStream: true, dynacast: true });

$('url').value = query.get('url') ?? location.origin.replace(/^http/, 'ws');
$('room').value = query.get('room') ?? 'test';
$('name').value = query.get('name') ?? `guest-${Math.random().toString(36).slice(2, 6)}`;

const tileId = (participant, source) => `tile-${participant.sid}-${source}`;

function addTile(track, participant) {
  if (track.kind === Track.Kind.Audio) {
    if (participant !== room.localParticipant) document.body.append(track.attach());
    return;
  }
  const tile = document.createElement('div');
  tile.className = 'tile';
  tile.id = tileId(participant, track.source);
  const label = document.createElement('span');
  label.textContent = participant.name || participant.identity;
  tile.append(track.attach(), label);
  $('tiles').append(tile);
}

function removeTile(track, participant) {
  track.detach().forEach(element => element.remove());
  document.getElementById(tileId(participant, track.source))?.remove();
}

const describe = publication =>
  `${publication.source.replace('_', ' ')}${publication.isMuted ? ' (muted)' : ''}`;

function listParticipants() {
  const everyone = [room.localParticipant, ...room.remoteParticipants.values()];
  $('participants').replaceChildren(...everyone.map(p => {
    const item = document.createElement('li');
    const tracks = [...p.trackPublications.values()].map(describe).join(', ') || 'no tracks';
    item.textContent = `${p.name || p.identity}${p === room.localParticipant ? ' (you)' : ''}: ${tracks}`;
    return item;
  }));
  $('microphone').setAttribute('aria-pressed', room.localParticipant.isMicrophoneEnabled);
  $('camera').setAttribute('aria-pressed', room.localParticipant.isCameraEnabled);
  $('screen').setAttribute('aria-pressed', room.localParticipant.isScreenShareEnabled);
}

function markSpeakers(speakers) {
  document.querySelectorAll('.tile').forEach(tile => tile.classList.remove('speaking'));
  for (const p of speakers) document.getElementById(tileId(p, Track.Source.Camera))?.classList.add('speaking');
}

function showState() {
  $('state').textContent = room.state;
  const connected = room.state !== ConnectionState.Disconnected;
  $('call').hidden = !connected;
  $('join').hidden = connected;
}

async function showStatistics() {
  if (room.state !== ConnectionState.Connected) return;
  const { streams, transport } = await collect(room);
  $('statistics').tBodies[0].replaceChildren(...streams.map(cells => {
    const row = document.createElement('tr');
    row.append(...cells.map(text => { const cell = document.createElement('td'); cell.textContent = text; return cell; }));
    return row;
  }));
  $('transport').textContent = transport;
}

function fail(error) {
  $('error').textContent = error.message;
  $('error').hidden = false;
}

$('join').addEventListener('submit', async event => {
  event.preventDefault();
  $('error').hidden = true;
  try {
    const token = $('token').value || await signToken($('key').value, $('secret').value, $('name').value, $('room').value);
    await room.connect($('url').value, token);
    await room.startAudio();
    await room.localParticipant.enableCameraAndMicrophone();
  } catch (error) {
    fail(error);
  }
});

const toggle = (id, run) => $(id).addEventListener('click', () => run().catch(fail).finally(listParticipants));
toggle('microphone', () => room.localParticipant.setMicrophoneEnabled(!room.localParticipant.isMicrophoneEnabled));
toggle('camera', () => room.localParticipant.setCameraEnabled(!room.localParticipant.isCameraEnabled));
toggle('screen', () => room.localParticipant.setScreenShareEnabled(!room.localParticipant.isScreenShareEnabled));
toggle('leave', () => room.disconnect());

room
  .on(RoomEvent.TrackSubscribed, (track, _, participant) => addTile(track, participant))
  .on(RoomEvent.TrackUnsubscribed, (track, _, participant) => removeTile(track, participant))
  .on(RoomEvent.LocalTrackPublished, publication => addTile(publication.track, room.localParticipant))
  .on(RoomEvent.LocalTrackUnpublished, publication => removeTile(publication.track, room.localParticipant))
  .on(RoomEvent.ActiveSpeakersChanged, markSpeakers)
  .on(RoomEvent.ConnectionStateChanged, showState)
  .on(RoomEvent.Disconnected, () => $('tiles').replaceChildren());
for (const event of [RoomEvent.ParticipantConnected, RoomEvent.ParticipantDisconnected, RoomEvent.TrackPublished, RoomEvent.TrackUnpublished,
  RoomEvent.TrackMuted, RoomEvent.TrackUnmuted, RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished, RoomEvent.Connected]) {
  room.on(event, listParticipants);
}
setInterval(showStatistics, 1000);
showState();
if (query.has('join')) $('join').requestSubmit();
