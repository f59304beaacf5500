// SPDX-License-Identifier: Apache-2.0
// The machine's side: threads, queues, pools, what is dropped, the public address, webhooks.
import { bytes, count, micros } from './format.js';
import { fillTable } from './table.js';

const $ = id => document.getElementById(id);

function showAddress(address) {
  const offered = (address?.offered ?? []).map(o => [o.udp === false ? 'tcp' : o.tcp === false ? 'udp' : 'udp, tcp', o.address]);
  const rows = address ? [...offered, ['IPv4 from', address.source_ipv4], ['IPv6 from', address.source_ipv6],
    ...(address.degraded ? [['state', 'degraded']] : []), ...(address.line_down ? [['line', 'down']] : [])] : [];
  fillTable($('address'), [['what|', r => r[0]], ['|', r => ({ text: r[1], bad: r[0] === 'state' || r[0] === 'line' })]], rows, { none: 'control is away' });
}

export function showMachine({ dataplane, control }) {
  showAddress(control?.address?.[0]);
  const drops = Object.entries(dataplane.process?.[0]?.drops ?? {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  fillTable($('drops'), [['reason|', r => r[0]], ['packets', r => count(r[1])]], drops);
  fillTable($('threads'), [
    ['thread|', t => t.thread],
    ['core', t => t.core],
    ['turns', t => count(t.turns)],
    ['sleeps', t => count(t.sleeps)],
    ['in → out 50 %', t => micros((t.latency?.video?.count ? t.latency.video : t.latency?.audio)?.p50_us)],
    ['99 %', t => micros((t.latency?.video?.count ? t.latency.video : t.latency?.audio)?.p99_us)],
  ], dataplane.thread ?? []);
  fillTable($('queues'), [
    ['interface|', q => q.interface || 'kernel UDP'],
    ['queue', q => q.queue],
    ['mode|', q => ({ text: q.mode, bad: q.up === false })],
    ['in', q => bytes(q.rx_bytes)],
    ['out', q => bytes(q.tx_bytes)],
    ['no room in', q => ({ text: count(q.rx_dropped), bad: q.rx_dropped > 0 })],
    ['no room out', q => ({ text: count(q.tx_full), bad: q.tx_full > 0 })],
  ], dataplane.queue ?? []);
  fillTable($('pools'), [
    ['pool|', p => p.pool],
    ['of|', p => p.thread],
    ['used', p => count(p.used)],
    ['most', p => count(p.high_water)],
    ['size', p => count(p.size)],
    ['refused', p => ({ text: count(p.refused), bad: p.refused > 0 })],
  ], (dataplane.pool ?? []).filter(p => p.high_water > 0 || p.refused > 0));
  fillTable($('webhooks'), [
    ['receiver|', w => w.url],
    ['waiting', w => ({ text: count(w.waiting), bad: w.waiting > 100 })],
    ['delivered', w => count(w.delivered)],
    ['tried again', w => count(w.retried)],
    ['dropped', w => ({ text: count(w.dropped), bad: w.dropped > 0 })],
  ], control?.webhook ?? []);
}
