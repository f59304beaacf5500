// SPDX-License-Identifier: Apache-2.0
// Every endpoint with good and bad requests: status, errcode, what the homeserver and the SFU see.
import { assert, assertCors, assertError, assertWithin, claimsOf, sleep } from '../lib/tools.mjs';
import { delay, endpoints } from '../lib/requests.mjs';

export const cases = [];

for (const e of endpoints) {
  const add = (name, run) => cases.push({ name: `${e.path}: ${name}`, run });
  const required = e.tokens ? {} : delay('d1', 60000); // what a good request of this endpoint must have

  if (e.tokens) {
    add('a full-access token, and the room for it', async w => {
      const { hs, sfu, authz } = await w.standard();
      const before = Math.floor(Date.now() / 1000);
      const r = await authz.post(e.path, e.body(hs));
      assert.equal(r.status, 200);
      assertCors(r);
      assert.equal(r.headers.get('content-type'), 'application/json');
      const text = await r.text();
      assert.ok(text.endsWith('\n'));
      const { url, jwt } = JSON.parse(text);
      assert.equal(url, sfu.url);
      const c = claimsOf(jwt), { room, identity } = e.names(hs);
      assert.equal(c.iss, 'devkey');
      assert.equal(c.sub, identity);
      assert.equal(c.iat, c.nbf);
      assert.equal(c.exp, c.nbf + 3600);
      assert.ok(c.nbf >= before && c.nbf <= before + 5);
      assert.deepEqual(c.video, { roomJoin: true, room, canPublish: true, canSubscribe: true, canUpdateOwnMetadata: true });
      assert.deepEqual(Object.keys(c).sort(), ['exp', 'iat', 'iss', 'nbf', 'sub', 'video']);
      assert.equal(sfu.rooms.length, 1);
      assert.deepEqual({ ...sfu.rooms[0], grants: undefined }, { name: room, emptyTimeout: 300, departureTimeout: 20, maxParticipants: 0, grants: undefined });
      assert.equal(sfu.rooms[0].grants.roomCreate, true);
      assert.equal(hs.lookups.length, 1);
      assert.equal(hs.calls.length, 0);
    });

    add('a restricted token, and no room', async w => {
      const { hs, sfu, authz } = await w.standard({ restricted: true });
      const r = await authz.post(e.path, e.body(hs));
      assert.equal(r.status, 200);
      assert.deepEqual(claimsOf((await r.json()).jwt).video, { roomJoin: true, room: e.names(hs).room, canPublish: true, canSubscribe: true, canUpdateOwnMetadata: true });
      assert.equal(sfu.rooms.length, 0);
    });

    for (const [policy, legacy, matrix2] of [['false', false, false], ['auto', true, false]]) {
      add(`restricted_publish ${policy}`, async w => {
        const { hs, authz } = await w.standard({ restricted: true, settings: { restricted_publish: policy } });
        const { jwt } = await (await authz.post(e.path, e.body(hs))).json();
        assert.equal(claimsOf(jwt).video.canPublish, e.path === '/sfu/get' ? legacy : matrix2);
      });
    }

    add('the SFU fails for a moment', async w => {
      const { hs, sfu, authz } = await w.standard();
      sfu.failing = 2;
      assert.equal((await authz.post(e.path, e.body(hs))).status, 200);
      assert.equal(sfu.rooms.length, 1);
    });

    add('no room can be made', async w => {
      const { hs, sfu, authz } = await w.standard();
      sfu.proxy404 = true;
      await assertError(await authz.post(e.path, e.body(hs)), 500, 'M_UNKNOWN');
    });
  } else {
    add('success', async w => {
      const { hs, sfu, authz } = await w.standard();
      const r = await authz.post(e.path, e.body(hs, required));
      assert.equal(r.status, 200);
      assertCors(r);
      assert.deepEqual(await r.json(), {});
      assert.deepEqual(hs.lookups, ['token-alice']);
      assert.equal(sfu.rooms.length, 0);
    });
  }

  add('an unknown token', async w => {
    const { hs, authz } = await w.standard();
    const q = e.body(hs, required);
    q.openid_token.access_token = 'nobody';
    await assertError(await authz.post(e.path, q), 401, 'M_UNAUTHORIZED');
    assert.equal(hs.lookups.length, 1);
    assert.equal(hs.calls.length, 0);
    await authz.logged('cause=http_401');
    assert.doesNotMatch(authz.log, /nobody/);
  });

  if (e.claims) {
    add('a claimed user who is not the owner of the token', async w => {
      const { hs, authz } = await w.standard();
      const q = e.body(hs, required);
      q.member.claimed_user_id = `@bob:${hs.userName}`;
      await assertError(await authz.post(e.path, q), 401, 'M_UNAUTHORIZED');
    });
  }

  add('a token of another domain', async w => {
    const { hs, authz } = await w.standard();
    hs.tokens['token-alice'] = '@alice:other.test';
    await assertError(await authz.post(e.path, e.body(hs, required)), 401, 'M_UNAUTHORIZED');
    await authz.logged('cause=sub_mismatch');
  });

  add('delegation for a restricted user, refused by choice', async w => {
    const { hs, authz } = await w.standard({ restricted: true, settings: { delegate_restricted: 'false' } });
    const [status, code] = e.tokens ? [400, 'M_BAD_JSON'] : [403, 'M_FORBIDDEN'];
    await assertError(await authz.post(e.path, e.body(hs, delay('d1', 60000))), status, code);
    assert.equal(hs.lookups.length, 1);
  });

  add('a client API that cannot be found', async w => {
    const { hs, sfu, authz } = await w.standard({ env: { LIVEKIT_CS_API_URL_OVERRIDES: '' } });
    await assertError(await authz.post(e.path, e.body(hs, delay('d1', 60000))), 400, 'M_BAD_JSON');
    assert.equal(hs.lookups.length, 1);
    assert.equal(sfu.rooms.length, 0);
  });

  add('half of the delay parameters, and bad requests: no lookup', async w => {
    const { hs, authz } = await w.standard();
    const good = e.body(hs, required), without = (...keys) => {
      const q = structuredClone(good);
      delete (keys[1] ? q[keys[0]] : q)[keys.at(-1)];
      return q;
    };
    const bad = [
      { ...good, delay_id: 'd1', delay_timeout: undefined }, { ...good, delay_id: undefined, delay_timeout: 1000 },
      { ...good, delay_id: 'd1', delay_timeout: 0 }, { ...good, delay_id: 'd1', delay_timeout: -5 },
      without('openid_token'), without('openid_token', 'access_token'), without('openid_token', 'matrix_server_name'),
      ...(e.claims ? [without('room_id'), without('slot_id'), without('member'), without('member', 'id'), without('member', 'claimed_user_id'), without('member', 'claimed_device_id')] : [without('room')]),
      { ...good, openid_token: null }, {},
    ];
    if (!e.tokens) bad.push({ ...good, delay_id: undefined, delay_timeout: undefined });
    for (const q of bad) await assertError(await authz.post(e.path, q), 400, 'M_BAD_JSON');
    for (const q of ['{not json', '', '[]', '"x"', { ...good, openid_token: 'x' }, { ...good, delay_timeout: 1.5 }, { ...good, delay_timeout: 'soon' }, { ...good, delay_id: 7 }])
      await assertError(await authz.post(e.path, q), 400, 'M_NOT_JSON');
    assert.equal(hs.lookups.length, 0);
  });

  add('methods, CORS, and paths that proxies make', async w => {
    const { hs, authz } = await w.standard();
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const r = await fetch(authz.url + e.path, { method });
      assert.equal(r.status, 405);
      assert.equal(await r.text(), '');
      assertCors(r);
    }
    const o = await fetch(authz.url + e.path, { method: 'OPTIONS', headers: { origin: 'https://call.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } });
    assert.equal(o.status, 200);
    assert.equal(await o.text(), '');
    assertCors(o);
    for (const path of [`/${e.path}`, `${e.path}/`, `/livekit/jwt${e.path}`, `/a//b${e.path}//`])
      assert.equal((await authz.post(path, e.body(hs, required))).status, 200, path);
  });

  add('lenient about fields: unknown ones, case, null, digits as text, rest behind', async w => {
    const { hs, authz } = await w.standard();
    const q = e.body(hs, { ...delay('d1', '60000'), new_field: [1], unknown: null });
    q.openid_token.expires_in = 3599.5;
    q.openid_token.scope = 'x';
    assert.equal((await authz.post(e.path, JSON.stringify(q) + ' trailing')).status, 200);
    const upper = Object.fromEntries(Object.entries(e.body(hs, required)).map(([k, v]) => [k.toUpperCase(), v]));
    assert.equal((await authz.post(e.path, upper)).status, 200);
  });

  add('too large, and CORS with it', async w => {
    const { hs, authz } = await w.standard();
    await assertError(await authz.post(e.path, e.body(hs, { ...required, padding: 'x'.repeat(2 << 20) })), 413, 'M_TOO_LARGE');
    assert.equal(hs.lookups.length, 0);
  });
}

cases.push(
  {
    name: 'probe without a body tells that delegation is there', run: async w => {
      const { authz } = await w.standard();
      const r = await fetch(`${authz.url}/delegate_delayed_leave`, { method: 'POST' });
      await assertError(r, 400, 'M_NOT_JSON');
    },
  },
  {
    name: 'delegation switched off answers 404 with CORS', run: async w => {
      const { hs, authz } = await w.standard({ settings: { delegation: 'false' } });
      const r = await fetch(`${authz.url}/delegate_delayed_leave`, { method: 'POST' });
      assert.equal(r.status, 404);
      assertCors(r);
      await assertError(await authz.post('/sfu/get', endpoints[0].body(hs, delay('d1', 60000))), 400, 'M_BAD_JSON');
    },
  },
  {
    name: 'delegation is refused when jobs cannot be kept', run: async w => {
      const { authz } = await w.standard({ env: { STATE_DIRECTORY: '/dev/null/nowhere' } });
      assert.equal((await fetch(`${authz.url}/delegate_delayed_leave`, { method: 'POST' })).status, 404);
      await authz.logged('delegation of delayed leaves is off');
    },
  },
  {
    name: 'unknown paths: 404 with CORS', run: async w => {
      const { authz } = await w.standard();
      for (const path of ['/', '/sfu', '/sfu/get2', '/xsfu/get/x', '/%00', `/${'x'.repeat(3000)}`]) {
        const r = await authz.post(path, {});
        assert.ok(r.status === 404 || (path === '/%00' && r.status === 400), `${path}: ${r.status}`);
        assertCors(r);
      }
    },
  },
  {
    name: 'health', run: async w => {
      const { authz } = await w.standard();
      for (const [method, status] of [['GET', 200], ['HEAD', 200], ['POST', 405]]) {
        const r = await fetch(`${authz.url}/healthz`, { method });
        assert.equal(r.status, status);
        assert.equal(await r.text(), '');
      }
    },
  },
  {
    name: 'a device may be empty on /sfu/get', run: async w => {
      const { hs, authz } = await w.standard();
      const { jwt } = await (await authz.post('/sfu/get', endpoints[0].body(hs, { device_id: '' }))).json();
      assert.equal(claimsOf(jwt).sub, `@alice:${hs.userName}:`);
    },
  },
  {
    name: 'a token that atob() can read, whatever the names', run: async w => {
      const { hs, authz } = await w.standard();
      for (const device of ['<?>~\u007f', '日本', 'ÿÿÿ', '???>>>~~~', '\u2028&<>'])
        assert.equal(claimsOf((await (await authz.post('/sfu/get', endpoints[0].body(hs, { device_id: device }))).json()).jwt).sub, `@alice:${hs.userName}:${device}`);
    },
  },
  {
    name: 'the same token is looked up once for a while', run: async w => {
      const { hs, authz } = await w.standard();
      hs.delay = 200;
      await Promise.all(Array.from({ length: 5 }, () => authz.post('/sfu/get', endpoints[0].body(hs))));
      await authz.post('/sfu/get', endpoints[0].body(hs));
      assert.equal(hs.lookups.length, 1);
    },
  },
  {
    name: 'a failed lookup is not remembered', run: async w => {
      const { hs, authz } = await w.standard();
      const alice = hs.tokens['token-alice'];
      delete hs.tokens['token-alice'];
      assert.equal((await authz.post('/sfu/get', endpoints[0].body(hs))).status, 401);
      hs.tokens['token-alice'] = alice;
      assert.equal((await authz.post('/sfu/get', endpoints[0].body(hs))).status, 200);
    },
  },
  {
    name: 'what a retry would heal is waited for', run: async w => {
      const { hs, authz } = await w.standard();
      hs.script = [503, { status: 429, headers: { 'retry-after': '1' } }, 502];
      assert.equal((await authz.post('/sfu/get', endpoints[0].body(hs))).status, 200);
      assert.equal(hs.lookups.length, 4);
      await authz.logged('cause=http_429');
    },
  },
  {
    name: 'a source that comes too fast waits first, then is refused; others are not', run: async w => {
      const { hs, authz } = await w.standard({ settings: { rate: 1, rate_burst: 3 } });
      const ask = from => authz.post('/sfu/get', endpoints[0].body(hs), { 'x-forwarded-for': from });
      const answers = await Promise.all(Array.from({ length: 12 }, () => ask('203.0.113.9')));
      const refused = answers.filter(a => a.status === 429);
      assert.ok(refused.length > 0 && refused.length <= 4, `${refused.length} refused`); // 3 at once, 5 by waiting
      assert.equal(answers.filter(a => a.status === 200).length, 12 - refused.length);
      await assertError(refused[0], 429, 'M_LIMIT_EXCEEDED');
      assert.equal((await ask('203.0.113.10')).status, 200);
      assert.equal(await authz.metric('limited_total'), refused.length);
    },
  },
  {
    name: 'a homeserver that never answers is given up in time, by class', run: async w => {
      const { hs, authz } = await w.standard({ settings: { lookup_time: '2s' } });
      hs.delay = 60000;
      const since = Date.now();
      await assertError(await authz.post('/sfu/get', endpoints[0].body(hs)), 401, 'M_UNAUTHORIZED');
      assertWithin(4000, since);
      await authz.logged('cause=timeout');
    },
  },
  {
    name: 'an answer that is too large, or none', run: async w => {
      const { hs, authz } = await w.standard();
      for (const [body, cause] of [['x'.repeat(20000), 'too_large'], ['hello', 'bad_body'], ['{"sub":7}', 'bad_body'], [`{"sub":"${'@a'.repeat(300)}:x"}`, 'sub_mismatch'], ['{"sub":"alice"}', 'sub_mismatch']]) {
        hs.script = [{ status: 200, body }];
        await assertError(await authz.post('/sfu/get', endpoints[0].body(hs)), 401, 'M_UNAUTHORIZED');
        await authz.logged(`cause=${cause}`);
      }
    },
  },
  {
    name: 'a client that goes away does no harm', run: async w => {
      const { hs, authz } = await w.standard();
      hs.delay = 300;
      const abort = new AbortController(), q = { method: 'POST', body: JSON.stringify(endpoints[0].body(hs)), signal: abort.signal };
      const gone = Array.from({ length: 10 }, () => fetch(`${authz.url}/sfu/get`, q).catch(() => 'gone'));
      await sleep(100);
      abort.abort();
      assert.deepEqual(new Set(await Promise.all(gone)), new Set(['gone']));
      await sleep(400);
      assert.equal((await authz.post('/sfu/get', endpoints[0].body(hs))).status, 200);
    },
  },
  {
    name: 'canUpdateOwnMetadata can be withheld', run: async w => {
      const { hs, authz } = await w.standard({ env: { LIVEKIT_CAN_UPDATE_OWN_METADATA: 'false' } });
      const { jwt } = await (await authz.post('/sfu/get', endpoints[0].body(hs))).json();
      assert.equal(claimsOf(jwt).video.canUpdateOwnMetadata, undefined);
    },
  },
  {
    name: '"*" alone is everyone, in a list it is nobody', run: async w => {
      for (const [list, rooms] of [['*', 1], ['*,other.test', 0], ['other.test\n 127.0.0.1:1', 0]]) {
        const { hs, sfu, authz } = await w.standard({ env: { LIVEKIT_FULL_ACCESS_HOMESERVERS: list } });
        assert.equal((await authz.post('/sfu/get', endpoints[0].body(hs))).status, 200);
        assert.equal(sfu.rooms.length, rooms, list);
        await authz.stop();
      }
    },
  },
);
