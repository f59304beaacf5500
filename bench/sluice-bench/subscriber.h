/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receiving half of a participant: counts each stream by its sequence numbers, decrypts a
 * sample to check content and latency, and reports to the server as a browser does.
 */
#ifndef SLUICE_BENCH_SUBSCRIBER_H
#define SLUICE_BENCH_SUBSCRIBER_H

#include "bench/sluice-bench/counters.h"
#include "bench/sluice-bench/settings.h"
#include "bench/sluice-bench/transport.h"
#include "dataplane/rtcp/nack_generator.h"

struct subscriber_stream {
    uint32_t ssrc;
    bool video, rtx, started;
    uint16_t highest;      /* newest sequence number */
    uint32_t cycles;       /* of it, in the upper half */
    uint64_t window;       /* bit i: highest - i has come */
    uint32_t until_sample; /* packets that are passed over */
    uint64_t received, expected;
    uint64_t reported_received, reported_expected;
    uint32_t last_report;       /* LSR: middle of the NTP time of the last SR */
    usec_t last_report_arrival; /* 0: none came */
    struct srtp_stream srtp;
    uint32_t media_ssrc;         /* of RTX: what it brings back */
    struct nack_generator *nack; /* owned; NULL: nothing is asked for again */
};

struct subscriber {
    struct subscriber_stream *streams; /* by index, as they were announced */
    unsigned count, capacity;
    uint16_t *table;     /* SSRC to index + 1; open addressing */
    unsigned table_bits; /* the table has 1 << table_bits places */
    unsigned sample;     /* every so many packets; 0: never */
    unsigned remb_kbps;
    unsigned lose; /* on arrival, in thousandths */
    usec_t next_ask;
    uint32_t own_ssrc;
    usec_t next_report;
    usec_t began;        /* connect(), for the first packet */
    usec_t first_packet; /* 0: none yet */
};

void subscriber_init(struct subscriber *s, const struct settings *settings, usec_t began);
void subscriber_free(struct subscriber *s);

/* A stream that an answer announced; known ones are left as they are. rtx_ssrc 0: none. */
void subscriber_announce(struct subscriber *s, bool video, uint32_t ssrc, uint32_t rtx_ssrc);

/* A protected RTP packet. `wall` is its arrival, Unix ns. */
void subscriber_rtp(struct subscriber *s, const struct transport *t, const uint8_t *data,
                    size_t len, usec_t now, uint64_t wall, struct counters *c);

/* A decrypted compound, known to be well-formed. */
void subscriber_rtcp(struct subscriber *s, const uint8_t *data, size_t len, usec_t now);

usec_t subscriber_deadline(const struct subscriber *s);
void subscriber_run(struct subscriber *s, struct transport *t, usec_t now, struct outbox *out);

#endif
