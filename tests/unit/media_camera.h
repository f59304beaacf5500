/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VP8 publisher for tests of the media engine: up to three encodings with numbers and clocks of
 * their own.
 */
#ifndef SLUICE_TESTS_UNIT_MEDIA_CAMERA_H
#define SLUICE_TESTS_UNIT_MEDIA_CAMERA_H

#include "tests/unit/media_world.h"

struct camera {
    struct peer *peer;
    uint16_t seq[3];
    uint32_t ts[3];
    uint16_t picture[3];
    uint8_t tl0[3], key[3];
    bool plain;       /* one-byte descriptors, as Chromium sends them */
    bool silent;      /* no more mid and rid */
    bool lose_next;   /* the next packet does not arrive */
    unsigned packets; /* per frame */
};

uint32_t camera_ssrc(unsigned layer);
struct camera camera_of(struct peer *p);

/* One frame of one layer. */
void send_frame(struct world *w, struct camera *c, unsigned layer, bool key);
/* A frame of each of three layers, a key frame of that one (-1: of none), and a frame's time. */
void send_all(struct world *w, struct camera *c, int key_layer);
/* The publisher's sender reports: all layers show the same instant. */
void send_reports(struct world *w, const struct camera *c);
/* How many PLIs for that SSRC a peer has got. */
unsigned plis_for(const struct peer *p, uint32_t ssrc);

#endif
