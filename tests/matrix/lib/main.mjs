// SPDX-License-Identifier: Apache-2.0
// Runs the cases of ../cases/: each file exports `cases`, a list of { name, needs?, run(world) }, of which
// as many run at once as the file's `parallel` says (8).
import { readdirSync } from 'node:fs';
import { World } from './world.mjs';

const filter = process.argv[2];
const directory = new URL('../cases/', import.meta.url);
let passed = 0, failed = 0, skipped = 0;

async function runOne(test) {
  const missing = test.needs?.();
  if (missing) { skipped++; console.log(`skip ${test.name}: ${missing}`); return; }
  const world = new World(), since = performance.now();
  let failure;
  try { await test.run(world); } catch (e) { failure = e; }
  await world.close().catch(e => { failure ??= e; });
  const took = `(${((performance.now() - since) / 1000).toFixed(1)} s)`;
  if (!failure) { passed++; console.log(`ok ${test.name} ${took}`); return; }
  failed++;
  const indent = text => String(text).split('\n').join('\n    ');
  console.log(`not ok ${test.name} ${took}\n    ${indent(failure.stack ?? failure)}`);
  for (const a of world.processes) console.log(`#   ${a.log.trim().split('\n').slice(-25).join('\n#   ')}`);
}

async function runFile({ cases, parallel = 8 }) {
  const queue = cases.filter(c => !filter || c.name.includes(filter));
  const lane = async () => { for (let c; (c = queue.shift());) await runOne(c); };
  await Promise.all(Array.from({ length: parallel }, lane));
}

for (const file of readdirSync(directory).sort()) await runFile(await import(new URL(file, directory)));
console.log(`${passed} passed, ${failed} failed` + (skipped ? `, ${skipped} skipped` : ''));
process.exit(failed > 0 || passed === 0 ? 1 : 0);
