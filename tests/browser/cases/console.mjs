// SPDX-License-Identifier: Apache-2.0
// The pages that ./run serves: two people meet in the test call, and the operator sees them in the console.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import assert from 'node:assert/strict';
import { AccessToken } from 'livekit-server-sdk';
import { key, secret } from '../lib/sluice.mjs';
import { until } from '../lib/net.mjs';

const root = path.resolve(import.meta.dirname, '../../..');
const source = path.join(root, 'control/console'), built = path.join(root, 'build/console');

function build() {
  fs.mkdirSync(built, { recursive: true });
  const run = (...args) => execFileSync('npm', args, { cwd: source, env: { ...process.env, OUT: built }, stdio: 'pipe' });
  if (!fs.existsSync(path.join(source, 'node_modules'))) run('ci', '--no-audit', '--no-fund', '--loglevel=error');
  run('run', '--silent', 'build');
}

// A page of its own context that joins by its form.
async function meet(t, name) {
  const context = await (await t.browser()).createBrowserContext();
  const page = await context.newPage();
  await page.goto(`${t.server.httpUrl}/console/call.html?room=console&name=${name}`);
  await page.evaluate((k, s) => { document.querySelector('#key').value = k; document.querySelector('#secret').value = s; }, key, secret);
  await page.evaluate(() => document.querySelector('#join').requestSubmit());
  return page;
}

// The operator's page, with what its tables say: { rooms: [[cell, ..], ..], .. }.
async function watch(t, token) {
  const page = await (await (await t.browser()).createBrowserContext()).newPage();
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(`${t.server.httpUrl}/console/#token=${token}`);
  const tables = () => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('table')].map(table =>
    [table.id, [...table.tBodies[0]?.rows ?? []].map(row => [...row.cells].map(cell => cell.textContent))])));
  return { page, tables };
}

async function operatorToken(grant) {
  const token = new AccessToken(key, secret, { identity: 'operator', ttl: 600 });
  token.addGrant(grant);
  return token.toJwt();
}

async function consoleShowsTheCall(t) {
  const { page, tables } = await watch(t, await operatorToken({ roomList: true, roomCreate: true }));
  await until('the room in the console', async () => (await tables()).rooms.some(row => row[0] === 'console' && row[2] === '2'), 30);
  assert.ok(!page.url().includes('token'), 'the token stays in the address bar');
  await page.evaluate(() => document.querySelector('#rooms tbody tr').click());
  await until('both participants, four tracks and four subscriptions', async () => {
    const now = await tables();
    const names = now.participants.map(row => row[0]).sort();
    return /alice.*bob/.test(names.join()) && now.tracks.length === 4 && now.subscriptions.filter(row => row[3] === 'forwarding').length === 4;
  }, 30);
  await until('a video track with bits and layers', async () => (await tables()).tracks.some(row => row[6].includes('bit/s') && row[2] === 'camera' && row[5].includes('bit/s')), 30);
  const all = await tables();
  assert.ok(all.address.length > 0 && all.threads.length >= 2 && all.queues.length > 0 && all.pools.length > 0, JSON.stringify(all));
  if (process.env.CONSOLE_PICTURE) await page.screenshot({ path: process.env.CONSOLE_PICTURE, fullPage: true });

  const stranger = await watch(t, await operatorToken({ roomJoin: true, room: 'console' }));
  await until('a refusal', () => stranger.page.evaluate(() => !document.querySelector('#error').hidden && document.querySelector('#console').hidden), 10);
}

export const cases = [{
  name: 'console: two people on the test-call page, and the operator who watches',
  async run(t) {
    build();
    const server = await t.sluice({ sluice: `  console_dir: ${built}\n` });
    assert.equal((await fetch(`${server.httpUrl}/console/nothing-here`)).status, 404);
    const pages = [await meet(t, 'alice'), await meet(t, 'bob')];
    for (const page of pages) {
      await until('two tiles and a received video stream in the table', () => page.evaluate(() =>
        document.querySelectorAll('.tile').length === 2 &&
        [...document.querySelectorAll('#statistics tbody tr')].some(row => row.cells[0].textContent.startsWith('↓') && Number(row.cells[3].textContent) > 0)), 30);
    }
    const listed = await pages[0].evaluate(() => document.querySelector('#participants').textContent);
    assert.match(listed, /alice \(you\).*bob/s);
    await consoleShowsTheCall(t);
  },
}];
