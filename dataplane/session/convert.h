/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the link's messages to the media engine's flat structs, with every range checked. On failure
 * `*why` is a static text for the log and the Failure answer.
 */
#ifndef SLUICE_DATAPLANE_SESSION_CONVERT_H
#define SLUICE_DATAPLANE_SESSION_CONVERT_H

#include "common/link/link.pb-c.h"
#include "dataplane/media/media.h"

#include <stdbool.h>

bool convert_track(const Sluice__Link__Track *in, handle_t session, struct media_track *out,
                   const char **why);

/* What of `track` a subscriber's side needs to know is copied too. */
bool convert_subscription(const Sluice__Link__Subscription *in, const Sluice__Link__Track *track,
                          struct media_downtrack *out, const char **why);

/* A number that is equal for two fmtp lines of one codec that name compatible streams: H264 by
 * profile and packetization mode (RFC 6184), VP9 by profile-id, AV1 by profile. */
uint8_t convert_variant(Sluice__Link__Codec codec, const char *fmtp);

#endif
