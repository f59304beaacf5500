/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a publisher lets subscribe (SubscriptionPermission). Everyone, until it says otherwise.
 */
#ifndef SLUICE_CONTROL_ROOM_PERMISSION_H
#define SLUICE_CONTROL_ROOM_PERMISSION_H

#include "control/room/state.h"

void permission_set(struct participant *p, const Livekit__SubscriptionPermission *m, usec_t now);
bool permission_allows(const struct participant *publisher, const struct participant *subscriber,
                       const char *track_sid);
void permission_free(struct participant *p);

#endif
