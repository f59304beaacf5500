/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much the way to one receiver carries, estimated on the sending side from transport-wide
 * feedback: growing queues (trendline, AIMD), loss, and probes. Sans-I/O: feedback and `now` in, an
 * estimate out.
 *
 * It may begin optimistic: then the way is taken to carry everything until a queue stands, or loss
 * stays high, for a while; a jump of the delay by itself, such as a busy receiver makes, is no
 * reason.
 */
#ifndef SLUICE_DATAPLANE_CC_BWE_H
#define SLUICE_DATAPLANE_CC_BWE_H

#include "dataplane/cc/ack_rate.h"
#include "dataplane/cc/aimd.h"
#include "dataplane/cc/alr.h"
#include "dataplane/cc/arrival_groups.h"
#include "dataplane/cc/history.h"
#include "dataplane/cc/loss_bound.h"
#include "dataplane/cc/probe_rate.h"
#include "dataplane/cc/prober.h"
#include "dataplane/cc/standing_queue.h"
#include "dataplane/cc/trendline.h"
#include "dataplane/rtcp/parse.h"

#include <stdbool.h>

struct bwe_config {
    double start, min, max; /* bit/s */
    bool optimistic;
};

struct bwe {
    struct bwe_config config;
    bool optimistic;
    usec_t suspect_since; /* a queue has been standing; 0: none */
    usec_t congested_at;  /* newest decrease; 0: never */
    usec_t rtt;           /* feedback's delay included; 0: unknown */
    struct arrival_groups groups;
    struct trendline trend;
    struct ack_rate acked;
    struct aimd aimd;
    struct loss_bound loss;
    struct standing_queue queue;
    struct alr alr;
    struct probe_rate probe;
    struct prober prober;
    bool timed;         /* reference and base are set */
    uint32_t reference; /* of the newest feedback, 24 bits */
    int64_t base;       /* the same, unwrapped, in units of 250 us */
    uint8_t heard;      /* feedback count expected next */
    double probed;      /* best rate that a probe showed in this feedback; 0: none */
};

void bwe_init(struct bwe *b, const struct bwe_config *config);

/* Feedback, and the history that it is about. True if the estimate fell. `t` and `c` as
 * rtcp_read_twcc() gave them. */
bool bwe_feedback(struct bwe *b, struct cc_history *h, const struct rtcp_twcc *t,
                  struct rtcp_twcc_cursor *c, usec_t now);

/* bit/s; config.max while it is optimistic. */
double bwe_estimate(const struct bwe *b);

/* The way has been good for long: optimistic again. */
void bwe_trust(struct bwe *b);

/* Bytes of probe packets to be sent now, one packet after the other until this says 0. Marks what
 * is sent as the probe's while it lasts. */
uint32_t bwe_probe_due(struct bwe *b, struct cc_history *h, usec_t now);

#endif
