// SPDX-License-Identifier: Apache-2.0
// Questions to the stats sockets, by way of the server (docs/stats.md has the fields).

// Thrown for answers other than 200; `status` tells which.
export class Refused extends Error {
  constructor(status, text) { super(text); this.status = status; }
}

// The lines of the answer by their kind: { room: [..], track: [..] }, with `mono_us` of the answer.
export async function ask(token, from, get, more = {}) {
  const answer = await fetch(`stats?${new URLSearchParams({ from, get, ...more })}`, { headers: { authorization: `Bearer ${token}` }, cache: 'no-store' });
  const text = await answer.text();
  if (!answer.ok) throw new Refused(answer.status, text.trim());
  const kinds = {};
  for (const line of text.split('\n')) {
    if (!line) continue;
    const object = JSON.parse(line);
    if (object.kind === 'error') throw new Refused(502, object.text);
    if (object.kind === 'begin') kinds.mono_us = object.mono_us;
    else if (object.kind !== 'end') (kinds[object.kind] ??= []).push(object);
  }
  return kinds;
}
