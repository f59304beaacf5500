/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets sent in one burst are one group: how the distance of groups changes on the way is what
 * queues do to them (draft-ietf-rmcat-gcc-02 section 5.2). Packets that arrive in one burst because
 * something had held them up join the group before.
 */
#ifndef SLUICE_DATAPLANE_CC_ARRIVAL_GROUPS_H
#define SLUICE_DATAPLANE_CC_ARRIVAL_GROUPS_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct arrival_group {
    bool open;
    usec_t first_sent, sent;        /* on our clock */
    int64_t first_arrived, arrived; /* us, on the receiver's */
    usec_t told;                    /* when the feedback came */
};

struct arrival_groups {
    struct arrival_group current, previous;
    unsigned reordered; /* in a row */
};

struct arrival_delta {
    double sent_ms, arrived_ms; /* from the group before to this one */
};

/* A packet, in the order of sending. True if that has ended a group: *d is how it stands to the one
 * before. Jumps of the receiver's clock start over. */
bool arrival_groups_packet(struct arrival_groups *g, usec_t sent, int64_t arrived, usec_t told,
                           struct arrival_delta *d);

#endif
