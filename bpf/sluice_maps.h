/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps that the XDP program and the loader share. Addresses are IPv6, or IPv4 mapped into it
 * (::ffff:a.b.c.d); addresses and ports are in network order unless said otherwise.
 *
 *   config    array of one struct sluice_config
 *   pairs     hash of struct sluice_pair: validated pairs, whose RTP and RTCP are wanted
 *   buckets   LRU hash of source prefixes (__u64, see sluice_prefix_*) to the time at which their
 *             token bucket will be full again (__u64, ns of the kernel's monotonic clock)
 *   counters  per-CPU array of __u64, by enum sluice_xdp_counter
 *   sockets   XSKMAP by queue number, one per interface; the other maps are common to all
 */
#ifndef SLUICE_BPF_SLUICE_MAPS_H
#define SLUICE_BPF_SLUICE_MAPS_H

#include <linux/types.h>

#define SLUICE_XDP_PROGRAM "sluice_xdp" /* as the kernel lists it */
#define SLUICE_XDP_QUEUES  64           /* of one interface */

struct sluice_config {
    __u16 port_first, port_last; /* host order; the media ports. 1, 0: none */
    __u32 pad;
    __u64 token_ns;  /* time in which a bucket gains one token */
    __u64 bucket_ns; /* token_ns * size of a bucket */
};

struct sluice_pair {
    __u8 remote_ip[16], local_ip[16];
    __be16 remote_port, local_port;
};

/* Enumerator, name for people and metrics. What is handed to a socket or dropped counts once.
 * Passed to the kernel: only what a reader may wonder about. */
#define SLUICE_XDP_COUNTERS(X)                                                                     \
    X(XDP_RX_RTP, "rx_rtp")                                                                        \
    X(XDP_RX_RTCP, "rx_rtcp")                                                                      \
    X(XDP_RX_STUN, "rx_stun")                                                                      \
    X(XDP_RX_DTLS, "rx_dtls")                                                                      \
    X(XDP_PASS_NO_SOCKET, "pass_no_socket") /* no socket on this queue */                          \
    X(XDP_PASS_FRAGMENT, "pass_fragment")   /* IP fragments: most have no port to tell by */       \
    X(XDP_PASS_OPTIONS, "pass_options")     /* UDP behind IPv4 options */                          \
    X(XDP_DROP_TRUNCATED, "drop_truncated") /* lengths that disagree */                            \
    X(XDP_DROP_EMPTY, "drop_empty")         /* no payload, or one byte */                          \
    X(XDP_DROP_CLASS, "drop_class")         /* first byte is of no protocol here */                \
    X(XDP_DROP_RTP_UNKNOWN_PEER, "drop_rtp_unknown_peer")                                          \
    X(XDP_DROP_RTCP_UNKNOWN_PEER, "drop_rtcp_unknown_peer")                                        \
    X(XDP_DROP_STUN_RATE, "drop_stun_rate")                                                        \
    X(XDP_DROP_DTLS_RATE, "drop_dtls_rate")

#define SLUICE_XDP_ENUM(id, name) id,
enum sluice_xdp_counter { SLUICE_XDP_COUNTERS(SLUICE_XDP_ENUM) XDP_COUNTER_COUNT };
#undef SLUICE_XDP_ENUM

/* Sources share a bucket by /24 (IPv4) and /56 (IPv6): the prefix in the upper bytes, the family
 * in the lowest. */
static inline __attribute__((always_inline)) __u64 sluice_prefix_ipv4(const __u8 *ip)
{
    return (__u64)ip[0] << 56 | (__u64)ip[1] << 48 | (__u64)ip[2] << 40 | 4;
}

static inline __attribute__((always_inline)) __u64 sluice_prefix_ipv6(const __u8 *ip)
{
    return (__u64)ip[0] << 56 | (__u64)ip[1] << 48 | (__u64)ip[2] << 40 | (__u64)ip[3] << 32 |
           (__u64)ip[4] << 24 | (__u64)ip[5] << 16 | (__u64)ip[6] << 8 | 6;
}

#endif
