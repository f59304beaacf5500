// SPDX-License-Identifier: Apache-2.0
// Runs the cases of ../cases/: each file exports `cases`, a list of { name, needs?, run(world) }, of which
// as many run at once as the file's `parallel` says (8).
import { readdirSync } from 'node:fs';
import { World } from './world.mjs';

const filter = process.argv[2];
const directory = new URL('../cases/', import.meta.url);
let passed = 0, failed = 0, skipped = 0;

async function attempt(test) {
  const world = new World();
  let failure;
  try { await test.run(world); } catch (e) { failure = e; }
  await world.close().catch(e => { failure ??= e; });
  return { failure, logs: world.processes.map(a => a.log.trim().split('\n').slice(-25).join('\n#   ')) };
}

async function runOne(test) {
  const missing = test.needs?.();
  if (missing) { skipped++; console.log(`skip ${test.name}: ${missing}`); return; }
  const since = performance.now();
  let { failure, logs } = await attempt(test), again = '';
  if (failure) {
    // Scenarios are about time, and share the machine: once more, and both are told.
    console.log(`# ${test.name} failed, once more: ${failure.message}`);
    ({ failure, logs } = await attempt(test));
    again = ', at the second try';
  }
  const took = `(${((performance.now() - since) / 1000).toFixed(1)} s${again})`;
  if (!failure) { passed++; console.log(`ok ${test.name} ${took}`); return; }
  failed++;
  const indent = text => String(text).split('\n').join('\n    ');
  console.log(`not ok ${test.name} ${took}\n    ${indent(failure.stack ?? failure)}`);
  for (const log of logs) console.log(`#   ${log}`);
}

async function runFile({ cases, parallel = 8 }) {
  const queue = cases.filter(c => !filter || c.name.includes(filter));
  const lane = async () => { for (let c; (c = queue.shift());) await runOne(c); };
  await Promise.all(Array.from({ length: parallel }, lane));
}

for (const file of readdirSync(directory).sort()) await runFile(await import(new URL(file, directory)));
console.log(`${passed} passed, ${failed} failed` + (skipped ? `, ${skipped} skipped` : ''));
process.exit(failed > 0 || passed === 0 ? 1 : 0);
