/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one worker counts. The worker alone writes; the reporter reads at any time.
 */
#ifndef SLUICE_BENCH_COUNTERS_H
#define SLUICE_BENCH_COUNTERS_H

#include "bench/sluice-bench/histogram.h"

/* Name and what a reader sees. */
#define BENCH_COUNTERS(X)                                                                          \
    X(started, "participants that began to join")                                                  \
    X(joined, "join answers received")                                                             \
    X(connected, "transports up: ICE and DTLS done")                                               \
    X(publishing, "publishers whose tracks were acknowledged and negotiated")                      \
    X(failed, "participants that failed to join, or lost their transport")                         \
    X(left, "participants that the server sent away")                                              \
    X(offers, "offers sent")                                                                       \
    X(streams, "streams that have begun to arrive")                                                \
    X(sent_packets, "RTP packets to the server")                                                   \
    X(sent_bytes, "bytes of them, UDP payload")                                                    \
    X(late_frames, "times that a stream was resumed because this program was late")                \
    X(send_errors, "datagrams that the kernel did not take")                                       \
    X(received_packets, "RTP packets from the server")                                             \
    X(received_bytes, "bytes of them, UDP payload")                                                \
    X(expected_packets, "RTP packets that sequence numbers say were sent")                         \
    X(audio_packets, "audio packets from the server")                                              \
    X(video_packets, "video packets from the server")                                              \
    X(rtx_packets, "retransmissions and probes from the server")                                   \
    X(reordered, "RTP packets behind a later one")                                                 \
    X(duplicates, "RTP packets received before")                                                   \
    X(jumps, "leaps of a sequence number: neither loss nor order")                                 \
    X(unknown_streams, "RTP packets whose SSRC no answer announced")                               \
    X(verified, "sampled packets that decrypted to what was sent")                                 \
    X(bad_auth, "sampled packets that did not authenticate")                                       \
    X(corrupt, "sampled packets with another content than was sent")                               \
    X(thrown_away, "packets lost on purpose on arrival (--lose)")                                  \
    X(asked, "packets asked for again in NACKs")                                                   \
    X(recovered, "lost packets that came by RTX")                                                  \
    X(key_frames, "key frames sent")                                                               \
    X(plis, "PLI and FIR from the server")                                                         \
    X(nacks, "NACK messages from the server")                                                      \
    X(twccs, "transport-wide feedback from the server")                                            \
    X(reports_in, "SR and RR from the server")                                                     \
    X(malformed, "datagrams that are none of STUN, DTLS, SRTP, SRTCP")                             \
    X(socket_drops, "datagrams lost in the sockets of this program")

struct counters {
#define X(name, text) _Atomic uint64_t name;
    BENCH_COUNTERS(X)
#undef X
    struct histogram audio_latency, video_latency; /* publisher to subscriber, sampled packets */
    struct histogram join_time;                    /* connect() to the join answer */
    struct histogram connect_time;                 /* connect() to keys */
    struct histogram first_packet_time;            /* connect() to the first RTP packet */
};

static inline void counter_add(_Atomic uint64_t *c, uint64_t n)
{
    uint64_t v = atomic_load_explicit(c, memory_order_relaxed);
    atomic_store_explicit(c, v + n, memory_order_relaxed);
}

static inline uint64_t counter_get(const _Atomic uint64_t *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

/* Sums and differences of private copies. */
void counters_merge(struct counters *to, const struct counters *from);
void counters_subtract(struct counters *c, const struct counters *earlier);

#endif
