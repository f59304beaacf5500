/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a probe tells: the rate at which a cluster of packets arrived, compared with the one at
 * which it was sent.
 */
#ifndef SLUICE_DATAPLANE_CC_PROBE_RATE_H
#define SLUICE_DATAPLANE_CC_PROBE_RATE_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* One cluster, as far as feedback has told about it. */
struct probe_rate {
    uint8_t cluster; /* 0: none is expected */
    unsigned packets, packets_min;
    uint32_t bytes, bytes_min;
    uint32_t last_sent_size, first_arrived_size;
    usec_t first_sent, last_sent;
    int64_t first_arrived, last_arrived;
};

/* Cluster `cluster` of so many packets and bytes was sent. */
void probe_rate_expect(struct probe_rate *p, uint8_t cluster, unsigned packets, uint32_t bytes);

/* A packet of some cluster has arrived. True if enough of the cluster has: *bps is what the way
 * carries besides what others send, as far as it tells. May be told again, better, with later
 * packets. */
bool probe_rate_packet(struct probe_rate *p, uint8_t cluster, usec_t sent, int64_t arrived,
                       uint32_t size, double *bps);

#endif
