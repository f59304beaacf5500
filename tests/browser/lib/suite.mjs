// SPDX-License-Identifier: Apache-2.0
// Runs the cases: each file in cases/ exports `cases`, a list of { name, needs?, seconds?, run(context) }.
// A context has start() for sluice, participant() and what must be closed at the end.
import { chromium, firefox, participant, servePages } from './browsers.mjs';
import { Sluice, token } from './sluice.mjs';

class Context {
  constructor(pages) { Object.assign(this, { pages, closing: [], people: [], browsers: {} }); }

  async sluice(options) {
    const s = new Sluice(options);
    this.server = s;
    this.closing.push(() => s.stop());
    await s.start();
    return s;
  }

  // One browser of a kind is shared by the participants of a case.
  async browser(kind = 'chromium', options) {
    const id = kind + JSON.stringify(options ?? {});
    this.browsers[id] ??= (kind === 'firefox' ? firefox(options) : chromium(options)).then(b => {
      this.closing.push(() => b.close());
      return b;
    });
    return this.browsers[id];
  }

  // A page that is not connected yet.
  async page(name, { kind, browserOptions, pages = this.pages } = {}) {
    const p = await participant(await this.browser(kind, browserOptions), pages, name);
    this.people.push(p);
    return p;
  }

  async join(name, room, { single, grants, room: options, url = this.server.url, ...rest } = {}) {
    const p = await this.page(name, rest);
    p.joined = await p.connect(url, await token(name, room, { grants }), { single, ...options });
    return p;
  }

  async close() {
    const errors = [];
    for (const f of this.closing.reverse()) await f().catch(e => errors.push(e));
    if (errors.length > 0) throw errors[0];
  }
}

const PATIENCE = 180; // seconds for one case, unless it says more

// The case ends with whatever comes first: its own end, an error that nobody awaits, or the end of patience.
async function bounded(run, patience) {
  let timer, stray;
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${patience} s`)), patience * 1000);
    process.on('unhandledRejection', stray = reject);
  });
  try {
    await Promise.race([run(), over]);
  } finally {
    clearTimeout(timer);
    process.off('unhandledRejection', stray);
  }
}

const seconds = since => ((performance.now() - since) / 1000).toFixed(1);

async function runOne(pages, test) {
  const context = new Context(pages);
  let failure;
  try {
    await bounded(() => test.run(context), test.seconds ?? PATIENCE);
  } catch (e) {
    failure = e;
    for (const p of context.people) if (p.log.length) console.log(`# ${p.name}: ${p.log.slice(-8).join('\n#   ')}`);
    for (const program of Object.keys(context.server?.children ?? {})) console.log(`# ${program}:\n#   ${context.server.log(program).split('\n').slice(-25).join('\n#   ')}`);
  }
  await context.close().catch(e => { failure ??= e; });
  return failure;
}

export async function runSuite(files, filter) {
  const pages = await servePages();
  let passed = 0, failed = 0, skipped = 0;
  for (const file of files) {
    const { cases } = await import(file);
    for (const test of cases) {
      if (filter && !test.name.includes(filter)) continue;
      const missing = await test.needs?.();
      if (missing) { skipped++; console.log(`skip ${test.name}: ${missing}`); continue; }
      const since = performance.now();
      let failure = await runOne(pages, test), again = '';
      if (failure) {
        // Browsers share the machine with whatever runs beside them: once more, and both are told.
        console.log(`# ${test.name} failed, once more: ${failure.message}`);
        failure = await runOne(pages, test);
        again = ', at the second try';
      }
      if (failure) { failed++; console.log(`not ok ${test.name} (${seconds(since)} s)\n    ${String(failure.stack ?? failure).split('\n').join('\n    ')}`); }
      else { passed++; console.log(`ok ${test.name} (${seconds(since)} s${again})`); }
    }
  }
  console.log(`${passed} passed, ${failed} failed` + (skipped ? `, ${skipped} skipped` : ''));
  return failed === 0;
}
