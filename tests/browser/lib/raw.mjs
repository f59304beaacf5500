// SPDX-License-Identifier: Apache-2.0
// A signalling client of our own, for what a client library does not do: bad requests, exact times.
import { JoinRequest, SignalRequest, SignalResponse, WrappedJoinRequest } from '@livekit/protocol';
import WebSocket from 'ws';

export const joinRequest = fields =>
  Buffer.from(new WrappedJoinRequest({
    joinRequest: new JoinRequest({ clientInfo: { sdk: 1, version: '2.23.0', protocol: 17 }, connectionSettings: { autoSubscribe: true }, ...fields }).toBinary(),
  }).toBinary()).toString('base64url');

export const query = params => '?' + new URLSearchParams(params);

// Resolves with { status, body } if refused, otherwise with a Signal.
export function open(url, { path = '/rtc/v1', params = {}, headers = {} } = {}) {
  const asked = performance.now();
  const socket = new WebSocket(url + path + query(params), { headers, perMessageDeflate: false });
  const signal = new Signal(socket, asked);
  return new Promise((resolve, reject) => {
    socket.once('open', () => { signal.opened = performance.now(); resolve(signal); });
    socket.once('unexpected-response', async (_, res) => {
      let body = '';
      for await (const part of res) body += part;
      resolve({ status: res.statusCode, body });
    });
    socket.once('error', reject);
  });
}

class Signal {
  constructor(socket, asked) {
    Object.assign(this, { socket, asked, messages: [], waiting: new Set() });
    this.closed = new Promise(resolve => socket.once('close', code => resolve(code)));
    socket.on('message', (data, binary) => {
      const message = binary ? SignalResponse.fromBinary(data) : SignalResponse.fromJsonString(data.toString());
      this.messages.push({ at: performance.now(), case: message.message.case, value: message.message.value });
      for (const check of this.waiting) check();
    });
  }

  // The first message of a kind: { at, case, value }.
  got(name, seconds = 5) {
    return new Promise((resolve, reject) => {
      const end = setTimeout(() => { this.waiting.delete(check); reject(new Error(`no ${name} within ${seconds} s`)); }, seconds * 1000);
      const check = () => {
        const found = this.messages.find(m => m.case === name);
        if (!found) return;
        clearTimeout(end);
        this.waiting.delete(check);
        resolve(found);
      };
      this.waiting.add(check);
      check();
    });
  }

  send(name, value) { this.socket.send(new SignalRequest({ message: { case: name, value } }).toBinary()); }

  leave() { this.send('leave', {}); this.socket.close(); return this.closed; }
}
