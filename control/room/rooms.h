/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rooms of this server: their beginning and end, the clock, and finding things in them.
 */
#ifndef SLUICE_CONTROL_ROOM_ROOMS_H
#define SLUICE_CONTROL_ROOM_ROOMS_H

#include "control/room/state.h"

/* Both structures are copied; what they point to stays the caller's. */
void rooms_init(struct rooms *rs, const struct rooms_config *config, const struct room_output *out);

/* Frees everything without a word to anybody. */
void rooms_free(struct rooms *rs);

/* When rooms_run() has something to do; USEC_NEVER if nothing is due. */
usec_t rooms_deadline(const struct rooms *rs);
void rooms_run(struct rooms *rs, usec_t now);

/* Everyone leaves with SERVER_SHUTDOWN. */
void rooms_shut_down(struct rooms *rs, usec_t now);

struct room *rooms_find(const struct rooms *rs, const char *name);

/* Settings of a new room; 0 and NULL: as configured. */
struct room_settings {
    uint32_t empty_timeout, departure_timeout, max_participants;
    const char *metadata;
    bool sync_streams;
};

/* The room of that name, made if there is none. NULL if there are ROOMS_MAX. s may be NULL. */
struct room *rooms_open(struct rooms *rs, const char *name, const struct room_settings *s,
                        usec_t now);

/* CreateRoom of a room that exists: settings that are not 0 replace the old ones. */
void room_update_settings(struct room *r, const struct room_settings *s, usec_t now);

/* Everyone leaves for `reason`, then the room is gone. */
void room_close(struct room *r, Livekit__DisconnectReason reason, usec_t now);

/* Tells everyone. */
void room_set_metadata(struct room *r, const char *metadata, usec_t now);

/* Participants without those that are shown from other rooms: they keep a room open, and count
 * where it is full. */
uint32_t room_members(const struct room *r);
bool room_is_full(const struct room *r);

struct participant *room_participant(const struct room *r, const char *identity);
struct participant *room_participant_by_sid(const struct room *r, const char *sid);

/* NULL if no published track has that sid. */
struct publication *room_track(const struct room *r, const char *sid);
uint32_t room_publisher_count(const struct room *r);

/* The first multiple of `period` since the room began that lies after now. */
usec_t room_tick(const struct room *r, usec_t period, usec_t now);

/* The counts changed: tells everyone, at most every 5 s. */
void room_counts_changed(struct room *r, usec_t now);

/* Somebody came or went: starts or stops the end of the room. */
void room_occupancy_changed(struct room *r, usec_t now);

#endif
