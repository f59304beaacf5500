// SPDX-License-Identifier: Apache-2.0
// Where a homeserver is, over DNS, TLS and well-known documents, with addresses that look public.
import { assert, assertError } from '../lib/tools.mjs';
import { delay, endpoints } from '../lib/requests.mjs';

export const parallel = 1; // ports 443 and 8448
export const cases = [];

const [legacy] = endpoints;
const secure = r => `sluice_authz_openid_lookups_total{cause="${r}"}`;

// `names` for the name server; `at` is where the homeserver `name` listens.
function add(name, { names = {}, at = { host: '44.0.0.1', port: 8448 }, server = 'm.test', prepare = () => {}, settings = {}, env = {}, wellKnownAt, also }, check) {
  cases.push({
    name: `discovery: ${name}`,
    run: async w => {
      const dns = await w.dns(names);
      const hs = await w.homeserver({ name: server, ...at });
      const web = wellKnownAt ? await w.homeserver({ name: server, ...wellKnownAt }) : hs;
      const second = also ? await w.homeserver({ name: server, ...also }) : undefined;
      await prepare({ hs, web, second });
      const authz = await w.authz({ settings: { lookup_time: '8s', dns_servers: dns.address, ...settings }, env });
      await check({ hs, web, second, dns, authz, ask: (token = 'token-alice') => authz.post(legacy.path, legacy.body({ ...hs, openid: () => ({ access_token: token, matrix_server_name: server }) })) });
    },
  });
}

const granted = async r => assert.equal(r.status, 200, await r.text());
const refused = (authz, cause) => async r => { await assertError(r, 401, 'M_UNAUTHORIZED'); await authz.logged(`cause=${cause}`); };
const a = (...ips) => ({ A: ips });

add('nothing but an address: port 8448', { names: { 'm.test': a('44.0.0.1') } }, async ({ ask, hs, dns }) => {
  await granted(await ask());
  assert.deepEqual(hs.hosts, ['m.test']);
  assert.deepEqual(hs.names, ['m.test']);
  assert.ok(dns.asked.includes('SRV _matrix-fed._tcp.m.test') && dns.asked.includes('SRV _matrix._tcp.m.test'));
});

add('a name with a port: no well-known, no SRV', { names: { 'm.test': a('44.0.0.1') }, server: 'm.test:8448' }, async ({ ask, hs, dns }) => {
  await granted(await ask());
  assert.deepEqual(hs.hosts, ['m.test:8448']);
  assert.deepEqual(hs.names, ['m.test']);
  assert.ok(!dns.asked.some(q => q.startsWith('SRV')));
});

add('delegated to a host and port', {
  names: { 'm.test': a('44.0.0.2'), 'hs.m.test': a('44.0.0.1') }, at: { host: '44.0.0.1', port: 9443 }, wellKnownAt: { host: '44.0.0.2', port: 443 },
  prepare: ({ web }) => { web.wellKnown.server = { 'm.server': 'hs.m.test:9443' }; },
}, async ({ ask, hs }) => {
  await granted(await ask());
  assert.deepEqual(hs.hosts, ['hs.m.test:9443']);
  assert.deepEqual(hs.names, ['hs.m.test']);
});

add('delegated to a name with SRV: certificate and Host of the name', {
  names: { 'm.test': a('44.0.0.2'), 'hs.m.test': { SRV: [] }, '_matrix-fed._tcp.hs.m.test': { SRV: [[10, 5, 9443, 'target.m.test']] }, 'target.m.test': a('44.0.0.1') },
  at: { host: '44.0.0.1', port: 9443 }, wellKnownAt: { host: '44.0.0.2', port: 443 }, prepare: ({ web }) => { web.wellKnown.server = { 'm.server': 'hs.m.test' }; },
}, async ({ ask, hs }) => {
  await granted(await ask());
  assert.deepEqual(hs.hosts, ['hs.m.test']);
  assert.deepEqual(hs.names, ['hs.m.test']);
});

add('delegated to an IPv4 literal', {
  names: { 'm.test': a('44.0.0.2') }, at: { host: '44.0.0.1', port: 9443 }, wellKnownAt: { host: '44.0.0.2', port: 443 },
  prepare: ({ web }) => { web.wellKnown.server = { 'm.server': '44.0.0.1:9443' }; },
}, async ({ ask, hs }) => {
  await granted(await ask());
  assert.deepEqual(hs.hosts, ['44.0.0.1:9443']);
});

add('SRV: the first target is dead, the second answers', {
  names: { 'm.test': {}, '_matrix-fed._tcp.m.test': { SRV: [[20, 0, 9443, 'two.m.test'], [10, 0, 9443, 'one.m.test']] }, 'one.m.test': a('44.0.0.3'), 'two.m.test': a('44.0.0.1') },
  at: { host: '44.0.0.1', port: 9443 },
}, async ({ ask, hs, dns }) => {
  await granted(await ask());
  assert.deepEqual(hs.hosts, ['m.test']);
  assert.ok(dns.asked.indexOf('A one.m.test') < dns.asked.indexOf('A two.m.test'));
});

add('SRV: the deprecated service counts, one without a service (".") does not', {
  names: { 'm.test': {}, '_matrix-fed._tcp.m.test': { SRV: [[0, 0, 0, '.']] }, '_matrix._tcp.m.test': { SRV: [[10, 0, 9443, 't.m.test']] }, 't.m.test': a('44.0.0.1') }, at: { host: '44.0.0.1', port: 9443 },
}, async ({ ask }) => granted(await ask()));

add('SRV: a name server that does not answer for it means port 8448', {
  names: { 'm.test': a('44.0.0.1'), '_matrix-fed._tcp.m.test': null, '_matrix._tcp.m.test': {} }, settings: { lookup_time: '15s' },
}, async ({ ask }) => granted(await ask()));

add('an IPv6 literal', { server: '[2a0e::1]:8448', at: { host: '2a0e::1', port: 8448 } }, async ({ ask, hs }) => {
  await granted(await ask());
  assert.deepEqual(hs.hosts, ['[2a0e::1]:8448']);
  assert.ok(!hs.names[0]);
});

add('an IPv6 literal without a port', { server: '[2a0e::1]', at: { host: '2a0e::1', port: 8448 } }, async ({ ask }) => granted(await ask()));
add('an IPv4 literal', { server: '44.0.0.1', at: { host: '44.0.0.1', port: 8448 } }, async ({ ask }) => granted(await ask()));
add('both families, one of them dead', { names: { 'm.test': { A: ['44.0.0.3'], AAAA: ['2a0e::1'] } }, at: { host: '2a0e::1', port: 8448 } }, async ({ ask }) => granted(await ask()));

const web = { host: '44.0.0.1', port: 443 };
const both = { names: { 'm.test': a('44.0.0.1'), 'hs.m.test': a('44.0.0.1') }, wellKnownAt: web };
for (const [what, document] of [
  ['no JSON', (q, r) => r.writeHead(200).end('<html>')],
  ['51 KiB', (q, r) => r.writeHead(200).end(JSON.stringify({ 'm.server': 'wrong.m.test:1', x: 'x'.repeat(51 * 1024) }))],
  ['status 404', (q, r) => r.writeHead(404).end('{"m.server":"wrong.m.test:1"}')],
  ['a name that is none', { 'm.server': 'bad name:1' }],
  ['not a text', { 'm.server': 7 }],
  ['a redirect loop', (q, r) => r.writeHead(302, { location: '/.well-known/matrix/server' }).end()],
  ['a redirect to http', (q, r) => r.writeHead(302, { location: 'http://m.test/x' }).end()],
  ['a redirect into our network', (q, r) => r.writeHead(302, { location: 'https://127.0.0.1/x' }).end()],
  ['a redirect with a password', (q, r) => r.writeHead(302, { location: 'https://u:p@m.test/x' }).end()],
]) {
  add(`well-known: ${what} is as good as none`, { ...both, prepare: s => { s.web.wellKnown.server = document; } }, async ({ ask }) => granted(await ask()));
}

add('well-known: redirects are followed', {
  ...both, at: { host: '44.0.0.1', port: 9443 },
  prepare: s => { s.web.wellKnown.server = (q, r) => r.writeHead(301, { location: 'https://hs.m.test/elsewhere' }).end(); s.web.onRedirect = true; s.web.redirects = { '/elsewhere': 'https://hs.m.test/.well-known/matrix/client' }; s.web.wellKnown.client = { 'm.server': 'hs.m.test:9443' }; },
}, async ({ ask, hs }) => {
  await granted(await ask());
  assert.deepEqual(hs.hosts, ['hs.m.test:9443']);
});

add('asked once for many, and then remembered', { ...both, prepare: s => { s.web.wellKnown.server = { 'm.server': 'hs.m.test' }; } }, async ({ ask, hs, web: front }) => {
  for (let i = 0; i < 20; i++) hs.tokens[`t${i}`] = `@u${i}:m.test`;
  await Promise.all(Array.from({ length: 20 }, (_, i) => ask(`t${i}`).then(granted)));
  await granted(await ask());
  assert.equal(front.paths.filter(p => p.includes('well-known')).length, 1);
  assert.equal(hs.lookups.length, 21);
});

// --- who may not be asked ---

for (const server of ['10.0.0.5:9200', '127.0.0.1:8448', '[::1]:8448', '169.254.169.254:80', '192.168.1.1', '100.64.0.1', '[fd00::1]', '[fe80::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '[64:ff9b::7f00:1]', '224.0.0.1', '198.18.0.1'])
  add(`refused: ${server}`, { server }, async ({ ask, authz }) => refused(authz, 'refused_address')(await ask()));

add('refused: a name that leads into our network', { names: { 'm.test': a('127.0.0.1', '10.1.1.1') }, at: { host: '127.0.0.1', port: 8448 } }, async ({ ask, hs, authz }) => {
  await refused(authz, 'refused_address')(await ask());
  assert.equal(hs.paths.length, 0);
});

add('refused: delegation into our network', { names: { 'm.test': a('44.0.0.1') }, at: { host: '127.0.0.1', port: 9443 }, wellKnownAt: web, prepare: s => { s.web.wellKnown.server = { 'm.server': '127.0.0.1:9443' }; } }, async ({ ask, hs, authz }) => {
  await refused(authz, 'refused_address')(await ask());
  assert.equal(hs.paths.length, 0);
});

add('refused: a SRV target in our network', { names: { 'm.test': {}, '_matrix-fed._tcp.m.test': { SRV: [[1, 1, 9443, 'in.m.test']] }, 'in.m.test': a('127.0.0.1') }, at: { host: '127.0.0.1', port: 9443 } }, async ({ ask, hs, authz }) => {
  await refused(authz, 'refused_address')(await ask());
  assert.equal(hs.paths.length, 0);
});

add('allowed_networks opens a part of it', { names: { 'm.test': a('127.0.0.1') }, at: { host: '127.0.0.1', port: 8448 }, settings: { allowed_networks: ['127.0.0.0/8'] } }, async ({ ask }) => granted(await ask()));

add('a server with full access may be in our network', { names: { 'm.test': a('127.0.0.1') }, at: { host: '127.0.0.1', port: 8448 }, env: { LIVEKIT_FULL_ACCESS_HOMESERVERS: 'm.test', LIVEKIT_URL: 'ws://127.0.0.1:9' } }, async ({ ask, hs }) => {
  assert.equal((await ask()).status, 500); // no SFU here: it got that far
  assert.equal(hs.lookups.length, 1);
});

for (const server of ['', 'a b', 'm.test:', 'm.test:0', 'm.test:99999', 'm.test/x', 'm.test?x', 'user@m.test', '[::1', '::1', 'm..test', 'x'.repeat(256), 'm.test:8448:1', '1.2.3', '0x7f000001', '2130706433', 'm.test#', '[2a0e::1%25lo]', 'ｍ.test', 'localhost\n']) {
  add(`no server name: ${JSON.stringify(server).slice(0, 24)}`, { server }, async ({ ask, hs, dns, authz }) => {
    const r = await ask();
    assert.ok(server === '' ? r.status === 400 : r.status === 401, `${r.status}`);
    assert.equal(dns.asked.length, 0);
    assert.equal(hs.paths.length, 0);
    if (server) await authz.logged('cause=bad_server_name');
  });
}

// --- why it did not work, by class ---

add('class: no such name', { names: {} }, async ({ ask, authz }) => refused(authz, 'dns')(await ask()));
add('class: nobody listens', { names: { 'm.test': a('44.0.0.3') }, settings: { lookup_time: '2s' } }, async ({ ask, authz }) => refused(authz, 'tcp')(await ask()));
add('class: certificate of another name', { names: { 'x.other.test': a('44.0.0.1') }, server: 'x.other.test' }, async ({ ask, authz }) => refused(authz, 'certificate')(await ask()));
add('class: certificate of an unknown authority', { names: { 'm.test': a('44.0.0.1') }, env: { SSL_CERT_FILE: undefined } }, async ({ ask, hs, authz }) => {
  await refused(authz, 'certificate')(await ask());
  assert.equal(hs.lookups.length, 0);
  const metrics = await fetch(`${authz.url}/metrics`).then(r => r.text());
  assert.ok(metrics.includes(`${secure('certificate')} 1`));
});

for (const [value, ok] of [['YES_I_KNOW_WHAT_I_AM_DOING', true], ['true', false], ['1', false]]) {
  add(`LIVEKIT_INSECURE_SKIP_VERIFY_TLS=${value}`, { names: { 'm.test': a('44.0.0.1') }, env: { SSL_CERT_FILE: undefined, LIVEKIT_INSECURE_SKIP_VERIFY_TLS: value } }, async ({ ask, hs }) => {
    assert.equal((await ask()).status, ok ? 200 : 401);
    assert.equal(hs.lookups.length, ok ? 1 : 0);
  });
}

// --- homeservers of the operator's own ---

cases.push({
  name: 'own homeserver: by its URL, plain http, no discovery', run: async w => {
    const dns = await w.dns({}), hs = await w.homeserver({ name: 'own.test' }), sfu = await w.sfu();
    hs.plain.removeAllListeners('request').on('request', (q, r) => q.url.includes('userinfo') ? hs.onFederation(q, r) : hs.onClient(q, r));
    const authz = await w.authz({ settings: { dns_servers: dns.address, full_access_homeservers: ['own.test'], homeservers: { 'own.test': { federation_url: hs.clientUrl, client_url: hs.clientUrl } } }, env: { LIVEKIT_URL: sfu.url, LIVEKIT_FULL_ACCESS_HOMESERVERS: undefined } });
    assert.equal((await authz.post(legacy.path, legacy.body(hs, delay('d', 60000)))).status, 200);
    assert.deepEqual(dns.asked, []);
    assert.equal(sfu.rooms.length, 1);
    assert.equal(await authz.jobs(), 1);
  },
});

cases.push({
  name: 'own homeserver: its own CA', run: async w => {
    const hs = await w.homeserver();
    const { caFile } = await import('../lib/paths.mjs');
    const authz = await w.authz({ settings: { homeservers: { [hs.name]: { federation_url: `https://127.0.0.1:${hs.port}`, ca_file: caFile } } }, env: { SSL_CERT_FILE: undefined } });
    assert.equal((await authz.post(legacy.path, legacy.body(hs))).status, 200);
  },
});

// --- the client API ---

const clientApi = { names: { 'm.test': a('44.0.0.1'), 'cs.m.test': a('44.0.0.2') }, wellKnownAt: web };
const delegated = async (s, status) => {
  const q = legacy.body({ ...s.hs, openid: () => ({ access_token: 'token-alice', matrix_server_name: 'm.test' }) }, delay('d', 60000));
  assert.equal((await s.authz.post(legacy.path, q)).status, status);
};
add('client API by well-known', { ...clientApi, also: { host: '44.0.0.2', port: 443 }, prepare: s => { s.web.wellKnown.client = { 'm.homeserver': { base_url: 'https://cs.m.test/' } }; } }, async s => {
  await delegated(s, 200);
  assert.ok(s.second.paths.includes('/_matrix/client/versions'));
});
for (const [what, url] of [['http', 'http://cs.m.test'], ['our network', 'https://127.0.0.1']])
  add(`client API: ${what} is refused, or not reached`, { ...clientApi, prepare: s => { s.web.wellKnown.client = { 'm.homeserver': { base_url: url } }; } }, async s => delegated(s, what === 'http' ? 400 : 200));
add('client API: none', clientApi, async s => delegated(s, 400));
