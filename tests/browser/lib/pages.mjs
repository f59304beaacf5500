// SPDX-License-Identifier: Apache-2.0
// The pages' server as a process: prints its URL, ends with its standard input.
import { servePages } from './browsers.mjs';

process.stdout.write(`${await servePages()}\n`);
process.stdin.resume().once('end', () => process.exit());
