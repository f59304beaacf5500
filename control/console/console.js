// SPDX-License-Identifier: Apache-2.0
// The operator's page: what the stats sockets tell, once a second. The token comes with the URL's fragment (which no server
// and no log sees) or from the form, and stays in this tab.
import { ask, Refused } from './ask.js';
import { showMachine } from './machine.js';
import { showOverview } from './overview.js';
import { showRoom, showRooms } from './rooms.js';

const $ = id => document.getElementById(id);
const interval = 1000;
const fragment = new URLSearchParams(location.hash.slice(1));

if (fragment.has('token')) {
  sessionStorage.setItem('token', fragment.get('token'));
  fragment.delete('token');
  history.replaceState(null, '', `${location.pathname}${location.search}${[...fragment].length ? `#${fragment}` : ''}`);
}
let token = sessionStorage.getItem('token') ?? '', room = fragment.get('room'), next;

// What control tells is left out while control is being replaced.
const optional = promise => promise.catch(error => { if (error instanceof Refused && error.status === 401) throw error; });

// One question after the other: the sockets serve few clients at once.
async function askAll(from, gets) {
  const all = {};
  for (const get of gets) Object.assign(all, await ask(token, from, get));
  return all;
}

function pick(name) {
  room = name === room ? null : name;
  history.replaceState(null, '', room ? `#room=${encodeURIComponent(room)}` : location.pathname);
  refresh();
}

async function show() {
  const now = { dataplane: await askAll('dataplane', ['rooms', 'queues', 'pools', 'threads', 'process']), control: await optional(askAll('control', ['address', 'process'])) };
  const rooms = now.dataplane.room ?? [];
  showOverview($('tiles'), now);
  showRooms(rooms, room, pick);
  showMachine(now);
  const picked = rooms.some(r => r.room === room) ? room : null;
  showRoom(picked, picked ? await ask(token, 'dataplane', 'room', { room }) : {}, picked ? await optional(ask(token, 'control', 'room', { room })) : {});
}

function enter(entered) {
  $('enter').hidden = entered;
  $('console').hidden = !entered;
}

function fail(error) {
  $('error').textContent = error.message;
  $('error').hidden = false;
  if (!(error instanceof Refused) || (error.status !== 401 && error.status !== 403)) return true;
  sessionStorage.removeItem('token');
  token = '';
  enter(false);
  return false;
}

// One round after the other, never two at once.
async function refresh() {
  clearTimeout(next);
  next = undefined;
  if (!token) { enter(false); return; }
  let again = true;
  try {
    await show();
    enter(true);
    $('error').hidden = true;
    $('state').textContent = new Date().toLocaleTimeString();
  } catch (error) {
    again = fail(error);
  }
  clearTimeout(next);
  if (again) next = setTimeout(refresh, interval);
}

$('enter').addEventListener('submit', event => {
  event.preventDefault();
  token = $('token').value.trim();
  sessionStorage.setItem('token', token);
  refresh();
});
refresh();
