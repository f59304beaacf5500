/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dataplane's counters: one block per thread, written by that thread alone, in memory that
 * other processes map read-only. Counting is one relaxed store; reading disturbs nobody.
 *
 * A new counter is a line in COUNTER_LIST: enumerator, name for people and metrics. Every packet
 * that is dropped counts in exactly one "drop_" counter.
 */
#ifndef SLUICE_COMMON_STATS_COUNTERS_H
#define SLUICE_COMMON_STATS_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTER_LIST(X)                                                                            \
    X(COUNTER_RX_PACKETS, "rx_packets")                                                            \
    X(COUNTER_RX_BYTES, "rx_bytes")                                                                \
    X(COUNTER_TX_PACKETS, "tx_packets")                                                            \
    X(COUNTER_TX_BYTES, "tx_bytes")                                                                \
    X(COUNTER_RX_XDP_PACKETS, "rx_xdp_packets") /* of rx_packets: through AF_XDP sockets */        \
    X(COUNTER_TX_XDP_PACKETS, "tx_xdp_packets")                                                    \
    X(COUNTER_RX_RTP, "rx_rtp")                                                                    \
    X(COUNTER_RX_RTCP, "rx_rtcp")                                                                  \
    X(COUNTER_RX_STUN, "rx_stun")                                                                  \
    X(COUNTER_RX_DTLS, "rx_dtls")                                                                  \
    X(COUNTER_RX_RTX, "rx_rtx")                                                                    \
    X(COUNTER_RX_STRAY, "rx_stray") /* came in at another worker's queue, handed over */           \
    X(COUNTER_TX_RTP, "tx_rtp")                                                                    \
    X(COUNTER_TX_RTCP, "tx_rtcp")                                                                  \
    X(COUNTER_TX_RTX, "tx_rtx")                                                                    \
    X(COUNTER_NACK_IN, "nack_in")                                                                  \
    X(COUNTER_NACK_OUT, "nack_out")                                                                \
    X(COUNTER_PLI_IN, "pli_in")                                                                    \
    X(COUNTER_PLI_OUT, "pli_out")                                                                  \
    X(COUNTER_FIR_IN, "fir_in")                                                                    \
    X(COUNTER_STUN_ASKED, "stun_asked")             /* requests to STUN servers */                 \
    X(COUNTER_STUN_ANSWERED, "stun_answered")       /* answers that were taken */                  \
    X(COUNTER_STUN_RETURN, "stun_return")           /* answers of peers to our own checks */       \
    X(COUNTER_TX_PROBES, "tx_probes")               /* to find out what a line takes */            \
    X(COUNTER_TX_CHECKS, "tx_checks")               /* our own connectivity checks */              \
    X(COUNTER_TURN_ALLOCATIONS, "turn_allocations") /* made so far */                              \
    X(COUNTER_TURN_CONNECTIONS, "turn_connections") /* TCP, TLS: accepted so far */                \
    X(COUNTER_TURN_RX, "turn_rx")                   /* relayed from clients */                     \
    X(COUNTER_TURN_TX, "turn_tx")                   /* relayed to clients */                       \
    X(COUNTER_TURN_BAD_CREDENTIALS, "turn_bad_credentials")                                        \
    X(COUNTER_TURN_REFUSED, "turn_refused")       /* requests, for another reason */               \
    X(COUNTER_TURN_USERS_FULL, "turn_users_full") /* credentials without room */                   \
    X(COUNTER_TURN_TLS_FAILED, "turn_tls_failed") /* handshakes */                                 \
    X(COUNTER_DROP_EMPTY, "drop_empty")                                                            \
    X(COUNTER_DROP_CLASS, "drop_class") /* first byte is of no known protocol */                   \
    X(COUNTER_DROP_TRUNCATED, "drop_truncated")                                                    \
    X(COUNTER_DROP_FRAME, "drop_frame")             /* through AF_XDP, but no plain UDP */         \
    X(COUNTER_DROP_RX_OVERFLOW, "drop_rx_overflow") /* by the kernel: receive queue was full */    \
    X(COUNTER_DROP_STUN_RATE, "drop_stun_rate")     /* over a source prefix's rate, before us */   \
    X(COUNTER_DROP_DTLS_RATE, "drop_dtls_rate")                                                    \
    X(COUNTER_DROP_STUN_MALFORMED, "drop_stun_malformed")                                          \
    X(COUNTER_DROP_STUN_UNKNOWN_UFRAG, "drop_stun_unknown_ufrag")                                  \
    X(COUNTER_DROP_STUN_INTEGRITY, "drop_stun_integrity")                                          \
    X(COUNTER_DROP_STUN_OTHER, "drop_stun_other") /* responses, indications, other methods */      \
    X(COUNTER_DROP_STUN_RESPONSE, "drop_stun_response") /* no such transaction with its source */  \
    X(COUNTER_DROP_STUN_BARE, "drop_stun_bare")         /* a STUN server's, without FINGERPRINT */ \
    X(COUNTER_DROP_DTLS_UNKNOWN_PEER, "drop_dtls_unknown_peer")                                    \
    X(COUNTER_DROP_DTLS_MALFORMED, "drop_dtls_malformed")                                          \
    X(COUNTER_DROP_DTLS_FINGERPRINT, "drop_dtls_fingerprint")                                      \
    X(COUNTER_DROP_RTP_UNKNOWN_PEER, "drop_rtp_unknown_peer")                                      \
    X(COUNTER_DROP_RTP_MALFORMED, "drop_rtp_malformed")                                            \
    X(COUNTER_DROP_RTP_UNKNOWN_SSRC, "drop_rtp_unknown_ssrc")                                      \
    X(COUNTER_DROP_RTP_PAYLOAD_TYPE, "drop_rtp_payload_type")                                      \
    X(COUNTER_DROP_RTP_DUPLICATE, "drop_rtp_duplicate")                                            \
    X(COUNTER_DROP_RTP_DESCRIPTOR, "drop_rtp_descriptor") /* codec descriptor does not parse */    \
    X(COUNTER_DROP_RTX_MALFORMED, "drop_rtx_malformed")                                            \
    X(COUNTER_DROP_SRTP_NO_KEYS, "drop_srtp_no_keys")                                              \
    X(COUNTER_DROP_SRTP_AUTH, "drop_srtp_auth")                                                    \
    X(COUNTER_DROP_SRTP_REPLAY, "drop_srtp_replay")                                                \
    X(COUNTER_DROP_RTCP_MALFORMED, "drop_rtcp_malformed")                                          \
    X(COUNTER_DROP_RTCP_UNKNOWN_PEER, "drop_rtcp_unknown_peer")                                    \
    X(COUNTER_DROP_SRTCP_AUTH, "drop_srtcp_auth")                                                  \
    X(COUNTER_DROP_SCTP_MALFORMED, "drop_sctp_malformed")                                          \
    X(COUNTER_DROP_DCEP_MALFORMED, "drop_dcep_malformed")                                          \
    X(COUNTER_DROP_DATA_MALFORMED, "drop_data_malformed")                                          \
    X(COUNTER_DROP_DATA_PERMISSION, "drop_data_permission")                                        \
    X(COUNTER_DROP_DATA_BACKPRESSURE, "drop_data_backpressure")                                    \
    X(COUNTER_DROP_DATA_DUPLICATE, "drop_data_duplicate")                                          \
    X(COUNTER_DROP_DATA_KIND, "drop_data_kind")           /* not for participants to send */       \
    X(COUNTER_DROP_DATA_NOT_OPEN, "drop_data_not_open")   /* the receiver's channel */             \
    X(COUNTER_DROP_DATA_TRACK, "drop_data_track_unknown") /* handle that is not published */       \
    X(COUNTER_DROP_TCP_FRAMING, "drop_tcp_framing")                                                \
    X(COUNTER_DROP_TCP_FULL, "drop_tcp_full")                                                      \
    X(COUNTER_DROP_TURN_MALFORMED, "drop_turn_malformed")                                          \
    X(COUNTER_DROP_TURN_PERMISSION, "drop_turn_permission") /* no allocation, channel, right */    \
    X(COUNTER_DROP_TURN_FULL, "drop_turn_full")                                                    \
    X(COUNTER_DROP_RING_FULL, "drop_ring_full")                                                    \
    X(COUNTER_DROP_POOL_EMPTY, "drop_pool_empty")                                                  \
    X(COUNTER_DROP_TX_FULL, "drop_tx_full")                                                        \
    X(COUNTER_DROP_TX_TOO_LONG, "drop_tx_too_long")                                                \
    X(COUNTER_DROP_TX_UNREACHABLE, "drop_tx_unreachable")                                          \
    X(COUNTER_DROP_TX_ERROR, "drop_tx_error")

#define COUNTER_ENUM(id, name) id,
enum counter { COUNTER_LIST(COUNTER_ENUM) COUNTER_COUNT };
#undef COUNTER_ENUM

/* One thread's block. */
struct counters {
    _Alignas(64) _Atomic uint64_t v[COUNTER_COUNT];
};

/* By the owning thread only. */
static inline void counters_add(struct counters *c, enum counter which, uint64_t n)
{
    uint64_t v = atomic_load_explicit(&c->v[which], memory_order_relaxed);
    atomic_store_explicit(&c->v[which], v + n, memory_order_relaxed);
}

static inline uint64_t counters_get(const struct counters *c, enum counter which)
{
    return atomic_load_explicit(&c->v[which], memory_order_relaxed);
}

/* "drop_srtp_auth"; static storage. */
const char *counter_name(enum counter which);

#endif
