/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a key frame starts in an H.265 payload (RFC 7798).
 */
#ifndef SLUICE_DATAPLANE_RTP_H265_H
#define SLUICE_DATAPLANE_RTP_H265_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the payload carries a sequence or picture parameter set: alone, in an aggregation packet
 * or as the first fragment of it. */
bool h265_key_frame(const uint8_t *payload, size_t len);

#endif
