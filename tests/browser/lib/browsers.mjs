// SPDX-License-Identifier: Apache-2.0
// Chromium and Firefox with fake devices, and participants (one page each) in them.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import puppeteer from 'puppeteer-core';
import { directory } from './net.mjs';

const here = directory(import.meta.url);
const files = {
  '/': ['text/html', path.join(here, '../pages/participant.html')],
  '/participant.js': ['text/javascript', path.join(here, '../pages/participant.js')],
  '/data.js': ['text/javascript', path.join(here, '../pages/data.js')],
  '/livekit-client.js': ['text/javascript', path.join(here, '../node_modules/livekit-client/dist/livekit-client.umd.js')],
  '/e2ee-worker.js': ['text/javascript', path.join(here, '../node_modules/livekit-client/dist/livekit-client.e2ee.worker.js')],
};

// The pages' own server; `host` must be loopback, so that the context is secure.
export async function servePages(host = '127.0.0.1') {
  const server = http.createServer((req, res) => {
    const found = files[new URL(req.url, 'http://x').pathname];
    if (!found) return res.writeHead(404).end();
    res.writeHead(200, { 'content-type': found[0] });
    fs.createReadStream(found[1]).pipe(res);
  });
  await new Promise(resolve => server.listen(0, host, resolve));
  server.unref();
  return `http://${host}:${server.address().port}/`;
}

const chromiumArgs = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

// `loopback`: loopback addresses are candidates too.
export function chromium({ args = [], executablePath = '/usr/bin/chromium', loopback = true, ...options } = {}) {
  const more = loopback ? ['--allow-loopback-in-peer-connection', ...args] : args;
  return puppeteer.launch({ executablePath, headless: true, args: [...chromiumArgs, ...more], protocolTimeout: 60000, ...options });
}

export function firefox() {
  return puppeteer.launch({
    browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0, 'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false, 'media.gmp-manager.url': '',
      'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false,
      'app.update.enabled': false, 'browser.safebrowsing.downloads.remote.enabled': false,
    },
  });
}

// One participant: a page with window.participant of pages/participant.js.
export async function participant(browser, pagesUrl, name) {
  const context = browser.createBrowserContext ? await browser.createBrowserContext() : browser;
  const page = await context.newPage();
  const log = [];
  page.on('console', m => log.push(m.text()));
  page.on('pageerror', e => log.push(`page error: ${e.message}`));
  await page.goto(pagesUrl);
  await page.waitForFunction('window.participant !== undefined');
  const call = (method, ...args) => page.evaluate((m, a) => window.participant[m](...a), method, args);
  return {
    name, page, log, call,
    connect: (url, token, options = {}) => call('connect', url, token, options),
    close: () => page.close(),
  };
}
