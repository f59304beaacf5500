// SPDX-License-Identifier: Apache-2.0
// A receiver of webhooks: checks signatures with the SDK, keeps what came.
import http from 'node:http';
import { WebhookReceiver } from 'livekit-server-sdk';
import { until } from './net.mjs';
import { key, secret } from './sluice.mjs';

async function bodyOf(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts).toString();
}

export class Receiver {
  constructor() { Object.assign(this, { events: [], wrong: [], status: 200, checker: new WebhookReceiver(key, secret) }); }

  async start() {
    this.server = http.createServer(async (req, res) => {
      const body = await bodyOf(req);
      if (this.status !== 200) return res.writeHead(this.status).end();
      try {
        const event = await this.checker.receive(body, req.headers.authorization);
        this.events.push({ at: performance.now(), ...event, raw: JSON.parse(body) });
      } catch (e) { this.wrong.push(String(e)); }
      res.writeHead(200).end();
    });
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://localhost:${this.server.address().port}/hook`;
    return this;
  }

  // "participant_joined alice" and so on, of one room.
  names(room) {
    return this.events.filter(e => e.room.name === room)
      .map(e => [e.event, e.participant?.identity, e.participant && e.event === 'participant_left' ? e.raw.participant.disconnectReason : undefined].filter(Boolean).join(' '));
  }

  got(room, n, seconds = 15) { return until(`${n} webhooks of ${room}, not ${this.names(room)}`, () => this.names(room).length >= n && this.names(room), seconds); }

  stop() { this.server.closeAllConnections(); this.server.close(); }
}
