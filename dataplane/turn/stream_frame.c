/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/stream_frame.h"

#include "common/bytes.h"
#include "dataplane/ice/stun.h"
#include "dataplane/turn/message.h"

#define FIRST_BYTES 4 /* tell the length */

uint8_t *stream_framer_space(struct stream_framer *f, size_t *room)
{
    if (f->begin > 0) {
        memmove(f->buf, f->buf + f->begin, f->end - f->begin);
        f->end -= f->begin;
        f->begin = 0;
    }
    *room = STREAM_FRAME_BUFFER - f->end;
    return f->buf + f->end;
}

void stream_framer_filled(struct stream_framer *f, size_t n)
{
    f->end += (uint32_t)n;
}

/* 0 if it begins neither kind. */
static size_t length_of(const uint8_t first[static FIRST_BYTES])
{
    size_t len = be16_get(first + 2);
    switch (first[0] >> 6) {
    case 0:
        return len % 4 == 0 ? STUN_HEADER + len : 0;
    case 1:
        return TURN_CHANNEL_HEADER + ((len + 3) & ~(size_t)3);
    default:
        return 0;
    }
}

enum stream_frame_result stream_framer_next(struct stream_framer *f, const uint8_t **message,
                                            size_t *len)
{
    size_t there = f->end - f->begin;
    if (there < FIRST_BYTES)
        return STREAM_FRAME_MORE;
    size_t whole = length_of(f->buf + f->begin);
    if (whole == 0 || whole > STREAM_FRAME_MAX)
        return STREAM_FRAME_BAD;
    if (there < whole)
        return STREAM_FRAME_MORE;
    *message = f->buf + f->begin;
    *len = whole;
    f->begin += (uint32_t)whole;
    return STREAM_FRAME_OK;
}
