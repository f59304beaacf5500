// SPDX-License-Identifier: Apache-2.0
import fs from 'node:fs';
import path from 'node:path';
import { directory } from './net.mjs';
import { runSuite } from './suite.mjs';

// exit() runs the handlers that clean up
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) process.once(signal, () => process.exit(code));
process.on('unhandledRejection', e => console.log(`# after a case's end: ${e?.stack ?? e}`));

const dir = path.join(directory(import.meta.url), '../cases');
const files = fs.readdirSync(dir).filter(f => f.endsWith('.mjs')).sort().map(f => path.join(dir, f));
process.exit(await runSuite(files, process.argv[2]) ? 0 : 1);
