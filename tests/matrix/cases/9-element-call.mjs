// SPDX-License-Identifier: Apache-2.0
// Element Call, as it is on npm, as a widget in Chromium: two people in a call through authz and sluice.
import { existsSync } from 'node:fs';
import { binDir } from '../lib/paths.mjs';
import { assert, eventually, sleep } from '../lib/tools.mjs';
import { Sluice } from '../lib/sluice.mjs';
import { launch, missing, Participant, Room, serveElementCall } from '../lib/widget-host.mjs';

export const parallel = 2;
export const cases = [];

const needs = () => missing() ?? (existsSync(`${binDir}/sluice-control`) ? undefined : 'sluice is not built');

// Alice is of a homeserver with full access; so is Bob, unless `restricted`.
async function call(w, { mode, encrypted, restricted }) {
  const sluice = new Sluice(w.dir), page = await serveElementCall({ matrix_rtc_session: { wait_for_key_rotation_ms: 1000 }, ...(mode ? { matrix_rtc_mode: mode } : {}) });
  w.processes.push(sluice);
  w.closing.push(async () => page.stop(), () => sluice.stop());
  await sluice.start();
  const versions = { versions: ['v1.11'], unstable_features: { 'org.matrix.msc4140': true, 'org.matrix.msc4354': true } };
  const home = await w.homeserver({ versions }), away = restricted ? await w.homeserver({ versions }) : home;
  const authz = await w.authz({
    env: {
      LIVEKIT_URL: `ws://127.0.0.1:${sluice.port}`, LIVEKIT_FULL_ACCESS_HOMESERVERS: home.name,
      LIVEKIT_CS_API_URL_OVERRIDES: [...new Set([home, away])].map(h => `${h.name}=${h.clientUrl}`).join(','),
    },
  });
  const browser = await launch();
  w.closing.push(() => browser.close());
  const room = new Room({ creator: `@alice:${home.userName}`, encrypted });
  for (const hs of new Set([home, away])) hs.respond = c => ({ status: c.action === 'send' ? (room.fire(c.id) ? 200 : 404) : (room.delayed[c.id] ? 200 : 404) });
  const person = (name, homeserver) => new Participant({
    browser, room, origin: page.url, homeserver, user: `@${name}:${homeserver.userName}`, device: name.toUpperCase(), serviceUrl: `${sluice.url}/livekit/jwt`, token: `token-${name}`,
  });
  const alice = person('alice', home), bob = person('bob', away);
  await alice.open();
  await eventually('alice is in the call', () => room.changes.some(c => c.sender === alice.user && /member/.test(c.type) && !c.type.startsWith('m.room.') && !c.empty), 40000);
  await bob.open();
  await alice.inCall();
  await bob.inCall();
  return { alice, bob, room, authz, sluice, home, away };
}

const add = (name, options, run) => cases.push({ name: `Element Call: ${name}`, needs, run: async w => run(await call(w, options)) });

async function leavesWithin(room, who, act, ms) {
  const since = Date.now();
  await act();
  await eventually(`${who.user} has left`, () => room.left(who.user, since), ms);
  console.log(`#   ${who.user.split(':')[0]} had left after ${room.left(who.user, since) - since} ms`);
}

for (const mode of [undefined, 'matrix_2_0']) {
  for (const encrypted of [false, true]) {
    add(`${mode ?? 'compatibility'}${encrypted ? ', encrypted' : ''}: both see and hear each other; hang-up`, { mode, encrypted }, async ({ alice, bob, room, authz }) => {
      assert.equal(await authz.jobs(), 2);
      await leavesWithin(room, bob, () => bob.hangUp(), 1000);
      await eventually('his job is over', async () => await authz.jobs() === 1, 12000);
      await eventually('nobody is waited for', async () => !(await alice.view()).waiting, 3000);
    });
  }
}

add('a killed tab', {}, async ({ bob, room }) => leavesWithin(room, bob, () => bob.kill(), 20000));
add('a killed tab of a restricted user', { restricted: true }, async ({ bob, room }) => leavesWithin(room, bob, () => bob.kill(), 20000));
add('a killed tab while authz is started anew', {}, async ({ bob, room, authz }) => {
  await leavesWithin(room, bob, async () => {
    await bob.kill();
    await authz.stop('SIGKILL');
    await sleep(500);
    await authz.start();
  }, 90000);
});
