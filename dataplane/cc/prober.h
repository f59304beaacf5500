/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to probe, and how hard: for a moment packets are added to what is sent, so that all together
 * is the rate that is hoped for, spread evenly; no media is needed. Two such clusters in a row must
 * get through before the rate counts as good. What fails is tried again after a longer and longer
 * while, and from below.
 */
#ifndef SLUICE_DATAPLANE_CC_PROBER_H
#define SLUICE_DATAPLANE_CC_PROBER_H

#include "common/clock.h"
#include "dataplane/cc/history.h"

#include <stdbool.h>
#include <stdint.h>

#define PROBE_SUCCESSES 2

struct prober {
    bool pressing;   /* something is left out altogether */
    bool limited;    /* by what there is to send, and not by the estimate */
    double goal;     /* bit/s in all that is hoped for; 0: nothing */
    usec_t next;     /* earliest begin of the next cluster */
    usec_t interval; /* between tries that fail */
    unsigned doubt;  /* how often in a row a rate that seemed good was not */
    double step;     /* of the estimate: highest rate tried */
    uint8_t cluster; /* newest; 0: none ever */
    unsigned successes;
    /* The cluster under way, or waited for. */
    enum { PROBER_IDLE, PROBER_SENDING, PROBER_WAITING } state;
    double rate;
    usec_t began, sent_at;
    uint16_t first;      /* number of its first packet */
    uint64_t from_bytes; /* sent before it */
    uint32_t bytes_wanted;
    unsigned packets; /* once it has been sent */
    uint32_t bytes;
};

void prober_init(struct prober *p);

/* What is hoped for from now on: `goal` in all (0: nothing). A higher goal than before may be
 * tried for at once, unless the link is known to be full. `pressing`: something is left out
 * altogether. */
void prober_want(struct prober *p, double goal, bool pressing, usec_t now);

/* A rate that two clusters had shown was too much after all, as where a token bucket lets short
 * bursts through: clusters get longer, and rarer. Or it was good. */
void prober_verdict(struct prober *p, bool good);

/* The link is full: what was under way is given up, and nothing is tried for a while. */
void prober_congested(struct prober *p, usec_t now);

/* How many bytes are to be added now to what was sent (h); 0: none. While the state is
 * PROBER_SENDING all that is sent belongs to the cluster p->cluster. `estimate`: what the link is
 * known to carry. */
uint32_t prober_due(struct prober *p, const struct cc_history *h, double estimate, usec_t now);

/* How the cluster went: it arrived at `rate`. */
void prober_result(struct prober *p, double rate, usec_t now);

/* Whether queues seen now may be a cluster's own work. */
bool prober_disturbs(const struct prober *p, usec_t rtt, usec_t now);

/* When to call prober_due(); USEC_NEVER if there is nothing to do. */
usec_t prober_deadline(const struct prober *p);

#endif
