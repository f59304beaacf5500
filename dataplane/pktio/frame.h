/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet frames that carry UDP: Ethernet II, at most one VLAN tag (IEEE 802.1Q), IPv4 (RFC 791)
 * or IPv6 (RFC 8200), UDP (RFC 768). Bytes in, bytes out.
 */
#ifndef SLUICE_DATAPLANE_PKTIO_FRAME_H
#define SLUICE_DATAPLANE_PKTIO_FRAME_H

#include "dataplane/pktio/pktio.h"

#define FRAME_VLAN_TAGGED 0x8000 /* in frame_link.vlan, beside the 12 bits of the VLAN id */
#define FRAME_HEADERS_MAX (18 + 40 + 8)

/* What net_path.link holds. */
struct frame_link {
    uint8_t remote_mac[6]; /* the next hop's */
    uint8_t local_mac[6];
    uint16_t vlan; /* 0: untagged */
    uint8_t port;  /* xdp_port_mark() of the interface; 0: the link is unknown */
    uint8_t queue; /* lower bits of the queue's number: a hint */
};

static inline struct frame_link frame_link_of(const struct net_path *path)
{
    struct frame_link link;
    __builtin_memcpy(&link, path->link, sizeof(link));
    return link;
}

static inline void frame_link_set(struct net_path *path, const struct frame_link *link)
{
    __builtin_memcpy(path->link, link, sizeof(*link));
}

/* Reads a received frame: out->data and len are the UDP payload inside the frame (len may be 0),
 * path.remote, path.local and the MAC addresses and VLAN of path.link are those of an answer; the
 * rest of *out is zero. False for anything else: fragments, IPv6 extension headers, lengths that
 * disagree, group addresses as destination. The UDP checksum is not looked at: local senders leave
 * it to hardware, and what matters is authenticated. */
bool frame_parse(uint8_t *frame, size_t len, struct pktio_packet *out);

/* Bytes before the IP packet, and before the payload, of a frame on this path. */
size_t frame_ethernet_size(const struct frame_link *link);
size_t frame_headers_size(const struct net_path *path, const struct frame_link *link);

/* Writes the headers for `len` bytes of payload, all but the UDP checksum; returns where the
 * payload begins. There is room for frame_headers_size() + len bytes. */
uint8_t *frame_write_headers(uint8_t *frame, const struct net_path *path,
                             const struct frame_link *link, size_t len);

/* Puts the UDP checksum into a frame written by frame_write_headers() and filled since; returns the
 * length of the payload. */
size_t frame_finish(uint8_t *frame);

#endif
