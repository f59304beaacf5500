// SPDX-License-Identifier: Apache-2.0
// More of window.participant: streams, remote procedure calls, data tracks.
(() => {
  const { RpcError } = LivekitClient;
  const { room, sum, payload } = window.participant;
  const streams = [], frames = [];
  const local = () => room().localParticipant;
  const words = (number, size) => [...payload(number, size / 2)].map(b => b.toString(16).padStart(2, '0')).join('');
  const textSum = text => sum(new TextEncoder().encode(text));

  function joined(parts) {
    const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of parts) { whole.set(p, at); at += p.length; }
    return whole;
  }

  let published;
  const subscribed = {};

  Object.assign(window.participant, {
    streams: () => streams,
    frames: () => frames,

    // Keeps what comes of text and byte streams of a topic.
    takeStreams(topic) {
      room().registerTextStreamHandler(topic, async (reader, { identity }) => {
        const text = await reader.readAll();
        streams.push({ kind: 'text', from: identity, size: text.length, sum: textSum(text), attributes: reader.info.attributes });
      });
      room().registerByteStreamHandler(topic, async (reader, { identity }) => {
        const bytes = joined(await reader.readAll());
        streams.push({ kind: 'bytes', from: identity, size: bytes.length, sum: sum(bytes), name: reader.info.name });
      });
    },
    // Gives back the sum of what was sent. Text that does not compress well.
    async sendTextStream(size, options) {
      const text = words(1, size);
      await local().sendText(text, options);
      return textSum(text);
    },
    async sendByteStream(size, options) {
      const bytes = payload(2, size);
      const writer = await local().streamBytes(options);
      for (let at = 0; at < size; at += 50000) await writer.write(bytes.slice(at, at + 50000));
      await writer.close();
      return sum(bytes);
    },

    // Answers "fail" with an error of its own, all else with itself and the caller.
    answerRpc(method) {
      room().registerRpcMethod(method, async ({ payload: text, callerIdentity }) => {
        if (text === 'fail') throw new RpcError(1234, 'as asked', 'some data');
        if (text === 'late') await new Promise(resolve => setTimeout(resolve, 3000));
        return `${callerIdentity}: ${text}`;
      });
    },
    rpc: (destinationIdentity, method, text, responseTimeout) =>
      local().performRpc({ destinationIdentity, method, payload: text, responseTimeout })
        .then(result => ({ result }), e => ({ code: e.code, message: e.message, data: e.data })),

    async publishDataTrack(name) {
      published = await local().publishDataTrack({ name });
      return published.info;
    },
    publishDataTrackError: name => local().publishDataTrack({ name }).then(() => null, e => e.message),
    unpublishDataTrack: () => published.unpublish(),
    // Numbered frames, one in `every` ms; gives back their sums.
    async pushFrames(count, size, every) {
      const sums = [];
      for (let i = 0; i < count; i++) {
        const bytes = payload(i, size);
        sums.push(sum(bytes));
        published.tryPush({ payload: bytes });
        await new Promise(resolve => setTimeout(resolve, every));
      }
      return sums;
    },
    dataTracks: identity => [...room().remoteParticipants.get(identity)?.dataTracks.keys() ?? []],
    takeFrames(identity, name) {
      const end = subscribed[name] = new AbortController();
      const reader = room().remoteParticipants.get(identity).dataTracks.get(name).subscribe({ signal: end.signal }).getReader();
      (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          const view = new DataView(value.payload.buffer, value.payload.byteOffset, value.payload.length);
          frames.push({ number: view.getUint32(0), size: value.payload.length, sum: sum(value.payload) });
        }
      })().catch(() => {});
    },
    stopFrames(name) { subscribed[name].abort(); },
    // A channel of the page's own on the publishing PeerConnection, and bytes into it.
    async sendForeign(label, text, options) {
      const { publisher } = room().engine.pcManager;
      const channel = (publisher.pc ?? publisher._pc).createDataChannel(label, options);
      await new Promise(resolve => { channel.onopen = resolve; });
      channel.send(new TextEncoder().encode(text));
    },
    // Bytes straight into `_data_track`.
    sendRawTrack(bytes) { room().engine.dataChannelForKind(2).send(new Uint8Array(bytes)); },
  });
})();
