// SPDX-License-Identifier: Apache-2.0
// Variables, key files, the YAML section, the health check.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { binDir } from '../lib/paths.mjs';
import { assert, claimsOf, freePort } from '../lib/tools.mjs';
import { endpoints } from '../lib/requests.mjs';
import { Authz } from '../lib/authz.mjs';

export const cases = [];
const [legacy] = endpoints;

function refuses(what, env, pattern, settings = {}) {
  cases.push({
    name: `configuration refused: ${what}`, run: async w => {
      const a = new Authz(w.dir, { env: { LIVEKIT_JWT_BIND: '127.0.0.1:0', ...env }, settings });
      assert.equal(await a.exitStatus(), 2, a.log);
      assert.match(a.log, pattern);
      assert.doesNotMatch(a.log, /devsecret/);
    },
  });
}

refuses('no URL', { LIVEKIT_URL: '' }, /LIVEKIT_URL/);
refuses('no key', { LIVEKIT_KEY: '', LIVEKIT_SECRET: '' }, /none: give/);
refuses('key without secret', { LIVEKIT_SECRET: '' }, /key or secret/);
refuses('no full-access list', { LIVEKIT_FULL_ACCESS_HOMESERVERS: '' }, /LIVEKIT_FULL_ACCESS_HOMESERVERS/);
refuses('bind and port', { LIVEKIT_JWT_PORT: '8080' }, /LIVEKIT_JWT_PORT/);
refuses('negative interval', { LIVEKIT_SANITY_CHECK_INTERVAL_SECONDS: '-1' }, /SANITY/);
refuses('interval that is no number', { LIVEKIT_SANITY_CHECK_INTERVAL_SECONDS: '1m' }, /SANITY/);
for (const bad of ['x', 'x=', '=https://a', 'x=ftp://a', 'x=https://', 'a=https://a,b'])
  refuses(`override ${bad}`, { LIVEKIT_CS_API_URL_OVERRIDES: bad }, /OVERRIDES/);
refuses('key file that is not there', { LIVEKIT_KEY_FILE: '/nonexistent' }, /nonexistent/);
refuses('unknown key', {}, /unknown key/, { nonsense: 1 });
refuses('bad duration', {}, /duration/, { grace: 'soon' });

function accepts(what, prepare, check) {
  cases.push({
    name: `configuration: ${what}`, run: async w => {
      const hs = await w.homeserver(), sfu = await w.sfu();
      const base = { LIVEKIT_URL: sfu.url, LIVEKIT_FULL_ACCESS_HOMESERVERS: hs.name };
      const { env = {}, settings = {}, args, config } = await prepare({ dir: w.dir, hs, sfu });
      const authz = await w.authz({ env: { ...base, ...env, ...(config ? { LIVEKIT_CONFIG: config } : {}) }, settings, args });
      const r = await authz.post(legacy.path, legacy.body(hs));
      assert.equal(r.status, 200, authz.log);
      await check({ claims: claimsOf((await r.json()).jwt), hs, sfu, authz, dir: w.dir });
    },
  });
}

const none = { LIVEKIT_KEY: undefined, LIVEKIT_SECRET: undefined };
const key = expected => ({ claims }) => assert.equal(claims.iss, expected);
const file = (dir, name, text) => { writeFileSync(`${dir}/${name}`, text); return `${dir}/${name}`; };

accepts('key file wins over everything', ({ dir }) => ({ env: { LIVEKIT_KEY_FILE: file(dir, 'k', ' filekey : filesecret \r\n') } }), key('filekey'));
accepts('key and secret from files', ({ dir }) => ({ env: { LIVEKIT_KEY_FROM_FILE: file(dir, 'k', 'a\n'), LIVEKIT_SECRET_FROM_FILE: file(dir, 's', ' b \n') } }), key('a'));
accepts('secret from a file, key by variable', ({ dir }) => ({ env: { LIVEKIT_SECRET_FROM_FILE: file(dir, 's', 'b\n') } }), key('devkey'));
accepts('LIVEKIT_KEYS', () => ({ env: { ...none, LIVEKIT_KEYS: 'one: secret1\ntwo: secret2' } }), key('one'));
accepts('keys of a livekit.yaml', ({ dir, sfu, hs }) => ({
  env: { ...none, LIVEKIT_URL: undefined, LIVEKIT_FULL_ACCESS_HOMESERVERS: undefined },
  args: ['--config', file(dir, 'livekit.yaml', `port: 7880\nrtc:\n  tcp_port: 7881\nkeys:\n  yamlkey: yamlsecret\nsluice:\n  authz:\n    livekit_url: ${sfu.url}\n    full_access_homeservers: ["${hs.name}"]\n`)],
}), key('yamlkey'));
accepts('key_file of a livekit.yaml', ({ dir }) => ({ env: none, config: JSON.stringify({ key_file: file(dir, 'keys.yaml', 'k1: s1\nk2: s2\n') }) }), key('k1'));
accepts('a variable has precedence over the file', () => ({ settings: { livekit_url: 'wss://wrong.example', full_access_homeservers: 'wrong.example' } }), ({ sfu }) => assert.equal(sfu.rooms.length, 1));
accepts('LIVEKIT_LOCAL_HOMESERVERS', ({ hs }) => ({ env: { LIVEKIT_FULL_ACCESS_HOMESERVERS: undefined, LIVEKIT_LOCAL_HOMESERVERS: `other.test, ${hs.name}` } }), ({ sfu }) => assert.equal(sfu.rooms.length, 1));

cases.push({
  name: 'LIVEKIT_JWT_PORT', run: async w => {
    const authz = new Authz(w.dir);
    authz.port = await freePort();
    authz.env.LIVEKIT_JWT_PORT = String(authz.port);
    w.closing.push(() => authz.stop());
    await authz.start();
  },
});

cases.push({
  name: '--healthcheck', run: async w => {
    const { authz } = await w.standard(), run = promisify(execFile);
    for (const bind of [`:${authz.port}`, `127.0.0.1:${authz.port}`, `0.0.0.0:${authz.port}`])
      await run(`${binDir}/sluice-authz`, ['--healthcheck'], { env: { LIVEKIT_JWT_BIND: bind } });
    await assert.rejects(run(`${binDir}/sluice-authz`, ['--healthcheck'], { env: { LIVEKIT_JWT_BIND: '127.0.0.1:1' } }), { code: 1 });
  },
});

cases.push({
  name: 'no capabilities, no new privileges, a system call filter', run: async w => {
    const { authz } = await w.standard(), { readFileSync } = await import('node:fs');
    const status = Object.fromEntries(readFileSync(`/proc/${authz.child.pid}/status`, 'utf8').split('\n').map(l => l.split(/:\s*/)));
    for (const set of ['CapEff', 'CapPrm', 'CapInh', 'CapAmb']) assert.equal(BigInt(`0x${status[set]}`), 0n, set);
    assert.equal(status.NoNewPrivs, '1');
    assert.equal(status.Seccomp, '2');
  },
  needs: () => process.env.ASAN_OPTIONS ? 'not with sanitizers' : undefined,
});

cases.push({
  name: 'runs as its own user', run: async w => {
    const { chmodSync, mkdirSync, readFileSync } = await import('node:fs');
    mkdirSync(`${w.dir}/state`);
    for (const d of [w.dir, `${w.dir}/state`]) chmodSync(d, 0o777);
    const { authz, hs } = await w.standard({ settings: { user: 'nobody' } });
    const uid = readFileSync(`/proc/${authz.child.pid}/status`, 'utf8').match(/^Uid:\t(\d+)\t(\d+)/m);
    assert.notEqual(uid[1], '0');
    assert.equal(uid[1], uid[2]);
    assert.equal((await authz.post(legacy.path, legacy.body(hs))).status, 200);
  },
  needs: () => process.getuid() !== 0 ? 'needs root' : undefined,
});

const transports = ['/_matrix/client/unstable/org.matrix.msc4143/rtc/transports', '/_matrix/client/v1/rtc/transports'];
cases.push({
  name: 'transports: for who has an access token', run: async w => {
    const { authz } = await w.standard({ settings: { service_url: 'https://rtc.example/livekit/jwt' } });
    for (const path of transports) {
      const ask = headers => fetch(authz.url + path, { headers });
      const good = await ask({ authorization: 'Bearer user-token' });
      assert.equal(good.status, 200);
      assert.deepEqual(await good.json(), { rtc_transports: [{ type: 'livekit', livekit_service_url: 'https://rtc.example/livekit/jwt' }] });
      assert.equal(good.headers.get('access-control-allow-origin'), '*');
      assert.match(good.headers.get('access-control-allow-headers'), /Authorization/);
      for (const [headers, errcode] of [[{}, 'M_MISSING_TOKEN'], [{ authorization: 'Bearer bad' }, 'M_UNKNOWN_TOKEN']]) {
        const r = await ask(headers);
        assert.equal(r.status, 401);
        assert.equal((await r.json()).errcode, errcode);
      }
      assert.equal((await fetch(authz.url + path, { method: 'OPTIONS' })).status, 200);
    }
  },
});

cases.push({
  name: 'transports: not there unless configured; well-known fragment', run: async w => {
    const plain = await w.standard();
    assert.equal((await fetch(plain.authz.url + transports[0])).status, 404);
    assert.equal((await fetch(`${plain.authz.url}/.well-known/matrix/client`)).status, 404);
    const authz = await w.authz({ settings: { service_url: 'https://rtc.example/jwt', well_known_base_url: 'https://hs.example' } });
    const r = await fetch(`${authz.url}/.well-known/matrix/client`);
    assert.deepEqual(await r.json(), { 'm.homeserver': { base_url: 'https://hs.example' }, 'org.matrix.msc4143.rtc_foci': [{ type: 'livekit', livekit_service_url: 'https://rtc.example/jwt' }] });
  },
});
