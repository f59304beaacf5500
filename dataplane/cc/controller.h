/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bandwidth towards one subscriber: from what feedback says to which layers are sent. Down at
 * once; up after two good probes, or ten seconds without congestion. Unlimited until something is
 * known to the contrary.
 */
#ifndef SLUICE_DATAPLANE_CC_CONTROLLER_H
#define SLUICE_DATAPLANE_CC_CONTROLLER_H

#include "dataplane/cc/allocator.h"
#include "dataplane/cc/bwe.h"
#include "dataplane/cc/remb_monitor.h"

struct controller {
    struct bwe bwe;
    struct remb_monitor remb;
    bool allow_pause;
    bool limited;    /* by the budget; else everything that is wanted is sent */
    bool by_remb;    /* the budget comes from REMB */
    bool stale;      /* controller_allocate() is to be called */
    double cap;      /* bit/s, from outside; 0: none */
    double budget;   /* bit/s, while limited */
    usec_t lowered;  /* when the budget fell last */
    usec_t raise_at; /* when it may rise without a probe */
    usec_t raised;   /* when it rose last; 0: not since it fell */
    usec_t patience; /* without congestion before that; doubled when it was too early */
    usec_t check_at; /* when to allocate anyway; USEC_NEVER */
    struct cc_allocation last;
};

void controller_init(struct controller *c, bool allow_pause);

/* bit/s that the receiver's transport can take at most; 0: no cap. */
void controller_cap(struct controller *c, double bps);

/* Feedback about the packets of `h`; as bwe_feedback(). */
void controller_feedback(struct controller *c, struct cc_history *h, const struct rtcp_twcc *t,
                         struct rtcp_twcc_cursor *cursor, usec_t now);

/* The receiver's own estimate; only where it gives no feedback. */
void controller_remb(struct controller *c, double bps, uint64_t sent, usec_t now);

/* What may be sent in all, bit/s; INFINITY while unlimited. */
double controller_budget(const struct controller *c);

/* Chooses layers of the video tracks; `reserved`: bit/s of audio. Call when it is stale, at
 * controller_deadline(), and when tracks or their layers have changed. */
void controller_allocate(struct controller *c, struct cc_track *tracks, unsigned n, double reserved,
                         usec_t now);

/* As bwe_probe_due(). */
uint32_t controller_probe_due(struct controller *c, struct cc_history *h, usec_t now);

/* When to call controller_allocate() or controller_probe_due(); USEC_NEVER while unlimited. */
usec_t controller_deadline(const struct controller *c);

#endif
