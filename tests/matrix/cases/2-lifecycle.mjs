// SPDX-License-Identifier: Apache-2.0
// The life of a delegated leave, through each endpoint that takes one. grace is 1 s, start_grace 2 s.
import { assert, assertWithin, eventually, never, sleep } from '../lib/tools.mjs';
import { delay, endpoints } from '../lib/requests.mjs';

export const parallel = 16;
export const cases = [];

for (const e of endpoints) {
  const add = (name, run, options = {}) => cases.push({
    name: `${e.path}: ${name}`,
    run: async w => {
      const s = await w.standard(options);
      const { room, identity } = e.names(s.hs);
      await run({
        ...s, room, identity, world: w,
        ask: async (id, timeout, extra = {}) => assert.equal((await s.authz.post(e.path, e.body(s.hs, { ...delay(id, timeout), ...extra }))).status, 200),
        join: async () => { s.sfu.enter(room, identity); await s.authz.webhook('participant_joined', room, identity); },
        left: async (reason, event = 'participant_left') => { s.sfu.leave(room, identity); await s.authz.webhook(event, room, identity, reason); },
        over: () => eventually('the job is over', async () => await s.authz.jobs() === 0),
      });
    },
  });

  add('never established', async t => {
    await t.ask('d1', 1000);
    await eventually('send', () => t.hs.count('send'), 2500);
    await t.over();
    assert.deepEqual(t.hs.actions(), ['send']);
    const call = t.hs.calls[0];
    assert.equal(call.body, '{}');
    assert.equal(call.headers['content-type'], 'application/json');
    assert.equal(call.headers.authorization, undefined);
  });

  add('connects by lookup', async t => {
    await t.ask('d1', 60000);
    await sleep(200);
    t.sfu.enter(t.room, t.identity);
    await eventually('restart', () => t.hs.count('restart'), 5000);
    assert.equal(t.sfu.lookupGrants.roomAdmin, true);
    assert.equal(t.sfu.lookupGrants.room, t.room);
    await t.left('CLIENT_INITIATED');
    await eventually('send', () => t.hs.count('send'), 1000);
    await t.over();
  });

  add('aborted before it is established', async t => {
    await t.ask('d1', 60000);
    await t.left('JOIN_FAILURE', 'participant_connection_aborted');
    await t.over();
    assert.deepEqual(t.hs.actions(), []);
  });

  add('aborted, then established after all', async t => {
    await t.ask('d1', 60000);
    await t.left('JOIN_FAILURE', 'participant_connection_aborted');
    await t.join();
    await eventually('restart', () => t.hs.count('restart'));
    await never('send', () => t.hs.count('send'), 1500);
    assert.equal(await t.authz.jobs(), 1);
  });

  add('aborted after it was established', async t => {
    await t.ask('d1', 60000);
    await t.join();
    await t.left('SIGNAL_CLOSE', 'participant_connection_aborted');
    await eventually('send', () => t.hs.count('send'), 2500);
    await t.over();
  });

  add('hang-up is sent on at once', async t => {
    await t.ask('d1', 60000);
    await t.join();
    const since = Date.now();
    await t.left('CLIENT_INITIATED');
    await eventually('send', () => t.hs.count('send'), 1000);
    assertWithin(700, since);
    await t.over();
    assert.deepEqual(t.hs.actions(), ['restart', 'send']);
  });

  add('goes missing undetected', async t => {
    await t.ask('d1', 60000);
    await t.join();
    await sleep(300);
    t.sfu.leave(t.room, t.identity);
    await eventually('send', () => t.hs.count('send'), 6000);
    await t.over();
  }, { env: { LIVEKIT_SANITY_CHECK_INTERVAL_SECONDS: '1' } });

  add('restarts again and again', async t => {
    await t.ask('d1', 1500);
    await t.join();
    await eventually('restarts', () => t.hs.count('restart') >= 3, 3500);
    assert.equal(t.hs.count('send'), 0);
    const [a, b] = t.hs.calls;
    assert.ok(b.at - a.at > 1000, `${b.at - a.at}`);
    assertWithin(1450, a.at, b.at);
  });

  add('the delayed event is gone', async t => {
    t.hs.respond = () => ({ status: 404 });
    await t.ask('d1', 60000);
    await t.join();
    await t.over();
    assert.deepEqual(t.hs.actions(), ['restart']);
  });

  add('sent already', async t => {
    t.hs.respond = c => ({ status: c.action === 'send' ? 404 : 200 });
    await t.ask('d1', 60000);
    await t.join();
    await t.left('CLIENT_INITIATED');
    await t.over();
    assert.equal(t.hs.count('send'), 1);
  });

  for (const status of [401, 403, 409]) {
    add(`${status} is final`, async t => {
      t.hs.respond = () => ({ status });
      await t.ask('d1', 60000);
      await t.join();
      await t.over();
      assert.deepEqual(t.hs.actions(), ['restart']);
    });
  }

  add('a second request replaces the first', async t => {
    await t.ask('first', 60000);
    await t.ask('second', 60000);
    assert.equal(await t.authz.jobs(), 1);
    await t.join();
    await eventually('restart', () => t.hs.count('restart'));
    await t.left('CLIENT_INITIATED');
    await t.over();
    assert.deepEqual(t.hs.actions('first'), []);
    assert.deepEqual(t.hs.actions('second'), ['restart', 'send']);
  });

  add('jobs do not touch each other', async t => {
    await t.ask('one', 60000);
    await t.ask('two', 60000, e.inRoom('!other:example.com'));
    const other = e.names(t.hs, { room: '!other:example.com' });
    await t.join();
    t.sfu.enter(other.room, other.identity);
    await t.authz.webhook('participant_joined', other.room, other.identity);
    await eventually('restarts', () => t.hs.count('restart') === 2);
    await t.left('CLIENT_INITIATED');
    await eventually('send', () => t.hs.count('send', 'one'));
    assert.equal(t.hs.count('send', 'two'), 0);
    assert.equal(await t.authz.jobs(), 1);
  });

  add('survives a restart of the service', async t => {
    await t.ask('d1', 60000);
    await t.join();
    await eventually('restart', () => t.hs.count('restart'));
    await t.authz.stop('SIGKILL');
    await t.authz.start();
    assert.equal(await t.authz.jobs(), 1);
    await never('send', () => t.hs.count('send'), 2800);
    await t.left('CLIENT_INITIATED');
    await eventually('send', () => t.hs.count('send'), 1000);
    await t.over();
  });

  add('who leaves while the service is down is noticed soon after', async t => {
    await t.ask('d1', 3600000);
    await t.join();
    await eventually('restart', () => t.hs.count('restart'));
    await t.authz.stop('SIGKILL');
    t.sfu.leave(t.room, t.identity);
    await t.authz.start();
    await eventually('send', () => t.hs.count('send'), 4000);
    await t.over();
  });

  add('what has fired meanwhile is dropped', async t => {
    await t.ask('d1', 500, {});
    await t.authz.stop('SIGKILL');
    const before = t.hs.calls.length;
    await sleep(1000);
    await t.authz.start();
    assert.equal(await t.authz.jobs(), 0);
    await sleep(500);
    assert.equal(t.hs.calls.length, before);
  });

  add('replaced by a session of its own: no leave', async t => {
    await t.ask('d1', 60000);
    await t.join();
    await eventually('restart', () => t.hs.count('restart'));
    await t.authz.webhook('participant_joined', t.room, t.identity);
    await t.authz.webhook('participant_left', t.room, t.identity, 'DUPLICATE_IDENTITY');
    await never('send', () => t.hs.count('send'), 2500);
    assert.equal(await t.authz.jobs(), 1);
    await t.left('CLIENT_INITIATED');
    await t.over();
  });

  add('gone and back within the grace: no leave', async t => {
    await t.ask('d1', 60000);
    await t.join();
    await t.left('SIGNAL_CLOSE');
    await sleep(400);
    await t.join();
    await never('send', () => t.hs.count('send'), 2000);
    assert.equal(await t.authz.jobs(), 1);
  });

  add('a restart of the SFU makes nobody leave who comes back', async t => {
    await t.ask('d1', 60000);
    await t.join();
    await t.left('SERVER_SHUTDOWN');
    await sleep(1500);
    await t.join();
    await never('send', () => t.hs.count('send'), 2000);
    await t.left('SERVER_SHUTDOWN');
    await eventually('send after the longer grace', () => t.hs.count('send'), 3500);
  });

  add('an SFU that does not answer makes nobody leave', async t => {
    await t.ask('d1', 60000);
    await t.join();
    t.sfu.proxy404 = true;
    await t.authz.webhook('participant_left', t.room, t.identity, 'SIGNAL_CLOSE');
    await never('send', () => t.hs.count('send'), 3000);
    t.sfu.proxy404 = false;
    await sleep(3000);
    assert.equal(t.hs.count('send'), 0);
  });

  add('a restricted user who has joined is delegated for', async t => {
    await t.ask('d1', 60000);
    await t.join();
    await eventually('restart', () => t.hs.count('restart'));
    await t.left('SIGNAL_CLOSE');
    await eventually('send', () => t.hs.count('send'), 2500);
    await t.over();
  }, { restricted: true });

  add('a restricted user who never joins is not', async t => {
    await t.ask('d1', 5000);
    await eventually('over', async () => await t.authz.jobs() === 0, 7000);
    assert.deepEqual(t.hs.actions(), []);
  }, { restricted: true });
}

const [, , delegate] = endpoints;
const single = (name, run, options = {}) => cases.push({ name, run: async w => run({ ...await w.standard(options), world: w }) });

single('ids are escaped, or refused', async ({ hs, authz }) => {
  for (const [i, id] of ['a/b', '%2e%2e', 'a?b#c', '../x'].entries()) {
    const q = delegate.body(hs, delay(id, 1000));
    q.member.id = `m${i}`;
    assert.equal((await authz.post(delegate.path, q)).status, 200);
  }
  await eventually('sends', () => hs.count('send') === 4, 6000);
  assert.deepEqual(hs.calls.map(c => c.id).sort(), ['%252e%252e', '..%2Fx', 'a%2Fb', 'a%3Fb%23c']);
  for (const id of ['.', '..', 'x'.repeat(300)]) assert.equal((await authz.post(delegate.path, delegate.body(hs, delay(id, 1000)))).status, 400);
});

single('patience: Retry-After, then retry_after_ms', async ({ hs, authz }) => {
  hs.respond = () => hs.calls.length === 1 ? { status: 429, headers: { 'retry-after': '1' } }
    : hs.calls.length === 2 ? { status: 429, body: '{"retry_after_ms":300}' } : { status: 200 };
  await authz.post(delegate.path, delegate.body(hs, delay('d1', 60000)));
  await authz.webhook('participant_joined', delegate.names(hs).room, delegate.names(hs).identity);
  await eventually('third', () => hs.calls.length === 3, 4000);
  assert.ok(hs.calls[1].at - hs.calls[0].at >= 950);
  assert.ok(hs.calls[2].at - hs.calls[1].at >= 950);
});

single('a homeserver that fails is called again', async ({ hs, authz, sfu }) => {
  hs.respond = c => ({ status: c.action === 'send' && hs.count('send') < 2 ? 500 : 200 });
  const { room, identity } = delegate.names(hs);
  await authz.post(delegate.path, delegate.body(hs, delay('d1', 60000)));
  sfu.enter(room, identity);
  await authz.webhook('participant_joined', room, identity);
  await eventually('restart', () => hs.count('restart'));
  sfu.leave(room, identity);
  await authz.webhook('participant_left', room, identity, 'CLIENT_INITIATED');
  await eventually('second send', () => hs.count('send') === 2, 4000);
  await eventually('over', async () => await authz.jobs() === 0);
});

single('many leaves at once are paced', async ({ hs, authz, sfu }) => {
  const all = Array.from({ length: 8 }, (_, i) => endpoints[0].names(hs, { room: `!r${i}:x` }));
  for (const [i, n] of all.entries()) {
    await authz.post('/sfu/get', endpoints[0].body(hs, { ...delay(`d${i}`, 60000), room: `!r${i}:x` }));
    sfu.enter(n.room, n.identity);
  }
  await eventually('restarts', () => hs.count('restart') === 8, 9000);
  for (const n of all) { sfu.leave(n.room, n.identity); await authz.webhook('participant_left', n.room, n.identity, 'CLIENT_INITIATED'); }
  await eventually('sends', () => hs.count('send') === 8, 15000);
  const sends = hs.calls.filter(c => c.action === 'send').map(c => c.at);
  for (let i = 5; i < 8; i++) assert.ok(sends[i] - sends[i - 5] > 800, `${sends[i] - sends[i - 5]}`);
});

single('stable paths when the homeserver has them', async ({ hs, authz }) => {
  await authz.post(delegate.path, delegate.body(hs, delay('d1', 1000)));
  await eventually('send', () => hs.count('send'), 2500);
  assert.equal(hs.calls[0].path, '/_matrix/client/v1/delayed_events/d1/send');
}, { homeserver: { versions: { versions: ['v1.11'], unstable_features: { 'org.matrix.msc4140.stable': true } } } });

single('webhooks that are not ours are nothing, and answered 200', async ({ hs, authz, sfu }) => {
  const { room, identity } = delegate.names(hs);
  await authz.post(delegate.path, delegate.body(hs, delay('d1', 60000)));
  sfu.enter(room, identity);
  await authz.webhook('participant_joined', room, identity);
  await eventually('restart', () => hs.count('restart'));
  sfu.leave(room, identity);
  const answers = [
    await authz.webhook('participant_left', room, identity, 'CLIENT_INITIATED', { secret: 'wrong' }),
    await authz.webhook('participant_left', room, identity, 'CLIENT_INITIATED', { key: 'other' }),
    await authz.webhook(null, null, null, null, { body: 'not json' }),
    await authz.post('/sfu_webhook', { event: 'participant_left', room: { name: room }, participant: { identity } }),
    await fetch(`${authz.url}/sfu_webhook`),
  ];
  for (const r of answers) assert.equal(r.status, 200);
  await never('send', () => hs.count('send'), 1500);
});

cases.push({
  name: 'jobs in Redis', run: async w => {
    const redis = await w.redis();
    const { hs, sfu, authz } = await w.standard({ env: { LIVEKIT_REDIS_URL: redis.url } });
    const { room, identity } = delegate.names(hs), field = JSON.stringify([room, identity]);
    assert.equal((await authz.post(delegate.path, delegate.body(hs, delay('d1', 60000)))).status, 200);
    sfu.enter(room, identity);
    await authz.webhook('participant_joined', room, identity);
    await eventually('restart', () => hs.count('restart'));
    const value = JSON.parse(await eventually('stored', () => redis.command('HGET', 'lk-jwt:jobs', field)));
    assert.deepEqual(value.Params, { DelayId: 'd1', DelayTimeout: 60000e6, ServerName: hs.name, LiveKitRoom: room, LiveKitIdentity: identity });
    assert.ok(Math.abs(Date.parse(value.RestartedAt) - Date.now()) < 5000);
    await authz.stop('SIGKILL');
    await authz.start();
    await eventually('back', async () => await authz.jobs() === 1);
    sfu.leave(room, identity);
    await authz.webhook('participant_left', room, identity, 'CLIENT_INITIATED');
    await eventually('send', () => hs.count('send'), 2000);
    await eventually('removed', () => redis.command('HLEN', 'lk-jwt:jobs') === '0');
  },
});

cases.push({
  name: 'Redis that comes late gets all jobs', run: async w => {
    const redis = await w.redis();
    await redis.stop();
    const { hs, authz } = await w.standard({ env: { LIVEKIT_REDIS_URL: redis.url } });
    assert.equal((await authz.post(delegate.path, delegate.body(hs, delay('d1', 60000)))).status, 200);
    await redis.startAt(redis.port);
    await eventually('stored', () => redis.command('HLEN', 'lk-jwt:jobs') === '1');
  },
});

cases.push({
  name: 'jobs that lk-jwt-service left in Redis are gone on with', run: async w => {
    const redis = await w.redis(), hs = await w.homeserver(), sfu = await w.sfu();
    const { room, identity } = delegate.names(hs), now = Date.now();
    const put = (r, id, at) => redis.command('HSET', 'lk-jwt:jobs', JSON.stringify([r, identity]), JSON.stringify({ Params: { DelayId: id, DelayTimeout: 3600e9, ServerName: hs.name, LiveKitRoom: r, LiveKitIdentity: identity }, RestartedAt: new Date(at).toISOString().replace('Z', '+00:00') }));
    put(room, 'alive', now - 1000e3);
    put('other', 'fired', now - 3700e3);
    redis.command('HSET', 'lk-jwt:jobs', 'broken', '{"x":');
    const authz = await w.authz({ settings: { grace: '1s', start_grace: '1s' }, env: { LIVEKIT_URL: sfu.url, LIVEKIT_REDIS_URL: redis.url, LIVEKIT_FULL_ACCESS_HOMESERVERS: hs.name, LIVEKIT_CS_API_URL_OVERRIDES: `${hs.name}=${hs.clientUrl}` } });
    await eventually('send', () => hs.count('send', 'alive'), 4000);
    assert.equal(hs.actions('fired').length, 0);
    await eventually('over', async () => await authz.jobs() === 0);
  },
});
