/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network in virtual time for congestion control: a bottleneck with a drop-tail queue that flows
 * share, and a way back for feedback. Flows are senders that send what their estimator says, to
 * receivers that answer with real transport-wide feedback.
 */
#ifndef SLUICE_TESTS_SIM_CC_NETWORK_H
#define SLUICE_TESTS_SIM_CC_NETWORK_H

#include "dataplane/cc/bwe.h"
#include "dataplane/rtcp/twcc_recorder.h"

#include <stddef.h>

#define NETWORK_FLOWS  4
#define LINK_PACKETS   4096
#define FEEDBACK_MAX   1200
#define NETWORK_MS_MAX 130000

struct link_step {
    usec_t at;
    double bps;
};

struct link_packet {
    usec_t arrives;
    uint16_t seq, size;
    uint8_t flow;
    bool marker;
    uint8_t bytes[FEEDBACK_MAX]; /* of feedback */
};

struct network_link {
    const struct link_step *steps; /* by time; the last one holds on */
    unsigned n_steps;
    usec_t delay, queue_max;
    double loss; /* of packets, by chance */
    usec_t busy_until;
    unsigned first, n;
    struct link_packet *packets; /* [LINK_PACKETS], first in first out */
};

struct flow {
    struct bwe bwe;
    struct cc_history history;
    struct cc_sent slots[CC_HISTORY_SIZE];
    struct twcc_recorder recorder;
    usec_t starts, pause_from, pause_to; /* pause_to 0: none */
    double goal, send_max;               /* hoped for; what there is to send (0: all that may be) */
    int64_t clock_shift;                 /* of the receiver's clock, us */
    double debt;                         /* bytes of frames that wait for the pacer */
    double credit;                       /* of the pacer, bytes */
    usec_t next_frame;
    uint64_t sent, lost, received_bytes;
};

struct network {
    usec_t now;
    uint32_t chance;
    struct network_link forward, back;
    struct flow flows[NETWORK_FLOWS];
    unsigned n_flows;
    uint32_t queue_ms[NETWORK_MS_MAX];                /* of packets that arrive, by millisecond */
    double rate[NETWORK_FLOWS][NETWORK_MS_MAX / 100]; /* received, bit/s, by 100 ms */
    double estimate[NETWORK_FLOWS][NETWORK_MS_MAX / 100];
};

struct network *network_open(const struct link_step *steps, unsigned n_steps, usec_t delay,
                             usec_t queue_max);
void network_close(struct network *n);

struct flow *network_flow(struct network *n, const struct bwe_config *config, double goal,
                          usec_t starts);

/* Until virtual time `until` (from 0 on). */
void network_run(struct network *n, usec_t until);

/* Mean received rate of a flow between two times, bit/s. */
double network_rate(const struct network *n, unsigned flow, usec_t from, usec_t to);
double network_estimate(const struct network *n, unsigned flow, usec_t at);
/* Percentile of queueing delay in that time, ms. */
double network_queue(const struct network *n, usec_t from, usec_t to, double percentile);
/* First time from `from` on at which the rate over 500 ms is at least (or, `below`, at most) bps.
 */
usec_t network_reaches(const struct network *n, unsigned flow, usec_t from, double bps, bool below);

/* ---- parts, for networks of other shapes ---- */

bool link_init(struct network_link *l, const struct link_step *steps, unsigned n_steps,
               usec_t delay, usec_t queue_max);
void link_free(struct network_link *l);
/* Room for a packet of that size, or NULL if it is dropped. */
struct link_packet *link_send(struct network_link *l, uint32_t *chance, uint16_t size, usec_t now);
/* The next packet that has arrived, taken out; NULL if none. */
const struct link_packet *link_take(struct network_link *l, usec_t now);

#endif
