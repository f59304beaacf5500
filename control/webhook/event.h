/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened in a room, as a livekit.WebhookEvent.
 */
#ifndef SLUICE_CONTROL_WEBHOOK_EVENT_H
#define SLUICE_CONTROL_WEBHOOK_EVENT_H

#include "control/room/state.h"

/* "participant_joined" */
const char *webhook_event_name(enum room_event e);

/* The packed message, from malloc; NULL if out of memory. Rooms and participants are reduced to
 * their names with tracks, as LiveKit does, unless `full_room`. */
uint8_t *webhook_event_pack(enum room_event e, const struct room *r, const struct participant *p,
                            const struct publication *t, bool full_room, int64_t unix_seconds,
                            size_t *size);

/* The packed event of the end of what began with this one, from malloc; NULL if that does not parse
 * or memory is out. `room` gets the room's name, from malloc. */
uint8_t *webhook_event_end(const void *begun, size_t size, int64_t unix_seconds, char **room,
                           size_t *end_size);

/* The body to POST, from malloc: proto3 JSON with what was given up before. NULL if the event does
 * not parse or memory is out. */
char *webhook_event_body(const void *event, size_t size, uint32_t dropped);

#endif
