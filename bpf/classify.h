/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a UDP payload is, by its first two bytes (RFC 7983 section 7, RFC 5761 section 4). One
 * function for the XDP program and the dataplane, so that they cannot disagree.
 */
#ifndef SLUICE_BPF_CLASSIFY_H
#define SLUICE_BPF_CLASSIFY_H

enum packet_class {
    PACKET_OTHER, /* ZRTP, TURN channels, what is assigned to nobody */
    PACKET_STUN,
    PACKET_DTLS,
    PACKET_RTP,
    PACKET_RTCP,
};

/* Payloads shorter than this belong to no protocol here. */
#define PACKET_CLASSIFY_MIN 2

static inline __attribute__((always_inline)) enum packet_class packet_classify(unsigned char first,
                                                                               unsigned char second)
{
    if (first <= 3)
        return PACKET_STUN;
    if (first >= 20 && first <= 63)
        return PACKET_DTLS;
    if (first < 128 || first > 191)
        return PACKET_OTHER;
    return second >= 192 && second <= 223 ? PACKET_RTCP : PACKET_RTP;
}

#endif
