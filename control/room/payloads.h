/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a subscriber's payload types can carry what a publisher sends.
 */
#ifndef SLUICE_CONTROL_ROOM_PAYLOADS_H
#define SLUICE_CONTROL_ROOM_PAYLOADS_H

#include "control/sdp/negotiated.h"

/* Writes the subscriber's payloads that fit one of the track's, the track's first choice first.
 * Returns how many; 0: the track's first codec cannot be sent. */
uint32_t payloads_match(const struct sdp_negotiated *track, const struct sdp_negotiated *subscriber,
                        struct sdp_payload out[static SDP_PAYLOADS_MAX]);

#endif
