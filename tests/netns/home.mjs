// SPDX-License-Identifier: Apache-2.0
// Calls through a home line: sluice behind its router, browsers and native clients outside, and what they miss when
// something changes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { hears, paths, seesVideo } from '../browser/lib/media.mjs';
import { directory, sleep, until } from '../browser/lib/net.mjs';
import { key, token } from '../browser/lib/sluice.mjs';
import { backAddress, HomeLine } from './homeline.mjs';
import { stunAddresses, webhookAddress } from './internet.mjs';

const NATIVE = path.join(directory(import.meta.url), '../browser/clients/rtc_node_watch.mjs');
const PAUSE = 500, STEADY = 1000; // ms
export const STUN = stunAddresses.map(a => `${a}:3478`);

const quantile = (list, q) => list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(q * list.length))];

// sluice behind the router, with clients that reach it by `host` for signalling.
export async function atHome(t, { backend = 'udp', interfaces = '[lan]', stun = STUN, extra = '', sluice = '', line = {}, ...options } = {}) {
  const home = new HomeLine(line);
  t.closing.push(async () => home.remove());
  await home.create();
  await t.sluice({
    backend, prefix: home.prefix(home.server), bind: ['0.0.0.0'], nodeIp: null,
    extra: `  use_external_ip: true\n  stun_servers: ${JSON.stringify(stun)}\n  interfaces: {excludes: [back]}\n${extra}
webhook: {api_key: ${key}, urls: ["http://${webhookAddress}/"]}`,
    sluice: `  interfaces: ${interfaces}\n  stun_interval: 5s\n${sluice}`, ...options,
  });
  return home;
}

export const controlLog = t => t.server.log('sluice-control', Infinity);
export const logged = (t, pattern, seconds = 10) => until(`the log has ${pattern}`, () => pattern.test(controlLog(t)), seconds);
export const offers = (t, home, seconds) => logged(t, new RegExp(`address: \\w+ addresses="${home.publicAddress}[" ]`), seconds);

export async function browserAt(t, home, i, name, host) {
  const who = await t.join(name, 'home', {
    url: `ws://${host}:${t.server.ports.http}`, pages: await home.pages(i),
    browserOptions: { executablePath: home.wrapper(i, '/usr/bin/chromium'), pipe: true, loopback: false },
  });
  who.risesAfter = since => who.call('risesAfter', since);
  return who;
}

export async function nativeAt(t, home, i, name, host) {
  const config = { url: `ws://${host}:${t.server.ports.http}`, token: await token(name, 'home') };
  const [command, ...args] = [...home.prefix(home.name(i)), process.execPath, NATIVE, JSON.stringify(config)];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  t.closing.push(async () => child.kill());
  const lines = [];
  readline.createInterface({ input: child.stdout }).on('line', l => { try { lines.push(JSON.parse(l)); } catch { /* not ours */ } });
  await until(`${name} publishes`, () => lines.some(l => l.event === 'Published'), 20);
  return {
    name, call: async () => lines.filter(l => l.event).map(({ event, ...rest }) => ({ name: event, ...rest })),
    risesAfter: async since => {
      const counts = lines.filter(l => l.frames && l.at > since - 1000);
      return Object.keys(counts.at(-1)?.frames ?? {}).map(stream => ({
        stream, frames: counts.filter((l, i) => i > 0 && l.at > since && l.frames[stream] > (counts[i - 1].frames[stream] ?? 0)).map(l => l.at),
      }));
    },
  };
}

// A call of two browsers, and a native client if wanted, that goes well.
export async function call(t, home, { host = backAddress, native = false } = {}) {
  const people = [await browserAt(t, home, 0, 'alice', host), await browserAt(t, home, 1, 'bob', host)];
  const resolution = { width: 320, height: 180, frameRate: 15 };
  for (const who of people) await who.call('publish', { audio: true, video: true, resolution, options: { video: { simulcast: false } } });
  for (const who of people) { await seesVideo(who); await hears(who); }
  for (const who of people) {
    const [{ remote }] = await paths(who);
    assert.equal(remote.address, home.publicAddress);
    await who.call('watchMedia');
  }
  if (native) people.push(await nativeAt(t, home, 0, 'nat', host));
  await sleep(1500);
  return people;
}

// The time from which on these go on without a pause, for STEADY ms so far; undefined if they do not.
function steadyFrom(times) {
  const start = times.findLast((t, i) => i === 0 || t - times[i - 1] > PAUSE);
  return times.length > 0 && times.at(-1) - start >= STEADY ? start : undefined;
}

// ms from `back` until every stream that a client receives goes on for good; fails after `seconds`.
export async function resumes(who, back, seconds = 40) {
  const done = async () => {
    const from = (await who.risesAfter(back)).flatMap(s => [s.packets, s.frames]).filter(Boolean).map(steadyFrom);
    return from.length > 0 && !from.includes(undefined) && Math.max(...from) - back;
  };
  return until(`${who.name} receives everything again`, done, seconds);
}

// Nobody was seen to leave, no track changed, no room event was told. Who is of no matter to `mayStartOver`.
export async function nobodyNoticed(home, people, since, mayStartOver = () => false) {
  for (const who of people.filter(p => !mayStartOver(p.name))) {
    const seen = (await who.call('events')).filter(e => ['ParticipantDisconnected', 'Disconnected', 'TrackUnsubscribed'].includes(e.name));
    assert.deepEqual(seen.filter(e => !mayStartOver(e.who)), [], `${who.name} saw`);
  }
  assert.deepEqual(home.webhooks.slice(since).filter(w => !mayStartOver(w.who)), [], 'webhooks');
}

// Native clients give up by themselves in outages that are longer: see "Limits" in docs/address.md.
const NATIVE_PATIENCE = 15; // s

// Changes of the public address with outages of outage(i) seconds; resolves with the gaps in ms from the moment the
// line is back, of all people.
export async function changes(t, home, people, { count, outage }) {
  const gaps = Object.fromEntries(people.map(p => [p.name, []]));
  const since = home.webhooks.length;
  for (let i = 0; i < count; i++) {
    const seconds = outage(i), back = await home.change(seconds);
    const ms = await Promise.all(people.map(who => resumes(who, back)));
    people.forEach((who, k) => gaps[who.name].push(ms[k]));
    if (process.env.ADDRESS_VERBOSE) console.log(`# outage ${seconds.toFixed(1)} s, gaps ${people.map((w, k) => `${w.name} ${ms[k]}`).join(', ')} ms`);
    await offers(t, home, 20);
    await sleep(2000);
  }
  const longest = Math.max(...Array.from({ length: count }, (_, i) => outage(i)));
  await nobodyNoticed(home, people, since, name => name === 'nat' && longest > NATIVE_PATIENCE);
  for (const [name, list] of Object.entries(gaps)) console.log(`# ${name}: gap p50 ${quantile(list, 0.5)} ms, p95 ${quantile(list, 0.95)} ms, most ${Math.max(...list)} ms`);
  return Object.values(gaps).flat();
}

// How long is a figure, and judged only where nothing else runs (QUIET_MACHINE=1); that media comes back
// without anybody's help is the test.
export function judge(what, gaps, most = 3000) {
  const p95 = quantile(gaps, 0.95);
  console.log(`# ${what}: gap p50 ${quantile(gaps, 0.5)} ms, p95 ${p95} ms, most ${Math.max(...gaps)} ms of ${gaps.length}`);
  assert.ok(p95 < (process.env.QUIET_MACHINE ? most : 15000), `p95 ${p95} ms`);
}
