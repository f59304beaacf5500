// SPDX-License-Identifier: Apache-2.0
// sluicectl on a running server: during a call, with control stopped, and what doctor says.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { TokenVerifier } from 'livekit-server-sdk';
import { hears, seesVideo } from '../lib/media.mjs';
import { sleep, until } from '../lib/net.mjs';
import { bin, key, secret } from '../lib/sluice.mjs';
import { picture, Terminal } from '../lib/terminal.mjs';

const root = path.resolve(import.meta.dirname, '../../..');

// Status and output, whatever the status.
const ctl = (t, ...args) => new Promise(resolve => {
  execFile(path.join(bin, 'sluicectl'), ['--run-dir', t.server.dir, ...args], (error, stdout, stderr) => resolve({ status: error ? error.code : 0, stdout, stderr }));
});
const json = async (t, ...args) => JSON.parse((await ctl(t, ...args, '--json')).stdout);

async function call(t) {
  await t.sluice();
  const alice = await t.join('alice', 'daily'), bob = await t.join('bob', 'daily');
  for (const who of [alice, bob]) await who.call('publish', { audio: true, video: true });
  for (const who of [alice, bob]) { await hears(who); await seesVideo(who); }
  return { alice, bob };
}

// Rooms of two beside the call, by the load generator; they end with it.
function others(t, rooms) {
  const child = spawn(path.join(bin, 'sluice-bench'), ['--url', t.server.url, '--key', key, '--secret', secret, '--room', 'team',
    '--servers', String(t.server.children['sluice-dataplane'].pid), '--video-kbps', '150,450', '--duration', '120', '--quiet', '1-to-1', String(rooms)], { stdio: 'ignore' });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  t.closing.push(async () => { process.off('exit', kill); kill(); });
}

// ---- top ----

const shows = (terminal, what, test, seconds = 30) => until(`top shows ${what}`, async () => {
  const screen = await terminal.screen();
  if (screen.ended !== null) throw new Error(`top ended with ${screen.ended}:\n${screen.text.join('\n')}`);
  return test(screen.text) && screen;
}, seconds);

const line = (text, start) => text.find(l => l.startsWith(start)) ?? '';
const headings = text => text.filter(l => /^(PROCESS|ROOM|IDENTITY) /.test(l)).map(l => l.split(/\s{2,}/).join());

const busy = text => /latency .*audio p50 .* p99 .*video p50 .* p99/.test(line(text, 'latency')) &&
  /^team-1 .* 2 /.test(line(text, 'team-1')) && /excellent|good/.test(line(text, 'alice')) && /js \d/.test(line(text, 'bob')) &&
  Number(line(text, 'sluice-dataplane').match(/([\d.]+)%/)?.[1]) > 0;

// Drawn with these numbers, or ten times as many: what the picture in the docs must have in common with it are the headings.
function record(screen, columns) {
  const svg = picture(screen, columns, 'sluicectl top during a call'), name = 'docs/images/top.svg';
  fs.mkdirSync(path.join(root, 'build'), { recursive: true });
  fs.writeFileSync(path.join(root, 'build/top.svg'), svg);
  if (process.env.RECORD_PICTURES) fs.writeFileSync(path.join(root, name), svg);
  const texts = s => [...s.matchAll(/<text[^>]*>([^<]*)/g)].map(m => m[1].trimEnd());
  assert.deepEqual(headings(texts(fs.readFileSync(path.join(root, name), 'utf8'))), headings(texts(svg)),
    `${name} shows another top: record it again with RECORD_PICTURES=1`);
}

async function top(t) {
  await call(t);
  others(t, 3);
  const terminal = new Terminal(26, 150, [path.join(bin, 'sluicectl'), '--run-dir', t.server.dir, 'top', '--room', 'daily']);
  t.closing.push(async () => terminal.close());
  const screen = await shows(terminal, 'a call', busy);
  assert.ok(screen.alternate && !screen.cursor);
  const text = screen.text;
  assert.match(text[0], /^sluice \d.* up .* udp .*rooms 4 {2}participants 8/);
  assert.match(line(text, 'in '), /[\d.]+[kM]bit\/s .*packets\/s .*out +[\d.]+[kM]bit\/s/);
  assert.match(line(text, 'daily'), / 2 +2 +4 +4 /);
  for (const program of ['sluice-dataplane', 'sluice-control']) {
    assert.match(line(text, program), new RegExp(` ${t.server.children[program].pid} +runs +[\\d.]+% +[\\d.]+M`));
  }
  assert.match(line(text, '  worker 1'), /core \d+ +[\d.]+%/);
  assert.match(line(text, 'alice'), /connected +udp [\d.]+:\d+/);
  assert.equal(text[25], 'q quit   space now');
  record(screen, 150);
  await stoppedControlIsShown(t, terminal);
  await terminal.resize(14, 60);
  const small = await shows(terminal, 'less on a smaller terminal', lines => lines.length === 14 && lines[13] === 'q quit   space now');
  assert.match(small.text[0], /^sluice /);
  await terminal.type('q');
  const end = await until('top ends', async () => { const s = await terminal.screen(); return s.ended !== null && s; });
  assert.deepEqual([end.ended, end.alternate, end.cursor], [0, false, true]);
}

async function stoppedControlIsShown(t, terminal) {
  const control = t.server.children['sluice-control'];
  control.kill('SIGSTOP');
  await shows(terminal, 'that control is stopped', text => / STOPPED /.test(line(text, 'sluice-control')) &&
    line(text, 'sluice-control does not answer') !== '' && line(text, 'alice') !== '');
  control.kill('SIGCONT');
  await shows(terminal, 'that control runs', text => / runs /.test(line(text, 'sluice-control')) && line(text, 'sluice-control does not') === '');
}

// ---- the other commands ----

async function looksAtCall(t) {
  const { bob } = await call(t);
  const { rooms, dataplane, control } = await json(t, 'rooms');
  assert.deepEqual([dataplane, control], [true, true]);
  assert.deepEqual(rooms.map(r => [r.media.room, r.media.participants, r.signalling.participants]), [['daily', 2, 2]]);
  assert.equal((await ctl(t, 'rooms', '--names')).stdout, 'daily\n');
  const room = await until('rates', async () => { const r = await json(t, 'room', 'daily'); return r.media.out.bps > 50000 && r; });
  assert.deepEqual(room.participants.map(p => p.media.identity).sort(), ['alice', 'bob']);
  assert.deepEqual([room.tracks.length, room.subscriptions.length], [4, 4]);
  const p = await json(t, 'participant', 'daily', 'alice');
  assert.equal(p.participant, (await bob.call('participants'))[0].sid);
  assert.equal(p.signalling.browser.toLowerCase().includes('chrom'), true);
  assert.equal(p.media.transports[0].protocol, 'udp');
  assert.equal(p.subscriptions.length, 2);
  assert.match((await ctl(t, 'participant', 'daily', 'alice')).stdout, /transport \(single\): connected, udp [\d.]+:/);
  assert.equal((await ctl(t, 'participant', 'daily', 'carol')).status, 4);
  assert.equal((await ctl(t, 'room', 'weekly')).status, 4);
}

// Everything about media goes on with control stopped.
async function withoutControl(t) {
  const control = t.server.children['sluice-control'];
  control.kill('SIGSTOP');
  const first = await json(t, 'stats');
  await until('counters go up', async () => (await json(t, 'stats')).counters.tx_rtp > first.counters.tx_rtp + 50);
  assert.ok(first.live.pools.length > 0 && first.live.process.latency.audio.count > 0);
  const { rooms, control: answers } = await json(t, 'rooms');
  assert.deepEqual([answers, rooms.length, rooms[0].signalling], [false, 1, null]);
  const { status, stderr } = await ctl(t, 'address');
  assert.equal(status, 3, stderr);
  control.kill('SIGCONT');
}

async function follows(t) {
  const child = spawn(path.join(bin, 'sluicectl'), ['--run-dir', t.server.dir, 'events', '--json', '--room', 'daily'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const events = [];
  let rest = '';
  child.stdout.on('data', data => { const lines = (rest + data).split('\n'); rest = lines.pop(); events.push(...lines.map(l => JSON.parse(l))); });
  await sleep(500);
  const token = (await ctl(t, 'token', 'create', '--config', t.server.config, '--join', '--room', 'daily', '--identity', 'carol', '--valid-for', '5m', '--attribute', 'a=b')).stdout.trim();
  const claims = await new TokenVerifier(key, secret).verify(token);
  assert.deepEqual([claims.sub, claims.iss, claims.video, claims.attributes], ['carol', key, { room: 'daily', roomJoin: true }, { a: 'b' }]);
  assert.equal(claims.exp - claims.nbf, 300);
  const carol = await t.page('carol');
  await carol.connect(t.server.url, token, {});
  const has = (event, source) => events.some(e => e.event === event && e.source === source && e.identity === 'carol');
  await until('carol is told of', () => has('participant_joined', 'control') && has('participant_opened', 'dataplane') && has('transport_connected', 'dataplane'));
  child.kill('SIGINT');
  await until('events ends', () => child.exitCode !== null || child.signalCode !== null);
  assert.equal(child.exitCode, 0);
}

async function commands(t) {
  await looksAtCall(t);
  await follows(t);
  await withoutControl(t);
}

// ---- doctor ----

// A proxy that passes everything on but what makes a WebSocket.
function proxy(t, tls) {
  const pass = (request, response) => {
    const { upgrade: _, ...headers } = request.headers;
    const to = { host: '127.0.0.1', port: t.server.ports.http, path: request.url, method: request.method, headers: { ...headers, connection: 'close' } };
    request.pipe(http.request(to, answer => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); }).on('error', () => response.destroy()));
  };
  const server = tls ? https.createServer(tls, pass) : http.createServer(pass);
  t.closing.push(async () => server.close());
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(`${tls ? 'wss' : 'ws'}://127.0.0.1:${server.address().port}`)));
}

function ownCertificate(t) {
  const file = name => path.join(t.server.dir, name);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1',
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', file('key.pem'), '-out', file('cert.pem')], { stdio: 'pipe' });
  return { key: fs.readFileSync(file('key.pem')), cert: fs.readFileSync(file('cert.pem')) };
}

async function doctor(t) {
  await t.sluice();
  const ask = async (...args) => {
    const { status, stdout } = await ctl(t, 'doctor', '--json', '--config', t.server.config, ...args);
    const { findings } = JSON.parse(stdout);
    return { status, text: result => findings.filter(f => f.result === result).map(f => `${f.section}: ${f.text}`).join('\n') };
  };
  const well = await ask('--url', t.server.url);
  for (const what of [/processes: dataplane: runs/, /processes: control: runs/, /ports: signalling: TCP port \d+ is open/, /ports: media: UDP port \d+ is open/,
    /signalling: the proxy passes WebSockets/, /signalling: a token of our first API key is accepted/]) assert.match(well.text('ok'), what);
  assert.match(well.text('bad'), /addresses: only clients on this machine can take part/);
  assert.match(well.text('ok'), /fast path: udp, as configured/);
  const deaf = await ask('--url', await proxy(t));
  assert.match(deaf.text('bad'), /signalling: the proxy does not pass WebSockets/);
  assert.match(deaf.text('ok'), /signalling: the proxy passes requests on/);
  assert.match((await ask('--url', await proxy(t, ownCertificate(t)))).text('bad'), /signalling: not reached: .*certificate/);
  t.server.children['sluice-control'].kill('SIGSTOP');
  assert.match((await ask()).text('bad'), /processes: control: process \d+ was stopped by a signal/);
  t.server.children['sluice-control'].kill('SIGCONT');
  for (const program of ['sluice-control', 'sluice-dataplane']) await t.server.end(program);
  const gone = await ask('--url', t.server.url);
  assert.equal(gone.status, 1);
  assert.match(gone.text('bad'), /dataplane: does not run.*\n.*control: does not run/);
  assert.match(gone.text('bad'), /signalling: not reached/);
  assert.match(gone.text('ok'), /ports: signalling: TCP port \d+ is free/);
}

export const cases = [
  { name: 'sluicectl: top during a call', run: top },
  { name: 'sluicectl: what it says of a call, also with control stopped', run: commands },
  { name: 'sluicectl: doctor', run: doctor },
];
