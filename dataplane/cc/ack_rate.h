/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rate at which packets arrive, of what feedback says: samples over short windows, joined by
 * their trustworthiness.
 */
#ifndef SLUICE_DATAPLANE_CC_ACK_RATE_H
#define SLUICE_DATAPLANE_CC_ACK_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct ack_rate {
    bool known;
    double rate;     /* bit/s */
    double variance; /* of rate, in kbit/s squared */
    int64_t at;      /* of the newest packet, us on the receiver's clock */
    int64_t window;  /* us since the present window began */
    uint64_t bytes;  /* within it */
    bool started;
};

void ack_rate_init(struct ack_rate *a);

void ack_rate_packet(struct ack_rate *a, int64_t arrived, uint32_t size);

/* Nothing is known of packets between the last one and the next: the time does not count. */
void ack_rate_gap(struct ack_rate *a);

/* The sender's rate is about to change much: new samples weigh more. */
void ack_rate_expect_change(struct ack_rate *a);

#endif
