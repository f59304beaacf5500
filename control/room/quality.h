/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection quality: every 5 s a grade per participant, from the loss on its tracks
 * (livekit: E-model like scores 0..100, smoothed; the worst track counts).
 */
#ifndef SLUICE_CONTROL_ROOM_QUALITY_H
#define SLUICE_CONTROL_ROOM_QUALITY_H

#include "control/room/state.h"

#define QUALITY_PERIOD (5 * USEC_PER_SEC)

/* Media in and out, as reported. */
uint64_t quality_bytes_per_second(const struct rooms *rs, usec_t now);

void quality_reports(struct rooms *rs, const Sluice__Link__Reports *m, usec_t now);

/* The tick of a room. */
void quality_due(void *room, usec_t now);

/* A window of `packets` received and `lost` changes the score. */
void quality_measure(struct quality_score *s, bool video, bool red, uint32_t packets,
                     uint32_t lost);

Livekit__ConnectionQuality quality_grade(double score);

/* Mean opinion score 1..4.5 of a score 0..100. */
double quality_mos(double score);

#endif
