/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages in a stream (RFC 8656 sections 3.1 and 12.5): STUN messages and ChannelData tell their
 * own lengths, and ChannelData is padded to four bytes.
 */
#ifndef SLUICE_DATAPLANE_TURN_STREAM_FRAME_H
#define SLUICE_DATAPLANE_TURN_STREAM_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define STREAM_FRAME_MAX    2052 /* a longer message is an error */
#define STREAM_FRAME_BUFFER 8192

/* Reassembly of one connection. Zero-initialise. */
struct stream_framer {
    uint32_t begin, end;
    uint8_t buf[STREAM_FRAME_BUFFER];
};

/* Where the next bytes go, and how many fit; never 0 once stream_framer_next() said
 * STREAM_FRAME_MORE. May move what is buffered: messages given out before are gone. */
uint8_t *stream_framer_space(struct stream_framer *f, size_t *room);

/* n bytes (at most the room) were put there. */
void stream_framer_filled(struct stream_framer *f, size_t n);

enum stream_frame_result {
    STREAM_FRAME_OK,
    STREAM_FRAME_MORE, /* no whole message left */
    STREAM_FRAME_BAD,  /* the stream cannot be followed: close it */
};

/* The next message, padding included; it stays until stream_framer_space(). */
enum stream_frame_result stream_framer_next(struct stream_framer *f, const uint8_t **message,
                                            size_t *len);

#endif
