/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What workers say to each other, through one ring per pair and direction. Frames are lent by
 * reference and come back by PEER_RETURN; a lender never lends more than a quarter of the ring's
 * slots, and other messages leave that quarter free, so that a frame can always be given back.
 */
#ifndef SLUICE_DATAPLANE_MEDIA_PEER_H
#define SLUICE_DATAPLANE_MEDIA_PEER_H

#include "common/handle.h"
#include "dataplane/forward/frame.h"
#include "dataplane/forward/sent_log.h"
#include "dataplane/forward/timeline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_TAKE_MAX 128 /* messages taken of one peer in a turn */

struct media;
struct track;
struct net_path;

enum peer_message_type {
    PEER_PACKET,         /* track, frame: for its downtracks there */
    PEER_RETURN,         /* frame: not used any more */
    PEER_STRAY,          /* frame: a datagram that came in at the wrong worker; path in front */
    PEER_SENDER_REPORT,  /* track, layer, clock */
    PEER_KEY_FRAME,      /* track, layer */
    PEER_WANTED,         /* track, layer: highest to pass on; LAYER_NONE: nothing */
    PEER_RETRANSMIT,     /* track, downtrack, resend */
    PEER_RETRANSMISSION, /* downtrack, resend, frame */
};

/* A packet to be sent again: where it stands in the source, and how it was sent. */
struct peer_resend {
    uint64_t sent;
    struct sent_entry entry;
};

struct peer_message {
    enum peer_message_type type;
    handle_t track, downtrack;
    uint8_t layer;
    bool urgent; /* KEY_FRAME */
    struct frame *frame;
    union {
        struct source_clock clock;
        struct peer_resend resend;
    };
};

/* The state of the link with one peer. */
struct peer_link {
    uint32_t lent; /* frames of ours that are there */
    unsigned n_borrowed;
    struct frame *borrowed[PEER_TAKE_MAX]; /* of theirs, until the end of the turn */
};

/* False if there is no room: counted by the caller or told again later. */
bool peer_tell(struct media *m, unsigned peer, const struct peer_message *msg);

/* The same with a frame of ours: takes a reference on success. */
bool peer_lend(struct media *m, unsigned peer, const struct peer_message *msg);

/* Passes the packets of a track on to the workers that have downtracks of it. */
void peer_fan_out(struct media *m, struct track *t, struct frame **frames, unsigned n);

/* Tells one worker the publisher's clock of a layer, if it is known. */
void peer_tell_sender_report(struct media *m, const struct track *t, uint8_t layer, unsigned peer);

/* Gives a datagram that came in here to the worker whose session it is. */
void peer_hand_over(struct media *m, unsigned peer, const uint8_t *data, size_t len,
                    const struct net_path *path);

/* Takes what peers sent; returns how many messages. */
size_t peer_take(struct media *m);

/* Gives borrowed frames back and rings: after the turn's jobs are done. */
void peer_settle(struct media *m);

#endif
