// SPDX-License-Identifier: Apache-2.0
// What a case lives in: servers and processes that end with it.
import { mkdtempSync, rmSync } from 'node:fs';
import { Authz } from './authz.mjs';
import { Homeserver } from './homeserver.mjs';
import { Sfu } from './sfu.mjs';
import { Dns } from './dns.mjs';
import { Redis } from './redis.mjs';
import { workDir } from './paths.mjs';

export class World {
  constructor() {
    this.closing = [];
    this.processes = [];
    this.dir = mkdtempSync(`${workDir}/case-`);
  }

  async #open(thing) {
    await thing.start();
    this.closing.push(() => thing.stop());
    return thing;
  }

  homeserver(options) { return this.#open(new Homeserver(options)); }
  sfu(options) { return this.#open(new Sfu(options)); }
  dns(names) { return this.#open(new Dns(names)); }
  redis() { return this.#open(new Redis(this.dir)); }

  // A process with the variables of `env` and the keys of `settings` in section sluice.authz.
  async authz(options = {}) {
    const a = new Authz(this.dir, options);
    this.processes.push(a);
    return this.#open(a);
  }

  // A homeserver on loopback whose users have full access, a SFU, and authz between them.
  async standard({ env = {}, settings = {}, homeserver = {}, restricted = false } = {}) {
    const hs = await this.homeserver(homeserver), sfu = await this.sfu();
    const authz = await this.authz({
      settings: { grace: '1s', start_grace: '2s', ...settings },
      env: {
        LIVEKIT_URL: sfu.url,
        LIVEKIT_FULL_ACCESS_HOMESERVERS: restricted ? 'elsewhere.test' : hs.name,
        LIVEKIT_CS_API_URL_OVERRIDES: `${hs.name}=${hs.clientUrl}`,
        ...env,
      },
    });
    return { hs, sfu, authz };
  }

  async close() {
    let failure;
    for (const f of this.closing.reverse()) await (async () => f())().catch(e => { failure ??= e; });
    rmSync(this.dir, { recursive: true, force: true });
    if (failure) throw failure;
  }
}
