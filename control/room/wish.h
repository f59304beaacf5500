/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client says about tracks that are not known, or not subscribed to, yet.
 */
#ifndef SLUICE_CONTROL_ROOM_WISH_H
#define SLUICE_CONTROL_ROOM_WISH_H

#include "control/room/state.h"

/* NULL if there is none. */
struct wish *wish_find(const struct participant *p, const char *track_sid);

/* A subscription that stays unfulfilled for a minute is answered with SE_TRACK_NOTFOUND. */
void wish_subscribe(struct participant *p, const char *track_sid, bool wanted, usec_t now);
void wish_settings(struct participant *p, const char *track_sid, const struct track_settings *s,
                   usec_t now);

void wish_free(struct wish *w);
void wishes_free(struct participant *p);

#endif
