// SPDX-License-Identifier: Apache-2.0
// A Matrix room without a homeserver for Element Call embedded: what a client that hosts widgets does. Each
// participant is a tab with Element Call in a frame; messages of the widget API come here.
import { createReadStream, existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { top } from './paths.mjs';
import { assert, eventually, sleep } from './tools.mjs';

const dist = `${top}tests/matrix/node_modules/@element-hq/element-call-embedded/dist`;
export const missing = () => !existsSync(dist) ? 'Element Call is not installed (npm ci in tests/matrix)' : !existsSync('/usr/bin/chromium') ? 'no Chromium' : undefined;

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.wasm': 'application/wasm', '.svg': 'image/svg+xml' };
const hostPage = `<!doctype html><title>host</title><body style="margin:0"><script>
addEventListener('message', e => { if (e.data && e.data.api) fromWidget(JSON.stringify(e.data)); });
window.open_ = src => { const f = document.createElement('iframe'); f.allow = 'camera;microphone;display-capture;autoplay'; f.style = 'width:1000px;height:700px;border:0'; f.src = src; document.body.append(f); };
window.toWidget = m => frames[0] && frames[0].postMessage(m, '*');
</script>`;

// Element Call and the host page, from one origin. `config` is its config.json.
export async function serveElementCall(config) {
  const server = http.createServer((q, r) => {
    const { pathname } = new URL(q.url, 'http://x');
    if (pathname === '/host') return r.writeHead(200, { 'content-type': 'text/html' }).end(hostPage);
    if (pathname === '/config.json') return r.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(config));
    const file = path.join(dist, path.normalize(pathname));
    if (!file.startsWith(dist) || !existsSync(file) || pathname === '/') return r.writeHead(404).end();
    r.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(r);
  });
  await new Promise(done => server.listen(0, 'localhost', done));
  return { url: `http://localhost:${server.address().port}`, stop: () => { server.closeAllConnections(); server.close(); } };
}

export const launch = async () => (await import('puppeteer-core')).default.launch({
  executablePath: '/usr/bin/chromium', headless: true, protocolTimeout: 60000,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--mute-audio',
    '--autoplay-policy=no-user-gesture-required', '--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns',
    '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows'],
});

let counter = 0;
const next = prefix => `${prefix}${++counter}`;

// The room: state, sticky events, delayed events that wait.
export class Room {
  constructor({ id = '!room:hs', creator, encrypted }) {
    Object.assign(this, { id, state: [], sticky: [], delayed: {}, widgets: [], changes: [] });
    this.setState('m.room.create', '', { room_version: '11' }, creator);
    this.setState('m.room.power_levels', '', { users_default: 100 }, creator);
    this.setState('m.room.name', '', { name: 'call' }, creator);
    this.setState('m.room.join_rules', '', { join_rule: 'public' }, creator);
    if (encrypted) this.setState('m.room.encryption', '', { algorithm: 'm.megolm.v1.aes-sha2' }, creator);
  }

  event(type, content, sender, extra) {
    return { type, content, sender, room_id: this.id, event_id: next('$e'), origin_server_ts: Date.now(), unsigned: {}, ...extra };
  }

  setState(type, state_key, content, sender) {
    const e = this.event(type, content, sender, { state_key });
    this.state = this.state.filter(s => s.type !== type || s.state_key !== state_key).concat(e);
    this.changes.push({ at: Date.now(), type, state_key, sender, empty: Object.keys(content).length === 0 });
    for (const w of this.widgets) if (w.ready) w.send('update_state', { state: [e] });
    return e;
  }

  // As the homeserver of the sender would on send_event.
  put(sender, { type, state_key, content, delay, sticky_duration_ms }) {
    if (delay !== undefined) {
      const id = next('delay');
      this.delayed[id] = { sender, type, state_key, content, sticky_duration_ms, delay };
      return { room_id: this.id, delay_id: id };
    }
    if (state_key !== undefined) return { room_id: this.id, event_id: this.setState(type, state_key, content, sender).event_id };
    const e = this.event(type, content, sender, sticky_duration_ms ? { msc4354_sticky: { duration_ms: sticky_duration_ms } } : {});
    if (sticky_duration_ms) {
      this.sticky = this.sticky.filter(s => s.sender !== sender || s.content.msc4354_sticky_key !== content.msc4354_sticky_key).concat(e);
      this.changes.push({ at: Date.now(), type, sender, empty: !content.application });
    }
    for (const w of this.widgets) if (w.ready) w.send('send_event', e);
    return { room_id: this.id, event_id: e.event_id };
  }

  // A delayed event is sent: by authz, or by its owner.
  fire(id) {
    const d = this.delayed[id];
    delete this.delayed[id];
    if (d) this.put(d.sender, { ...d, delay: undefined });
    return Boolean(d);
  }

  // When the sender's membership became empty, from `since` on.
  left(sender, since) { return this.changes.find(c => c.sender === sender && c.at >= since && c.empty && /member/.test(c.type) && !c.type.startsWith('m.room.'))?.at; }
}

export class Participant {
  constructor({ browser, room, origin, homeserver, user, device, serviceUrl, token }) {
    Object.assign(this, { browser, room, origin, homeserver, user, device, serviceUrl, token, id: next('widget'), waiting: {}, seen: [], ready: false, log: [] });
  }

  async open() {
    this.room.setState('m.room.member', this.user, { membership: 'join', displayname: this.user }, this.user);
    this.context = await this.browser.createBrowserContext();
    this.page = await this.context.newPage();
    await this.page.setViewport({ width: 1000, height: 700 });
    this.page.on('console', m => { if (['error', 'warn'].includes(m.type())) this.log.push(m.text().slice(0, 300)); });
    await this.page.exposeFunction('fromWidget', m => { this.onMessage(JSON.parse(m)); });
    await this.page.evaluateOnNewDocument(() => {
      const Real = window.RTCPeerConnection;
      window.connections = [];
      window.RTCPeerConnection = class extends Real { constructor(...a) { super(...a); window.connections.push(this); } };
    });
    await this.page.goto(`${this.origin}/host`);
    const q = new URLSearchParams({
      widgetId: this.id, parentUrl: this.origin, roomId: this.room.id, userId: this.user, deviceId: this.device, baseUrl: this.homeserver.clientUrl,
      intent: 'join_existing', skipLobby: 'true', confineToRoom: 'true', header: 'none', perParticipantE2EE: 'false',
    });
    this.room.widgets.push(this);
    await this.page.evaluate(src => window.open_(src), `${this.origin}/index.html?#/room?${q}`);
    for (const end = Date.now() + 30000; !this.ready && Date.now() < end; await sleep(300)) if (!this.negotiating) this.negotiate();
    assert.ok(this.ready, `the widget does not negotiate\n${this.log.join('\n')}`);
  }

  post(m) { return this.page.evaluate(x => window.toWidget(x), m).catch(() => {}); }

  request(action, data) {
    return new Promise(resolve => {
      const requestId = next('host');
      this.waiting[requestId] = resolve;
      this.post({ api: 'toWidget', widgetId: this.id, requestId, action, data });
    });
  }

  send(action, data) { this.request(action, data); }

  async negotiate() {
    const answer = await Promise.race([this.request('capabilities', {}), sleep(1000)]);
    if (!answer || this.negotiating) return;
    this.negotiating = true;
    await this.request('notify_capabilities', { requested: answer.capabilities, approved: answer.capabilities });
    this.ready = true;
    await this.request('update_state', { state: this.room.state });
    for (const e of this.room.sticky) this.send('send_event', e);
  }

  onMessage(m) {
    if (m.widgetId !== this.id && m.widgetId) return;
    if (m.api === 'toWidget') { this.waiting[m.requestId]?.(m.response); delete this.waiting[m.requestId]; return; }
    this.seen.push(m.action);
    this.post({ ...m, response: this.answer(m.action, m.data) ?? {} });
  }

  answer(action, data) {
    const unchecked = { supported_api_versions: () => ({ supported_versions: ['0.0.1', '0.0.2', 'org.matrix.msc2762', 'org.matrix.msc2762_update_state', 'org.matrix.msc2871', 'org.matrix.msc2873', 'org.matrix.msc2876', 'org.matrix.msc3819', 'org.matrix.msc3846', 'org.matrix.msc3869', 'org.matrix.msc3973', 'org.matrix.msc4039', 'org.matrix.msc4515'] }),
      get_openid: () => ({ state: 'allowed', access_token: this.token, token_type: 'Bearer', matrix_server_name: this.homeserver.name, expires_in: 3600 }),
      'org.matrix.msc4515.get_rtc_transports': () => ({ rtc_transports: [{ type: 'livekit', livekit_service_url: this.serviceUrl }] }),
      send_event: () => this.room.put(this.user, data),
      'org.matrix.msc4157.update_delayed_event': () => this.updateDelayed(data),
      send_to_device: () => this.sendToDevice(data),
      'org.matrix.msc2876.read_events': () => ({ events: this.room.state.filter(e => e.type === data.type && (data.state_key === true || data.state_key === undefined || e.state_key === data.state_key)) }),
    };
    return unchecked[action]?.();
  }

  updateDelayed({ delay_id, action }) {
    if (action === 'send' && !this.room.fire(delay_id)) return { error: { message: 'Delayed event not found' } };
    if (action === 'cancel') delete this.room.delayed[delay_id];
    return {};
  }

  sendToDevice({ type, encrypted, messages }) {
    for (const [user, devices] of Object.entries(messages))
      for (const [device, content] of Object.entries(devices))
        for (const w of this.room.widgets) if (w.user === user && (device === '*' || device === w.device)) w.send('send_to_device', { type, sender: this.user, content, encrypted });
    return {};
  }

  frame() { return this.page.frames().find(f => f.url().includes('/index.html')); }

  // What is on the screen and in the PeerConnections.
  async view() {
    return this.frame().evaluate(async () => {
      const tiles = [...document.querySelectorAll('[data-testid=videoTile]')];
      let video = 0, audio = 0;
      for (const c of window.connections) for (const s of (await c.getStats()).values()) if (s.type === 'inbound-rtp') {
        if (s.kind === 'video') video += s.framesDecoded ?? 0;
        else audio += s.totalAudioEnergy ?? 0;
      }
      return { tiles: tiles.length, waiting: /waiting for media/i.test(document.body.innerText), video, audio, text: document.body.innerText.slice(0, 200) };
    });
  }

  // Two tiles, none waiting, pictures and sound of the other.
  async inCall(ms = 60000) {
    let last;
    try {
      await eventually('both see and hear each other', async () => {
        last = await this.view().catch(e => ({ error: e.message }));
        return last.tiles >= 2 && !last.waiting && last.video > 10 && last.audio > 0;
      }, ms);
    } catch (e) {
      throw new Error(`${e.message}: ${this.user} ${JSON.stringify(last)} ${this.seen.slice(-12)}\n${this.log.slice(-8).join('\n')}`);
    }
  }

  hangUp() { return this.frame().evaluate(() => document.querySelector('[data-testid=incall_leave]').click()); }

  // The tab is gone without a word.
  async kill() {
    this.ready = false;
    this.room.widgets = this.room.widgets.filter(w => w !== this);
    const session = await this.page.createCDPSession();
    session.send('Page.crash').catch(() => {});
    await sleep(50);
  }
}
