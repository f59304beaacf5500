/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the encodings of a simulcast track a downtrack gets: the target layer, reached at its
 * next key frame; on the way there, key frames of layers nearer to it are taken too, so that the
 * picture starts with whatever comes first.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_SIMULCAST_SELECTOR_H
#define SLUICE_DATAPLANE_FORWARD_SIMULCAST_SELECTOR_H

#include "dataplane/forward/packet.h"

#include <stdbool.h>
#include <stdint.h>

enum selection {
    SELECT_IGNORE, /* not of the stream that is forwarded */
    SELECT_DROP,   /* of it, but of a part that is left out: its number is closed up */
    SELECT_FORWARD,
    SELECT_SWITCH, /* forward as the first packet of another source */
};

struct simulcast_selector {
    uint8_t current;      /* LAYER_NONE: nothing yet */
    uint8_t target;       /* LAYER_NONE: nothing to be had */
    uint8_t temporal;     /* current */
    uint8_t max_temporal; /* wanted */
    bool bounded;         /* nothing above the target, not even on the way there */
};

void simulcast_selector_init(struct simulcast_selector *s);

/* Forgets the current layer: the next key frame starts anew. */
static inline void simulcast_selector_restart(struct simulcast_selector *s)
{
    s->current = LAYER_NONE;
}

/* A target, and whether it is a bound: what is above that is left at once, though the target's key
 * frame has not come. */
void simulcast_selector_aim(struct simulcast_selector *s, uint8_t target, bool bounded);

/* Whether a key frame of the target layer is waited for. */
static inline bool simulcast_selector_wants_key_frame(const struct simulcast_selector *s)
{
    return s->target != LAYER_NONE && s->current != s->target;
}

/* SELECT_SWITCH makes the packet's layer current. SELECT_DROP is only for packets of temporal
 * layers that are not wanted. */
enum selection simulcast_select(struct simulcast_selector *s, const struct packet_info *p);

#endif
