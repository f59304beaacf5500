/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encodings around what a client asks for.
 */
#ifndef SLUICE_CONTROL_SIGNAL_JOIN_DECODE_H
#define SLUICE_CONTROL_SIGNAL_JOIN_DECODE_H

#include "control/signal/join_request.h"

/* Base64url, WrappedJoinRequest, perhaps gzip, JoinRequest. Returns NULL and sets *out (free with
 * livekit__join_request__free_unpacked), or the text of the refusal. Memory is bounded: what would
 * unfold to more than 16 MiB is refused. */
const char *join_decode_request(const char *text, size_t length, Livekit__JoinRequest **out);

/* The `attributes` parameter: base64url of a JSON object of strings. False if it is not that. */
bool join_decode_attributes(const char *text, size_t length, struct claims_attribute **out,
                            size_t *count);

void join_free_attributes(struct claims_attribute *attributes, size_t count);

#endif
