/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a session is kept whose end is in doubt. LiveKit tells only one case, media that failed,
 * which takes 15 s without a check and 5 s more. A WebSocket that was closed while checks have
 * stopped as well is a client that died: one that changes its network cannot close anything.
 */
#ifndef SLUICE_CONTROL_ROOM_PATIENCE_H
#define SLUICE_CONTROL_ROOM_PATIENCE_H

#include "control/room/state.h"

#define PATIENCE_VANISHED   (3 * USEC_PER_SEC)  /* no signalling, and no check for 10 s */
#define PATIENCE_LOST       (5 * USEC_PER_SEC)  /* told to resume or to join anew */
#define PATIENCE_RESTARTING (30 * USEC_PER_SEC) /* clients give an ICE restart 15 s */

/* Signalling came or went, or a transport changed its state: p->disconnect is set accordingly. */
void patience_changed(struct participant *p, usec_t now);

#endif
