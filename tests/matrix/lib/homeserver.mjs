// SPDX-License-Identifier: Apache-2.0
// A homeserver for tests: federation over TLS (userinfo, well-known), the client API in plain HTTP
// (versions, delayed events, whoami). Notes what it was asked.
import http from 'node:http';
import https from 'node:https';
import { tls } from './paths.mjs';
import { sleep } from './tools.mjs';

const listen = (server, port, host) => new Promise((resolve, reject) => server.on('error', reject).listen(port, host, () => resolve(server.address().port)));

export class Homeserver {
  // name: how it is called; host, port: where its federation API is.
  constructor({ name, host = '127.0.0.1', port = 0, userName, versions = { versions: ['v1.11'], unstable_features: { 'org.matrix.msc4140': true } } } = {}) {
    Object.assign(this, { name, host, port, userName, versions });
    this.lookups = []; // access tokens
    this.hosts = []; // Host headers of lookups
    this.names = []; // SNI of lookups
    this.calls = []; // of delayed events: { id, action, at, headers, body }
    this.paths = []; // of everything on TLS
    this.wellKnown = {}; // 'server', 'client': (request, response) => ..., or an object
    this.respond = () => ({ status: 200 }); // to a call: { status, headers, body }
    this.delay = 0; // ms before userinfo is answered
    this.script = []; // statuses of the first lookups
  }

  async start() {
    this.secure = https.createServer(tls, (q, r) => this.onFederation(q, r));
    this.plain = http.createServer((q, r) => this.onClient(q, r));
    this.port = await listen(this.secure, this.port, this.host);
    this.clientPort = await listen(this.plain, 0, '127.0.0.1');
    this.name ??= `${this.host}:${this.port}`;
    this.userName ??= this.name;
    this.clientUrl = `http://127.0.0.1:${this.clientPort}`;
    this.tokens = { 'token-alice': `@alice:${this.userName}`, 'token-bob': `@bob:${this.userName}` };
  }

  async stop() {
    for (const s of [this.secure, this.plain]) { s.closeAllConnections(); await new Promise(r => s.close(r)); }
  }

  openid(token = 'token-alice') {
    return { access_token: token, token_type: 'Bearer', matrix_server_name: this.name, expires_in: 3600 };
  }

  async onFederation(q, r) {
    const url = new URL(q.url, 'https://x');
    this.paths.push(url.pathname);
    const wellKnown = url.pathname.match(/^\/\.well-known\/matrix\/(server|client)$/);
    if (wellKnown && this.wellKnown[wellKnown[1]]) return this.onWellKnown(this.wellKnown[wellKnown[1]], q, r);
    if (this.redirects?.[url.pathname]) return r.writeHead(302, { location: this.redirects[url.pathname] }).end();
    if (url.pathname !== '/_matrix/federation/v1/openid/userinfo' || this.noOpenid) return r.writeHead(404).end('{}');
    const token = url.searchParams.get('access_token');
    this.lookups.push(token);
    this.hosts.push(q.headers.host);
    this.names.push(q.socket.servername);
    const scripted = this.script.shift();
    if (this.delay) await sleep(this.delay);
    if (scripted) return r.writeHead(scripted.status ?? scripted, scripted.headers).end(scripted.body ?? '{}');
    const sub = this.tokens[token];
    r.writeHead(sub ? 200 : 401, { 'content-type': 'application/json' });
    r.end(JSON.stringify(sub ? { sub } : { errcode: 'M_UNKNOWN_TOKEN', error: 'unknown' }));
  }

  onWellKnown(what, q, r) {
    if (typeof what === 'function') return what(q, r);
    r.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(what));
  }

  async onClient(q, r) {
    r.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*').setHeader('access-control-allow-methods', '*');
    if (q.method === 'OPTIONS') return r.writeHead(204).end();
    let body = '';
    for await (const c of q) body += c;
    const call = q.url.match(/^\/_matrix\/client\/(?:v1|unstable\/org\.matrix\.msc4140)\/delayed_events\/([^/]*)\/(restart|send)$/);
    if (call) {
      this.calls.push({ id: call[1], action: call[2], at: Date.now(), path: q.url, headers: q.headers, body });
      const { status = 200, headers = {}, body: answer = '{}' } = this.respond(this.calls.at(-1));
      return r.writeHead(status, headers).end(answer);
    }
    this.paths.push(q.url);
    if (q.url === '/_matrix/client/versions') return r.writeHead(this.versions ? 200 : 404).end(JSON.stringify(this.versions ?? {}));
    if (q.url === '/_matrix/client/unstable/org.matrix.msc4143/rtc/transports' && this.transports) {
      const good = q.headers.authorization === 'Bearer user-token';
      return r.writeHead(good ? 200 : 401).end(JSON.stringify(good ? { rtc_transports: this.transports } : { errcode: 'M_MISSING_TOKEN' }));
    }
    if (q.url === '/_matrix/client/v3/account/whoami') {
      const good = q.headers.authorization === 'Bearer user-token';
      return r.writeHead(good ? 200 : 401).end(JSON.stringify(good ? { user_id: `@alice:${this.userName}` } : { errcode: 'M_UNKNOWN_TOKEN' }));
    }
    r.writeHead(404).end(JSON.stringify({ errcode: 'M_UNRECOGNIZED' }));
  }

  actions(id) { return this.calls.filter(c => !id || c.id === id).map(c => c.action); }
  count(action, id) { return this.actions(id).filter(a => a === action).length; }
}
