/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opus facts a forwarder needs (RFC 7587).
 */
#ifndef SLUICE_DATAPLANE_RTP_OPUS_H
#define SLUICE_DATAPLANE_RTP_OPUS_H

#include <stdint.h>

#define OPUS_CLOCK_RATE     48000
#define OPUS_FRAME_TS       960 /* 20 ms */
#define OPUS_SILENCE_LENGTH 80

/* One 20 ms frame of silence, and on: a CBR packet of zeros behind three bytes. The end-to-end
 * encryption worker of livekit-client lets exactly these bytes pass in the clear. */
extern const uint8_t opus_silence[OPUS_SILENCE_LENGTH];

#endif
