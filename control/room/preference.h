/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How clients of an identity should be reached, if not over UDP, and which of its tokens are good
 * no more: kept with the room, so that it outlives the session.
 */
#ifndef SLUICE_CONTROL_ROOM_PREFERENCE_H
#define SLUICE_CONTROL_ROOM_PREFERENCE_H

#include "control/room/state.h"

#define PREFERENCES_MAX 1024 /* per room; more are not kept */

void preference_set(struct room *r, const char *identity, Livekit__CandidateProtocol how);

/* UDP if nothing was set. */
Livekit__CandidateProtocol preference_of(const struct room *r, const char *identity);
/* Tokens of the identity that were issued before this (Unix seconds) are refused. */
void preference_revoke(struct room *r, const char *identity, int64_t before);
bool preference_is_revoked(const struct room *r, const char *identity, int64_t issued_at);

void preferences_free(struct room *r);

#endif
