// SPDX-License-Identifier: Apache-2.0
// Clients that reach sluice through its TURN server alone: over UDP, over TLS, and such that may not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { hears, keepsDecoding, paths, seesVideo } from '../lib/media.mjs';
import { freePorts, until } from '../lib/net.mjs';
import { allocate, allocateTls } from '../lib/turn.mjs';

const relayed = { connect: { rtcConfig: { iceTransportPolicy: 'relay' } } };

// A certificate for localhost that nobody else trusts, and the hash by which Chromium is told to.
function certificate(t, dir = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-turn-'))) {
  t.closing.push(async () => fs.rmSync(dir, { recursive: true, force: true }));
  const [cert, key] = ['cert.pem', 'key.pem'].map(f => path.join(dir, f));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const spki = new crypto.X509Certificate(fs.readFileSync(cert)).publicKey.export({ type: 'spki', format: 'der' });
  return { dir, cert, key, hash: crypto.createHash('sha256').update(spki).digest('base64') };
}

async function withTurn(t, section, sluice = '') {
  const { tcp, udp } = await freePorts();
  const lines = Object.entries(section({ tcp, udp })).map(([k, v]) => `  ${k}: ${v}`).join('\n');
  await t.sluice({ extra: `turn:\n  enabled: true\n${lines}`, sluice: sluice && `  ${sluice}: ${tcp}\n` });
  return { tcp, udp };
}

async function talk(alice, bob) {
  for (const who of [alice, bob]) await who.call('publish', { audio: true, video: true });
  for (const who of [alice, bob]) { await seesVideo(who); await hears(who); }
  await Promise.all([alice, bob].map(who => keepsDecoding(who, 4)));
}

async function onlyRelayed(who, protocol, n) {
  const used = await paths(who);
  assert.ok(used.length >= n);
  for (const { local } of used) {
    assert.equal(local.candidateType, 'relay');
    assert.equal(local.relayProtocol, protocol);
  }
}

const iceServers = who => who.page.evaluate(() => window.participant.room().engine.pcManager.publisher.getConfiguration?.().iceServers
  ?? window.participant.room().engine.pcManager.publisher._pc.getConfiguration().iceServers);

async function overUdp(t) {
  const { udp } = await withTurn(t, p => ({ udp_port: p.udp }));
  const alice = await t.join('alice', 'relay', { room: relayed });
  const bob = await t.join('bob', 'relay', { room: relayed, single: false });
  await talk(alice, bob);
  await onlyRelayed(alice, 'udp', 1);
  await onlyRelayed(bob, 'udp', 2);
  const servers = await iceServers(alice);
  assert.equal(servers.length, 1, 'no foreign STUN server beside our own TURN server');
  assert.deepEqual([servers[0].urls].flat(), [`turn:127.0.0.1:${udp}?transport=udp`]);
  const c = await t.server.counters();
  assert.ok(c.turn_allocations >= 3 && c.turn_rx > 100 && c.turn_tx > 100, JSON.stringify(c));
  assert.equal(c.turn_bad_credentials, 0);
}

async function overTls(t) {
  const made = certificate(t);
  await withTurn(t, p => ({ tls_port: p.tcp, domain: 'localhost', cert_file: made.cert, key_file: made.key }), 'turn_public_tls_port');
  const trusting = { args: [`--ignore-certificate-errors-spki-list=${made.hash}`] };
  const alice = await t.join('alice', 'relay', { room: relayed, browserOptions: trusting });
  const bob = await t.join('bob', 'relay', { room: relayed, browserOptions: trusting });
  await talk(alice, bob);
  await onlyRelayed(alice, 'tls', 1);
  const c = await t.server.counters();
  assert.ok(c.turn_connections >= 2 && c.turn_allocations >= 2, JSON.stringify(c));
}

// The dataplane keeps what was allocated; the next control gives new credentials.
async function withoutControl(t) {
  await withTurn(t, p => ({ udp_port: p.udp }));
  const alice = await t.join('alice', 'relay', { room: relayed });
  const bob = await t.join('bob', 'relay', { kind: 'firefox', room: relayed });
  await talk(alice, bob);
  for (const who of [alice, bob]) for (const { local } of await paths(who)) assert.equal(local.candidateType, 'relay');
  const before = await t.server.counters();
  await t.server.end('sluice-control', 'SIGKILL');
  await keepsDecoding(bob, 2);
  t.server.spawn('sluice-control');
  await until('alice has resumed', async () => (await alice.call('events')).some(e => e.name === 'Reconnected'), 20);
  await keepsDecoding(bob, 3);
  const after = await t.server.counters();
  assert.equal(after.drop_turn_permission, before.drop_turn_permission);
}

// The ones that a client was given work once more; changed ones, and those of one who has left, do not.
async function credentials(t) {
  const made = certificate(t);
  const { tcp, udp } = await withTurn(t, p => ({ udp_port: p.udp, tls_port: p.tcp, domain: 'localhost', cert_file: made.cert, key_file: made.key, ttl_seconds: 6 }));
  const alice = await t.join('alice', 'relay', { room: relayed });
  const [{ username, credential }] = await iceServers(alice);
  const at = { port: udp, username, password: credential };
  assert.deepEqual(await allocate({ ...at, count: 3 }), [0, 0, 0]);
  assert.deepEqual(await allocate({ ...at, password: `${credential}x` }), [401]);
  assert.deepEqual(await allocate({ ...at, username: `${username}x` }), [401]);
  const byTls = () => allocateTls({ port: tcp, username, password: credential, ca: fs.readFileSync(made.cert) });
  assert.deepEqual(await byTls(), [0]);
  certificate(t, made.dir); // a renewed one
  assert.deepEqual(await byTls(), [0]);
  assert.equal((await t.server.counters()).turn_bad_credentials, 2);
  await until('the credentials expire', async () => (await allocate(at))[0] === 401, 10);
  await alice.call('leave');
}

async function quota(t) {
  const { udp } = await withTurn(t, p => ({ udp_port: p.udp }));
  const alice = await t.join('alice', 'relay');
  const [{ username, credential }] = await iceServers(alice);
  const at = { port: udp, username, password: credential };
  const codes = await allocate({ ...at, count: 14 });
  assert.equal(codes.filter(c => c === 486).length, 14 - codes.filter(c => c === 0).length);
  assert.ok(codes.includes(486));
  await alice.call('leave');
  await until('they end with the participant', async () => (await allocate(at))[0] === 401);
}

export const cases = [
  { name: 'TURN over UDP', run: overUdp },
  { name: 'TURN over TLS', run: overTls },
  { name: 'TURN: Firefox too, and while control restarts', run: withoutControl },
  { name: 'TURN: wrong and expired credentials', run: credentials },
  { name: 'TURN: allocations per participant', run: quota },
];
