/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Framing of ICE-TCP (RFC 4571, RFC 6544 section 3): each packet has a 16-bit length before it.
 */
#ifndef SLUICE_DATAPLANE_ICE_TCP_FRAME_H
#define SLUICE_DATAPLANE_ICE_TCP_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define TCP_FRAME_HEADER 2
#define TCP_FRAME_MAX    2048 /* a longer packet is an error: nothing on a media path is so long */
#define TCP_FRAME_BUFFER 8192

/* Reassembly of one connection. Zero-initialise. */
struct tcp_framer {
    uint32_t begin, end;
    uint8_t buf[TCP_FRAME_BUFFER];
};

/* Where to read(2) the next bytes to, and how many fit; never 0 once tcp_framer_next() said
 * TCP_FRAME_MORE. May move what is buffered: frames given out before are gone. */
uint8_t *tcp_framer_space(struct tcp_framer *f, size_t *room);

/* n bytes (at most the room) were read there. */
void tcp_framer_filled(struct tcp_framer *f, size_t n);

enum tcp_frame_result {
    TCP_FRAME_OK,
    TCP_FRAME_MORE,     /* no whole packet left */
    TCP_FRAME_TOO_LONG, /* the stream cannot be followed: close it */
};

/* The next packet; it stays until tcp_framer_space(). Empty packets are skipped. */
enum tcp_frame_result tcp_framer_next(struct tcp_framer *f, const uint8_t **packet, size_t *len);

/* Writes header and packet to out; returns the number of bytes, 0 if it does not fit or len is
 * over 65535. */
size_t tcp_frame_encode(uint8_t *out, size_t cap, const uint8_t *packet, size_t len);

#endif
