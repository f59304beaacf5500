// SPDX-License-Identifier: Apache-2.0
// The test-call page, as ./run serves it: two people meet there.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import assert from 'node:assert/strict';
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

export const cases = [{
  name: 'console: two people on the test-call page',
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
  },
}];
