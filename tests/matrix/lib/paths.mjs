// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const top = fileURLToPath(new URL('../../../', import.meta.url));
export const workDir = `${top}build/matrix`;
export const binDir = process.env.SLUICE_BIN ?? `${top}build/release/bin`;
export const caFile = `${workDir}/ca.pem`;
export const tls = { key: readFileSync(`${workDir}/server.key`), cert: readFileSync(`${workDir}/server.pem`) };
