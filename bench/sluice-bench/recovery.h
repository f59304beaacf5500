/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loss on the receiving side (--lose): packets that are thrown away on arrival, asked for again
 * with NACKs, and what comes back as RTX (RFC 4588).
 */
#ifndef SLUICE_BENCH_RECOVERY_H
#define SLUICE_BENCH_RECOVERY_H

#include "bench/sluice-bench/subscriber.h"

/* Prepares a stream of video; without memory it is lost for good. */
void recovery_open(struct subscriber_stream *s);
void recovery_close(struct subscriber_stream *s);

/* Whether the next packet is to be thrown away. */
bool recovery_loses(const struct subscriber *s);

/* A packet has been counted that carries this number, itself or by RTX. */
void recovery_received(struct subscriber_stream *s, uint16_t seq, usec_t now);

/* The number of the packet that an RTX packet brings back. False if it brings none. */
bool recovery_read(struct subscriber_stream *rtx, const struct transport *t, const uint8_t *data,
                   size_t len, uint16_t *seq);

/* Asks for what is missing and due. */
void recovery_ask(struct subscriber *s, struct transport *t, usec_t now, struct outbox *out,
                  struct counters *c);

#endif
