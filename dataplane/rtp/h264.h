/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a key frame starts in an H.264 payload (RFC 6184).
 */
#ifndef SLUICE_DATAPLANE_RTP_H264_H
#define SLUICE_DATAPLANE_RTP_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the payload carries a sequence parameter set: alone, in an aggregation packet (STAP-A,
 * STAP-B, MTAP16, MTAP24) or as the first fragment of it. An IDR slice alone does not do: a decoder
 * that joins here needs the parameter sets. */
bool h264_key_frame(const uint8_t *payload, size_t len);

#endif
