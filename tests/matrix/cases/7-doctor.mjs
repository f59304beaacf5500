// SPDX-License-Identifier: Apache-2.0
// `sluicectl doctor matrix` finds each broken link, and none where all hold.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { binDir } from '../lib/paths.mjs';
import { assert } from '../lib/tools.mjs';
import { missing, Synapse } from '../lib/synapse.mjs';
import { Sluice } from '../lib/sluice.mjs';

export const cases = [];

const doctor = (authz, args = []) => new Promise(resolve => {
  const config = JSON.stringify({ sluice: { authz: authz.settings } });
  execFile(`${binDir}/sluicectl`, ['doctor', 'matrix', ...args], { env: { ...authz.env, LIVEKIT_CONFIG: config } }, (error, stdout, stderr) => resolve({ status: error ? error.code : 0, text: stdout + stderr }));
});

const transports = url => [{ type: 'other' }, { type: 'livekit', livekit_service_url: url }];

function finds(what, pattern, damage, { env, settings, args, count = 1 } = {}) {
  cases.push({
    name: `doctor: ${what}`, run: async w => {
      const s = await w.standard({ settings: { ...settings, service_url: undefined }, env });
      s.authz.settings.service_url = s.authz.url;
      s.hs.transports = transports(`${s.authz.url}/`);
      await damage?.(s);
      const { status, text } = await doctor(s.authz, args);
      assert.match(text, pattern, text);
      const bad = (text.match(/^ {2}BAD /gm) ?? []).length;
      assert.equal(bad, count, text);
      assert.equal(status, count ? 1 : 0, text);
    },
  });
}

finds('all is well', /13 good, 0 bad|\d+ good, 0 bad/, null, { count: 0 });
finds('all is well, with a token', /ok {3}rtc\/transports: http/, null, { count: 0, args: ['--token', 'user-token'] });
finds('a token that is none', /access token of a user/, null, { args: ['--token', 'nonsense'] });
finds('no OpenID listener', /OpenID: 404[^]*names: \[client, openid\]/, s => { s.hs.noOpenid = true; });
finds('delayed events off', /delayed events: off[^]*max_event_delay_duration/, s => { s.hs.versions = { versions: ['v1.11'] }; });
finds('no transports', /rtc\/transports: status 404[^]*msc4143_enabled/, s => { s.hs.transports = undefined; });
finds('transports without livekit', /no entry of type livekit/, s => { s.hs.transports = [{ type: 'x' }]; }, { args: ['--token', 'user-token'] });
finds('a wrong URL in transports', /names https:\/\/wrong\.example, not http/, s => { s.hs.transports = transports('https://wrong.example'); }, { args: ['--token', 'user-token'] });
finds('rooms opened by everyone', /auto_create: false/, s => { s.sfu.autoCreate = true; });
finds('another key at the SFU', /refuses our key/, s => { s.sfu.wrongKey = true; });
finds('no SFU', /API: not reached \(tcp\)/, s => s.sfu.stop());
finds('a prefix that is not passed on', /\/sfu\/get: status 404/, s => { s.authz.settings.service_url = `http://127.0.0.1:${s.hs.clientPort}`; s.hs.transports = transports(s.authz.settings.service_url); }, { count: 3 });
finds('a name that does not exist', /federation: not found|OpenID: not reached \(dns/, null, { args: ['nowhere.invalid'], count: 2 });
finds('a certificate of nobody', /certificate[^]*ca_file/, s => { s.authz.env.SSL_CERT_FILE = undefined; delete s.authz.env.SSL_CERT_FILE; });

cases.push({
  name: 'doctor: a wrong URL in well-known', run: async w => {
    const dns = await w.dns({ 'm.test': { A: ['44.0.0.1'] } }), web = await w.homeserver({ name: 'm.test', host: '44.0.0.1', port: 443 });
    web.wellKnown.client = { 'm.homeserver': { base_url: 'https://m.test' }, 'org.matrix.msc4143.rtc_foci': transports('https://wrong.example') };
    const authz = await w.authz({ settings: { dns_servers: dns.address, service_url: 'https://right.example' } });
    assert.match((await doctor(authz, ['m.test'])).text, /well-known rtc_foci: names https:\/\/wrong/);
  },
});

cases.push({
  name: 'doctor: Synapse and sluice, all is well',
  needs: () => missing() ?? (existsSync(`${binDir}/sluice-control`) ? undefined : 'sluice is not built'),
  run: async w => {
    const hs = new Synapse(w.dir, { tlsPort: 18548, port: 18108 }), sluice = new Sluice(w.dir), dns = await w.dns({ 'hs.localhost': { A: ['127.0.0.1'] } });
    for (const s of [hs, sluice]) { w.closing.push(() => s.stop()); await s.start(); }
    const authz = await w.authz({
      settings: { dns_servers: dns.address },
      env: { LIVEKIT_URL: `ws://127.0.0.1:${sluice.port}`, LIVEKIT_FULL_ACCESS_HOMESERVERS: hs.name, LIVEKIT_CS_API_URL_OVERRIDES: `${hs.name}=${hs.clientUrl}` },
    });
    const { status, text } = await doctor(authz, ['--token', (await hs.register('alice')).token]);
    assert.equal(status, 0, text);
    assert.match(text, /rtc\/transports: https:\/\/matrix-rtc\.example/);
    assert.match(text, /delayed events: on/);
    assert.match(text, /room\.auto_create is off/);
  },
});
