// SPDX-License-Identifier: Apache-2.0
// A participant for tests to drive: window.participant.<method>, everything in and out is JSON.
(() => {
  const { Room, RoomEvent, Track, setLogLevel } = LivekitClient;
  setLogLevel('warn');
  const events = [];
  const messages = [];
  let room;

  const note = (name, detail = {}) => events.push({ at: performance.now(), name, ...detail });

  function attach(track, who) {
    const element = track.attach();
    element.dataset.who = who;
    element.dataset.source = track.source;
    element.muted = true;
    document.body.append(element);
    if (element.tagName === 'VIDEO') {
      element.requestVideoFrameCallback?.(() => note('firstFrame', { who, source: track.source }));
    }
  }

  function listen() {
    for (const name of ['Connected', 'Disconnected', 'Reconnecting', 'SignalReconnecting', 'Reconnected', 'ConnectionStateChanged', 'EncryptionError']) {
      room.on(RoomEvent[name], x => note(name, { value: String(x ?? '') }));
    }
    room.on(RoomEvent.TrackSubscribed, (track, pub, p) => { note('TrackSubscribed', { who: p.identity, sid: pub.trackSid }); attach(track, p.identity); });
    room.on(RoomEvent.TrackUnsubscribed, (track, pub, p) => { note('TrackUnsubscribed', { who: p.identity, sid: pub.trackSid }); track.detach().forEach(e => e.remove()); });
    for (const name of ['ParticipantConnected', 'ParticipantDisconnected']) room.on(RoomEvent[name], p => note(name, { who: p.identity }));
    for (const name of ['TrackMuted', 'TrackUnmuted', 'TrackPublished', 'TrackUnpublished']) room.on(RoomEvent[name], (pub, p) => note(name, { who: p.identity, sid: pub.trackSid }));
    room.on(RoomEvent.ActiveSpeakersChanged, list => note('ActiveSpeakersChanged', { who: list.map(p => p.identity) }));
    room.on(RoomEvent.ConnectionQualityChanged, (quality, p) => note('ConnectionQualityChanged', { who: p.identity, quality }));
    room.on(RoomEvent.DataReceived, (payload, p, kind, topic) => messages.push({ from: p?.identity, topic, size: payload.length, sum: payload.reduce((a, b) => (a * 31 + b) >>> 0, 7), text: payload.length < 200 ? new TextDecoder().decode(payload) : undefined }));
  }

  async function reports(filter) {
    const pcs = [room.engine.pcManager?.publisher?.pc ?? room.engine.pcManager?.publisher?._pc, room.engine.pcManager?.subscriber?.pc ?? room.engine.pcManager?.subscriber?._pc].filter(Boolean);
    const out = [];
    for (const pc of pcs) (await pc.getStats()).forEach(r => { if (filter(r)) out.push(r); });
    return out;
  }

  window.participant = {
    async connect(url, token, { single, connect = {}, ...options } = {}) {
      room = new Room({ ...(single === undefined ? {} : { singlePeerConnection: single }), ...options });
      listen();
      const before = performance.now();
      note('connect');
      await room.connect(url, token, connect);
      return { ms: performance.now() - before, sid: room.localParticipant.sid, name: room.name };
    },
    // The error's fields if connect() fails.
    connectError: (url, token, options) => window.participant.connect(url, token, options)
      .then(() => null, e => ({ name: e.name, message: e.message, reason: e.reason, status: e.status })),
    async publish({ audio = false, video = false, options = {}, resolution = { width: 960, height: 540, frameRate: 15 } } = {}) {
      const sids = {};
      if (audio) sids.audio = (await room.localParticipant.setMicrophoneEnabled(true, {}, options.audio ?? {}))?.trackSid;
      if (video) sids.video = (await room.localParticipant.setCameraEnabled(true, { resolution }, options.video ?? {}))?.trackSid;
      return sids;
    },
    setMicrophone: on => room.localParticipant.setMicrophoneEnabled(on).then(p => p?.trackSid),
    setCamera: on => room.localParticipant.setCameraEnabled(on).then(p => p?.trackSid),
    async unpublish(source) {
      const pub = room.localParticipant.getTrackPublication(Track.Source[source]);
      await room.localParticipant.unpublishTrack(pub.track);
    },
    events: () => events,
    messages: () => messages,
    participants: () => [...room.remoteParticipants.values()].map(p => ({ identity: p.identity, sid: p.sid, tracks: [...p.trackPublications.values()].map(t => ({ sid: t.trackSid, source: t.source, kind: t.kind, subscribed: t.isSubscribed, muted: t.isMuted, mime: t.mimeType })) })),
    setSubscribed(identity, source, on) { room.remoteParticipants.get(identity).getTrackPublication(Track.Source[source]).setSubscribed(on); },
    setQuality(identity, source, quality) { room.remoteParticipants.get(identity).getTrackPublication(Track.Source[source]).setVideoQuality(quality); },
    setEnabled(identity, source, on) { room.remoteParticipants.get(identity).getTrackPublication(Track.Source[source]).setEnabled(on); },
    inbound: () => reports(r => r.type === 'inbound-rtp'),
    outbound: () => reports(r => r.type === 'outbound-rtp'),
    pairs: () => reports(r => r.type === 'candidate-pair' && r.nominated),
    candidates: () => reports(r => r.type === 'local-candidate' || r.type === 'remote-candidate'),
    codecs: () => reports(r => r.type === 'codec'),
    async sendData(size, { reliable = true, topic, destinationIdentities, chunk = 15000 } = {}) {
      for (let sent = 0; sent < size; sent += chunk) {
        const part = new Uint8Array(Math.min(chunk, size - sent)).map((_, i) => (sent + i * 7) & 255);
        await room.localParticipant.publishData(part, { reliable, topic, destinationIdentities });
      }
    },
    async sendText(text, options) { await room.localParticipant.publishData(new TextEncoder().encode(text), { reliable: true, ...options }); },
    simulate: scenario => room.simulateScenario(scenario),
    killSignal() { room.engine.client.ws?.close?.(); },
    state: () => room.state,
    leave: () => room.disconnect(),
  };
})();
