/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet frames for the tests of the XDP program, each field to be got wrong at will.
 */
#ifndef SLUICE_TESTS_BPF_FRAMES_H
#define SLUICE_TESTS_BPF_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX  256
#define PORT_FIRST 7882
#define PORT_LAST  7885

/* What differs from a plain datagram of 192.0.2.1:40000 to 198.51.100.2:7882 (or 2001:db8::1 to
 * 2001:db8:ffff::2): zero is the usual. */
struct frame_spec {
    int ipv6;
    unsigned vlan_tags;
    uint16_t ethertype; /* of what is behind the tags */
    uint8_t version, protocol;
    uint8_t ihl;         /* IPv4: with that many words of header */
    uint16_t frag_off;   /* IPv4 */
    uint8_t remote_host; /* last byte of the source */
    uint8_t remote_net;  /* the byte before: another /24; IPv6: another /56 */
    uint16_t remote_port, local_port;
    int ip_len_error, udp_len_error; /* added to the true lengths */
    size_t cut;                      /* bytes that are missing at the end */
    uint8_t first, second;           /* of the payload */
    size_t payload;                  /* bytes of it; PAYLOAD_NONE: 0 */
};

#define PAYLOAD_USUAL 40
#define PAYLOAD_NONE  1000

/* Returns the frame's length. */
size_t frame_build(uint8_t out[static FRAME_MAX], const struct frame_spec *s);

#endif
