// SPDX-License-Identifier: Apache-2.0
// 1,000 token requests at once for 10 homeservers, one of them dead and one slow. Prints its figures; times
// are judged only where nothing else runs (QUIET_MACHINE=1).
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { assert } from '../lib/tools.mjs';

export const parallel = 1;
const requests = 1000, kinds = ['dead', 2000, 20, 20, 20, 20, 20, 20, 20, 20]; // or ms until userinfo answers

const rss = pid => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
// Processor time that the process has used, in ms.
const cpu = pid => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' '); return (Number(f[11]) + Number(f[12])) * 10; };
const median = list => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];

// Like a reverse proxy, tries again if a kept connection ends before any byte of an answer.
function post(agent, port, body, again = true) {
  return new Promise((resolve, reject) => {
    const q = http.request({ agent, host: '127.0.0.1', port, path: '/sfu/get', method: 'POST' }, r => {
      r.resume().on('end', () => resolve(r.statusCode));
    });
    q.on('error', e => {
      if (again && q.reusedSocket && e.code === 'ECONNRESET') post(agent, port, body, false).then(resolve, reject);
      else reject(e);
    }).end(body);
  });
}

async function round(authz, ports, agent, n) {
  return Promise.all(Array.from({ length: requests }, async (_, i) => {
    const server = i % ports.length, token = `r${n}u${i}`;
    const body = JSON.stringify({ room: '!r:x', device_id: 'D', openid_token: { access_token: token, matrix_server_name: `127.0.0.1:${ports[server]}` } });
    const since = performance.now(), status = await post(agent, authz.port, body);
    return { server, token, status, took: performance.now() - since };
  }));
}

export const cases = [{
  name: 'load: 1,000 requests at once, 10 homeservers, one dead, one slow', run: async w => {
    const worker = new Worker(new URL('../lib/load-homeservers.mjs', import.meta.url), { workerData: kinds });
    w.closing.push(() => worker.terminate());
    const [{ ports }] = await once(worker, 'message'), sfu = await w.sfu();
    const authz = await w.authz({ settings: { allowed_networks: ['127.0.0.0/8'], lookup_time: '6s' }, env: { LIVEKIT_URL: sfu.url, LIVEKIT_LOG_LEVEL: 'error' } });

    // As behind a reverse proxy, connections are kept from round to round; the first one opens them.
    const agent = new http.Agent({ keepAlive: true, maxSockets: requests, maxFreeSockets: requests });
    w.closing.push(() => agent.destroy());
    const memory = [];
    for (let n = 0; n < 3; n++) {
      const before = cpu(authz.child.pid), all = await round(authz, ports, agent, n);
      worker.postMessage('times');
      const [{ times }] = await once(worker, 'message');
      const own = all.map(a => ({ ...a, beyond: a.took - (times[a.token] ?? 0) }));
      const well = own.filter(a => a.server > 1), slow = own.filter(a => a.server === 1), dead = own.filter(a => a.server === 0);
      for (const a of [...well, ...slow]) assert.equal(a.status, 200);
      for (const a of dead) assert.equal(a.status, 401);
      const used = cpu(authz.child.pid) - before;
      memory.push(rss(authz.child.pid));
      console.log(`# round ${n}: healthy ${well.length} requests, beyond the homeserver's time: median ${median(well.map(a => a.beyond)).toFixed(0)} ms, worst ${Math.max(...well.map(a => a.beyond)).toFixed(0)} ms; slow: median ${median(slow.map(a => a.took)).toFixed(0)} ms; dead given up after ${median(dead.map(a => a.took)).toFixed(0)} ms; ${used} ms of processor time; memory ${memory.at(-1)} KiB`);
      assert.ok(used < 1.5 * requests, `${used} ms of processor time`);
      if (process.env.QUIET_MACHINE && n > 0) assert.ok(median(well.map(a => a.beyond)) < 100);
    }
    assert.ok(memory[2] < memory[1] * 1.15, `memory grows: ${memory}`);
  },
}];
