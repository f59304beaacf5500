/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One transport-wide feedback packet in the making: arrival times of consecutive packets in, wire
 * form out. Source as of rtcp_read_twcc().
 */
#ifndef SLUICE_DATAPLANE_RTCP_TWCC_WRITER_H
#define SLUICE_DATAPLANE_RTCP_TWCC_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TWCC_STATUSES_MAX 1024 /* in one packet */

struct twcc_writer {
    size_t cap, delta_bytes;
    unsigned n;               /* statuses */
    uint32_t reference, last; /* ticks of 250 us */
    bool started;             /* a received packet has been added */
    uint8_t symbols[TWCC_STATUSES_MAX];
    int16_t deltas[TWCC_STATUSES_MAX];
};

/* cap: of the buffer given to twcc_writer_finish(). */
void twcc_writer_begin(struct twcc_writer *w, size_t cap);

/* The next packet: its arrival in units of 250 us modulo 2^32; 0: not received. False, and nothing
 * is added, if the packet is full or the time cannot be told as a delta. */
bool twcc_writer_add(struct twcc_writer *w, uint32_t arrival);

/* Writes what was added. Returns the length, a multiple of four. */
size_t twcc_writer_finish(const struct twcc_writer *w, uint32_t sender, uint32_t media,
                          uint16_t base_seq, uint8_t feedback_count, uint8_t *out);

#endif
