// SPDX-License-Identifier: Apache-2.0
// Free ports and waiting.
import dgram from 'node:dgram';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// The directory of a module, by its import.meta.url.
export const directory = url => path.dirname(fileURLToPath(url));

const tcpPort = () => new Promise((resolve, reject) => {
  const s = net.createServer().once('error', reject);
  s.listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)); });
});

const udpFree = port => new Promise(resolve => {
  const s = dgram.createSocket('udp4');
  s.once('error', () => resolve(false));
  s.bind(port, '0.0.0.0', () => s.close(() => resolve(true)));
});

export async function freePorts() {
  const http = await tcpPort(), tcp = await tcpPort();
  for (let udp = 20000 + Math.floor(Math.random() * 10000) * 4; ; udp = 20000 + (udp + 4) % 40000) {
    const free = await Promise.all([0, 1, 2, 3].map(i => udpFree(udp + i)));
    if (free.every(Boolean)) return { http, tcp, udp };
  }
}

export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

// Times are judged to the letter where nothing else runs (QUIET_MACHINE=1), elsewhere with patience.
export const patience = process.env.QUIET_MACHINE ? 1 : 4;

// Calls `probe` until it gives something truthy; throws with `what` after `seconds`, or more (see patience).
export async function until(what, probe, seconds = 10) {
  const end = Date.now() + seconds * patience * 1000;
  for (;;) {
    const got = await probe();
    if (got) return got;
    if (Date.now() > end) throw new Error(`not within ${seconds * patience} s: ${what}`);
    await sleep(50);
  }
}

// An address of this machine that other machines could use; undefined if there is none.
export const hostAddress = () =>
  Object.values(os.networkInterfaces()).flat().find(a => a.family === 'IPv4' && !a.internal)?.address;
