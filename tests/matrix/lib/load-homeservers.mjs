// SPDX-License-Identifier: Apache-2.0
// A thread with homeservers for the load case. Says where they are; answers 'times' with how long each
// had every token in its hands, in ms.
import https from 'node:https';
import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { tls } from './paths.mjs';

const times = {};
const servers = [];

function healthy(delay) {
  const server = https.createServer({ ...tls, keepAliveTimeout: 60000 }, (q, r) => {
    const token = new URL(q.url, 'https://x').searchParams.get('access_token'), since = performance.now();
    setTimeout(() => {
      r.end(JSON.stringify({ sub: `@${token}:127.0.0.1:${server.address().port}` }));
      times[token] = performance.now() - since;
    }, delay);
  });
  return server;
}

// Takes connections and says nothing.
const dead = () => net.createServer(s => s.on('error', () => {}));

for (const kind of workerData) servers.push(kind === 'dead' ? dead() : healthy(kind));
const ports = await Promise.all(servers.map(s => new Promise(r => s.listen(0, '127.0.0.1', 2048, () => r(s.address().port)))));
parentPort.on('message', () => parentPort.postMessage({ times })).postMessage({ ports });
