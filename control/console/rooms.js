// SPDX-License-Identifier: Apache-2.0
// Rooms, and the one that is picked: its participants, tracks and subscriptions.
import { ago, bits, count, layer, micros, percent } from './format.js';
import { fillTable } from './table.js';

const $ = id => document.getElementById(id);
const lossy = value => ({ text: percent(value), bad: value > 5 });

export function showRooms(rooms, picked, onPick) {
  fillTable($('rooms'), [
    ['room|', r => r.room],
    ['since', r => ago(r.opened_unix_us)],
    ['participants', r => count(r.participants)],
    ['publishing', r => count(r.publishers)],
    ['tracks', r => count(r.tracks)],
    ['in', r => bits(r.in?.bps)],
    ['out', r => bits(r.out?.bps)],
    ['loss in', r => lossy(r.in?.loss_percent)],
    ['loss out', r => lossy(r.out?.loss_percent)],
  ], rooms, { none: 'no rooms', onPick: r => onPick(r.room), picked: r => r.room === picked });
}

// Of several transports the one that says most about the way to the client.
const transportOf = p => p.transports?.find(t => t.remote) ?? p.transports?.[0] ?? {};

function showParticipants(participants, clients) {
  const of = new Map(clients.map(c => [c.participant, c]));
  fillTable($('participants'), [
    ['participant|', p => p.name ? `${p.name} (${p.identity})` : p.identity],
    ['client|', p => { const c = of.get(p.participant); return c ? [c.sdk, c.sdk_version, c.browser || c.os].filter(Boolean).join(' ') : undefined; }],
    ['state|', p => ({ text: p.state, bad: p.state === 'failed' || p.state === 'disconnected' })],
    ['from|', p => transportOf(p).remote],
    ['by|', p => transportOf(p).protocol],
    ['round trip', p => micros(p.rtt_us)],
    ['in', p => bits(p.in?.bps)],
    ['out', p => bits(p.out?.bps)],
    ['loss in', p => lossy(p.in?.loss_percent)],
    ['loss out', p => lossy(p.out?.loss_percent)],
    ['quality|', p => { const q = of.get(p.participant)?.quality; return { text: q, bad: q === 'poor' || q === 'lost' }; }],
    ['since', p => ago(p.opened_unix_us)],
  ], participants, { none: 'nobody' });
}

function showTracks(tracks) {
  fillTable($('tracks'), [
    ['of|', t => t.identity],
    ['track|', t => t.track],
    ['source|', t => t.source?.replace('_', ' ')],
    ['codec|', t => t.mime?.replace(/^.*\//, '')],
    ['state|', t => [t.muted ? 'muted' : 'on', t.encrypted ? 'encrypted' : ''].filter(Boolean).join(', ')],
    ['layers|', t => t.layers?.map(l => `${l.rid || l.layer}: ${bits(l.bps)}`).join('  ')],
    ['in', t => bits(t.bps)],
    ['loss', t => lossy(t.loss_percent)],
    ['jitter', t => micros(t.jitter_us)],
    ['subscribers', t => count(t.subscribers)],
  ], tracks, { none: 'no tracks' });
}

function showSubscriptions(subscriptions) {
  fillTable($('subscriptions'), [
    ['to|', s => s.identity],
    ['from|', s => s.publisher_identity],
    ['track|', s => s.track],
    ['state|', s => s.state],
    ['layer', s => s.type === 'video' ? layer(s.layer, s.temporal) : ''],
    ['out', s => bits(s.bps)],
    ['loss', s => lossy(s.loss_percent)],
    ['jitter', s => micros(s.jitter_us)],
    ['sent again', s => count(s.retransmitted)],
    ['key frames asked', s => s.type === 'video' ? count(s.plis) : ''],
  ], subscriptions, { none: 'nothing' });
}

export function showRoom(name, dataplane, control) {
  $('room').hidden = !name;
  if (!name) return;
  $('room-name').textContent = name;
  showParticipants(dataplane.participant ?? [], control?.participant ?? []);
  showTracks(dataplane.track ?? []);
  showSubscriptions(dataplane.subscription ?? []);
}
