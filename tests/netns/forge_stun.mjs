// SPDX-License-Identifier: Apache-2.0
// STUN responses that nobody asked for: node forge_stun.mjs ADDRESS PORT COUNT sends COUNT of each kind, from the
// address of a STUN server that is asked, but another port of it; and from a stranger's.
import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { bindingResponse, lie, stunAddresses } from './internet.mjs';

const [address, port, count] = process.argv.slice(2);
const answer = () => bindingResponse(randomBytes(12), { address: lie, port: 50000 });
const spoilt = () => { const m = answer(); m[m.length - 1] ^= 1; return m; };

for (const [from, make] of [[stunAddresses[0], answer], ['198.51.100.1', answer], [stunAddresses[1], spoilt]]) {
  const socket = dgram.createSocket('udp4');
  await new Promise(resolve => socket.bind(0, from, resolve));
  for (let i = 0; i < Number(count); i++) await new Promise(resolve => socket.send(make(), Number(port), address, resolve));
  socket.close();
}
