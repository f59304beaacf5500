/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a key frame starts in an AV1 payload (AV1 RTP payload format, section 4.4; OBU syntax of
 * the AV1 bitstream specification, sections 5.3 and 5.9).
 */
#ifndef SLUICE_DATAPLANE_RTP_AV1_H
#define SLUICE_DATAPLANE_RTP_AV1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the payload starts a coded video sequence (N set, Z clear), has a sequence header first,
 * and the header of a shown or to be shown key frame in the same packet. */
bool av1_key_frame(const uint8_t *payload, size_t len);

#endif
