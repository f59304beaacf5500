/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects as commands for the dataplane. Each states the whole object and may be repeated.
 */
#ifndef SLUICE_CONTROL_ROOM_COMMANDS_H
#define SLUICE_CONTROL_ROOM_COMMANDS_H

#include "control/room/state.h"

void command_open_participant(const struct participant *p);
void command_close_participant(struct rooms *rs, uint64_t id);

/* One of the Close commands. */
void command_close_id(struct rooms *rs, Sluice__Link__Command__BodyCase kind, uint64_t id);
void command_open_transport(const struct transport *t);
void command_close_transport(const struct transport *t);
void command_set_remote(const struct transport *t);
void command_restart_ice(const struct transport *t);
void command_open_track(const struct source *s);
void command_open_tracks(const struct publication *t); /* in each codec that is sent */
void command_close_track(const struct source *s);
void command_open_subscription(const struct subscription *s);
void command_close_subscription(const struct subscription *s);
void command_query_participant(const struct participant *p);
void command_query_silent(struct rooms *rs, uint32_t silent_ms);

/* A DataPacket of the server's own, packed, to these identities (none: everyone). False if it does
 * not fit into one record of the link. */
bool command_send_data(const struct room *r, bool reliable, const void *packet, size_t size,
                       char *const *identities, size_t identity_count);

/* Everything of p, for a dataplane that may have missed something. */
void command_repeat(const struct participant *p);

/* Which of our addresses the TURN server relays to: to be told whenever they change. */
void command_set_turn_peers(struct rooms *rs);

/* Credentials with which p may use it; `key` as the link's TurnUser has it. */
void command_add_turn_user(const struct participant *p, const char *username, const uint8_t *key,
                           size_t key_len, uint32_t lifetime);

#endif
