// SPDX-License-Identifier: Apache-2.0
// The tiles: what the server does now, and over the last minutes.
import { bits, bytes, count, duration, micros, percent, rate } from './format.js';
import { fillTiles } from './table.js';

const kept = 180;
const histories = new Map();

function remember(name, value) {
  const list = histories.get(name) ?? [];
  list.push(Number.isFinite(value) ? value : 0);
  if (list.length > kept) list.shift();
  histories.set(name, list);
  return list;
}

let before;

// Per second, from two answers; nothing for the first, or after a restart.
function rates(process, threads, monoUs) {
  const now = {
    started: process.started_unix_us, monoUs, in: process.in?.packets ?? 0, out: process.out?.packets ?? 0,
    drops: Object.values(process.drops ?? {}).reduce((a, b) => a + b, 0),
    cpu: threads.reduce((sum, t) => sum + (t.cpu_us ?? 0), 0),
  };
  const old = before;
  before = now;
  if (!old || old.started !== now.started || now.monoUs <= old.monoUs) return {};
  const s = (now.monoUs - old.monoUs) / 1e6;
  return { in: (now.in - old.in) / s, out: (now.out - old.out) / s, drops: (now.drops - old.drops) / s, cpu: (now.cpu - old.cpu) / s / 1e4 };
}

function latencyOf(process) {
  const l = process.latency?.video?.count ? process.latency.video : process.latency?.audio;
  return l?.count ? l : undefined;
}

export function showOverview(parent, { dataplane, control }) {
  const process = dataplane.process?.[0] ?? {}, r = rates(process, dataplane.thread ?? [], dataplane.mono_us);
  const latency = latencyOf(process), signalling = control?.signalling?.[0];
  fillTiles(parent, [
    { name: 'participants', text: count(process.participants), history: remember('participants', process.participants) },
    { name: 'rooms', text: count(process.rooms) },
    { name: 'in', text: bits(process.in?.bps), history: remember('in', process.in?.bps) },
    { name: 'out', text: bits(process.out?.bps), history: remember('out', process.out?.bps) },
    { name: 'packets in / out', text: `${rate(r.in)} / ${rate(r.out)}`, history: remember('packets', r.out) },
    { name: 'processor, of one core', text: percent(r.cpu), bad: r.cpu > 90 * (process.workers ?? 1), history: remember('cpu', r.cpu) },
    { name: 'dropped', text: rate(r.drops), history: remember('drops', r.drops) },
    { name: 'in → out, median / 99 %', text: latency ? `${micros(latency.p50_us)} / ${micros(latency.p99_us)}` : '–' },
    { name: 'WebSockets', text: signalling ? count(signalling.websockets) : 'control is away', bad: !signalling },
    { name: 'memory', text: bytes(process.memory_bytes) },
    { name: process.backend ?? 'backend', text: `up ${duration(process.uptime_us)}` },
  ]);
}
