// SPDX-License-Identifier: Apache-2.0
// The three endpoints, as cases go through them.
import { hash } from './tools.mjs';

const room = '!room:example.com', device = 'DEVICE', slot = 'm.call#ROOM', member = 'member-uuid';

export const endpoints = [
  {
    path: '/sfu/get', tokens: true,
    body: (hs, extra = {}) => ({ room, openid_token: hs.openid(), device_id: device, ...extra }),
    names: (hs, { user = 'alice', room: r = room } = {}) => ({ room: hash(r, slot), identity: `@${user}:${hs.userName}:${device}` }),
    inRoom: r => ({ room: r }),
  },
  {
    path: '/get_token', tokens: true, claims: true,
    body: (hs, extra = {}) => ({ room_id: room, slot_id: slot, openid_token: hs.openid(), member: { id: member, claimed_user_id: `@alice:${hs.userName}`, claimed_device_id: device }, ...extra }),
    names: (hs, { user = 'alice', room: r = room } = {}) => ({ room: hash(r, slot), identity: hash(`@${user}:${hs.userName}`, device, member) }),
    inRoom: r => ({ room_id: r }),
  },
];
endpoints.push({ ...endpoints[1], path: '/delegate_delayed_leave', tokens: false });

export const delay = (id, timeout) => ({ delay_id: id, delay_timeout: timeout, delay_cs_api_url: 'http://127.0.0.1:1' });
