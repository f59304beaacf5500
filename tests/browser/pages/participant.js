// SPDX-License-Identifier: Apache-2.0
// A participant for tests to drive: window.participant.<method>, everything in and out is JSON.
(() => {
  const { ExternalE2EEKeyProvider, Room, RoomEvent, Track, setLogLevel } = LivekitClient;
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
    // the first frame has been decoded
    if (track.kind === 'video') element.addEventListener('loadeddata', () => note('firstFrame', { who, source: track.source }), { once: true });
  }

  const sum = bytes => bytes.reduce((a, b) => (a * 31 + b) >>> 0, 7);

  // The message with this number: its bytes depend on the number alone, the first four are it.
  function payload(number, size) {
    const bytes = new Uint8Array(size);
    for (let i = 0, x = number * 2654435761 + 1; i < size; i++) {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      bytes[i] = x >>> 24;
    }
    new DataView(bytes.buffer).setUint32(0, number);
    return bytes;
  }

  function received(bytes, p, kind, topic) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    messages.push({
      from: p?.identity, topic, size: bytes.length, sum: sum(bytes),
      number: bytes.length >= 4 ? view.getUint32(0) : undefined,
      text: bytes.length < 200 ? new TextDecoder().decode(bytes) : undefined,
    });
  }

  function listen() {
    for (const name of ['Connected', 'Disconnected', 'Reconnecting', 'SignalReconnecting', 'Reconnected', 'ConnectionStateChanged', 'EncryptionError', 'Moved']) {
      room.on(RoomEvent[name], x => note(name, { value: String(x ?? '') }));
    }
    room.on(RoomEvent.TrackSubscribed, (track, pub, p) => { note('TrackSubscribed', { who: p.identity, sid: pub.trackSid }); attach(track, p.identity); });
    room.on(RoomEvent.TrackUnsubscribed, (track, pub, p) => { note('TrackUnsubscribed', { who: p.identity, sid: pub.trackSid }); track.detach().forEach(e => e.remove()); });
    for (const name of ['ParticipantConnected', 'ParticipantDisconnected']) room.on(RoomEvent[name], p => note(name, { who: p.identity }));
    for (const name of ['TrackMuted', 'TrackUnmuted', 'TrackPublished', 'TrackUnpublished']) room.on(RoomEvent[name], (pub, p) => note(name, { who: p.identity, sid: pub.trackSid }));
    room.on(RoomEvent.ActiveSpeakersChanged, list => note('ActiveSpeakersChanged', { who: list.map(p => p.identity) }));
    room.on(RoomEvent.ConnectionQualityChanged, (quality, p) => note('ConnectionQualityChanged', { who: p.identity, quality }));
    room.on(RoomEvent.TrackStreamStateChanged, (pub, state, p) => note('TrackStreamStateChanged', { who: p.identity, sid: pub.trackSid, state }));
    room.on(RoomEvent.DataReceived, received);
  }

  function peerConnections() {
    const { publisher, subscriber } = room.engine.pcManager ?? {};
    return [publisher, subscriber].map(t => t?.pc ?? t?._pc).filter(Boolean);
  }

  async function reports(filter) {
    const out = [];
    for (const pc of peerConnections()) (await pc.getStats()).forEach(r => { if (filter(r)) out.push(r); });
    return out;
  }

  const field = (text, name) => text.match(new RegExp(`^a=${name}:(.*?)\r?$`, 'm'))?.[1];

  function sections(sdp) {
    return sdp.split(/^m=/m).slice(1).map(s => ({
      kind: s.split(' ')[0], mid: field(s, 'mid'), direction: s.match(/^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m)?.[1],
    }));
  }

  const publication = (identity, source) => room.remoteParticipants.get(identity).getTrackPublication(Track.Source[source]);

  // The description of a browser that does not know the video codec.
  function withoutCodec(sdp, codec) {
    return sdp.split(/^(?=m=)/m).map(section => {
      if (!section.startsWith('m=video')) return section;
      const named = new RegExp(`^a=rtpmap:(\\d+) ${codec}/`, 'gim');
      const gone = [...section.matchAll(named)].map(m => m[1]);
      for (const m of section.matchAll(/^a=fmtp:(\d+) apt=(\d+)/gm)) if (gone.includes(m[2])) gone.push(m[1]);
      return section.split('\r\n').filter(line => !gone.includes(line.match(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /)?.[1]))
        .map(line => (line.startsWith('m=') ? line.split(' ').filter((x, i) => i < 3 || !gone.includes(x)).join(' ') : line)).join('\r\n');
    }).join('');
  }

  function forgetCodec(codec) {
    for (const method of ['createOffer', 'createAnswer']) {
      const original = RTCPeerConnection.prototype[method];
      RTCPeerConnection.prototype[method] = async function (...args) {
        const { type, sdp } = await original.apply(this, args);
        return { type, sdp: withoutCodec(sdp, codec) };
      };
    }
  }

  // End-to-end encryption of tracks, and of data too or not, with one key for all.
  async function encryption(key, data) {
    const keyProvider = new ExternalE2EEKeyProvider();
    await keyProvider.setKey(key);
    return { [data ? 'encryption' : 'e2ee']: { keyProvider, worker: new Worker('/e2ee-worker.js') } };
  }

  window.participant = {
    room: () => room,
    sum,
    payload,
    async connect(url, token, { single, connect = {}, key, encryptData = true, without, ...options } = {}) {
      if (without) forgetCodec(without);
      room = new Room({ ...(single === undefined ? {} : { singlePeerConnection: single }), ...options, ...(key && await encryption(key, encryptData)) });
      listen();
      if (key) await room.setE2EEEnabled(true);
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
    // `n` more video tracks of no particular source.
    async publishMore(n) {
      for (let i = 0; i < n; i++) {
        const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 180, frameRate: 15 } });
        await room.localParticipant.publishTrack(stream.getVideoTracks()[0], { name: `more-${i}`, simulcast: false });
      }
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
    // What the room, this participant and others are called, and what this one may do.
    self: () => {
      const named = p => ({ identity: p.identity, name: p.name, metadata: p.metadata, attributes: { ...p.attributes } });
      const { canPublish, canSubscribe, canPublishData } = room.localParticipant.permissions ?? {};
      return {
        ...named(room.localParticipant), permissions: { canPublish, canSubscribe, canPublishData }, roomMetadata: room.metadata,
        tracks: [...room.localParticipant.trackPublications.values()].map(t => ({ sid: t.trackSid, source: t.source, muted: t.isMuted })),
        others: [...room.remoteParticipants.values()].map(named),
      };
    },
    setSubscribed(identity, source, on) { publication(identity, source).setSubscribed(on); },
    setQuality(identity, source, quality) { publication(identity, source).setVideoQuality(quality); },
    setEnabled(identity, source, on) { publication(identity, source).setEnabled(on); },
    // Notes from now on when packets come, and frames are decoded, of each stream that is received.
    watchMedia() {
      const streams = {};
      window.rises = streams;
      setInterval(async () => {
        for (const r of await reports(x => x.type === 'inbound-rtp')) {
          const s = (streams[`${r.kind} ${r.trackIdentifier}`] ??= { packets: 0, frames: 0, packetTimes: [], frameTimes: [] });
          if (r.packetsReceived > s.packets) s.packetTimes.push(Date.now());
          if ((r.framesDecoded ?? 0) > s.frames) s.frameTimes.push(Date.now());
          Object.assign(s, { packets: r.packetsReceived, frames: r.framesDecoded ?? 0 });
        }
      }, 40);
    },
    // Of each stream: the times (Unix, ms) after `since` at which packets came, and frames of video were decoded.
    risesAfter: since => Object.entries(window.rises).map(([stream, s]) => {
      const after = times => times.filter(t => t > since);
      return { stream, packets: after(s.packetTimes), frames: stream.startsWith('video') ? after(s.frameTimes) : undefined };
    }),
    inbound: () => reports(r => r.type === 'inbound-rtp'),
    outbound: () => reports(r => r.type === 'outbound-rtp'),
    pairs: () => reports(r => r.type === 'candidate-pair' && r.nominated && r.state === 'succeeded'),
    candidates: () => reports(r => r.type === 'local-candidate' || r.type === 'remote-candidate'),
    codecs: () => reports(r => r.type === 'codec'),
    // Of each PeerConnection: the media sections, and both ends' ICE user names.
    descriptions: () => peerConnections().map(pc => ({
      sections: sections(pc.currentLocalDescription?.sdp ?? ''),
      localUfrag: field(pc.currentLocalDescription?.sdp ?? '', 'ice-ufrag'),
      remoteUfrag: field(pc.currentRemoteDescription?.sdp ?? '', 'ice-ufrag'),
    })),
    // An offer as the client library makes for a first connection.
    async offer() {
      const pc = new RTCPeerConnection();
      for (const label of ['_lossy', '_reliable']) pc.createDataChannel(label);
      for (const kind of ['audio', 'video']) for (let i = 0; i < 3; i++) pc.addTransceiver(kind, { direction: 'recvonly' });
      const { sdp } = await pc.createOffer();
      pc.close();
      return sdp;
    },
    // Sends `count` messages, numbered from `first`, one in `every` ms; gives back the sums of what was sent.
    async sendData(count, size, { first = 0, every = 0, reliable = true, topic, destinationIdentities } = {}) {
      const sums = [];
      for (let i = first; i < first + count; i++) {
        const bytes = payload(i, size);
        sums.push(sum(bytes));
        await room.localParticipant.publishData(bytes, { reliable, topic, destinationIdentities });
        if (every > 0) await new Promise(resolve => setTimeout(resolve, every));
      }
      return sums;
    },
    async sendText(text, options) { await room.localParticipant.publishData(new TextEncoder().encode(text), { reliable: true, ...options }); },
    // Bytes that are no message, straight into the reliable channel.
    sendRaw(bytes) { room.engine.dataChannelForKind(0).send(new Uint8Array(bytes)); },
    // Of `size` letters; the error's fields if it is refused.
    setMetadata: size => room.localParticipant.setMetadata('x'.repeat(size)).then(() => null, e => ({ name: e.name, reason: e.reasonName })),
    metadataOf: identity => room.remoteParticipants.get(identity).metadata?.length ?? 0,
    simulate: (scenario, argument) => room.simulateScenario(scenario, argument),
    killSignal() { room.engine.client.ws?.close?.(); },
    state: () => room.state,
    leave: () => room.disconnect(),
  };
})();
