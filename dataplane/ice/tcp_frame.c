/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/ice/tcp_frame.h"

#include "common/bytes.h"

uint8_t *tcp_framer_space(struct tcp_framer *f, size_t *room)
{
    if (f->begin == f->end) {
        f->begin = f->end = 0;
    } else if (TCP_FRAME_BUFFER - f->begin < TCP_FRAME_HEADER + TCP_FRAME_MAX) {
        memmove(f->buf, f->buf + f->begin, f->end - f->begin);
        f->end -= f->begin;
        f->begin = 0;
    }
    *room = TCP_FRAME_BUFFER - f->end;
    return f->buf + f->end;
}

void tcp_framer_filled(struct tcp_framer *f, size_t n)
{
    f->end += (uint32_t)n;
}

enum tcp_frame_result tcp_framer_next(struct tcp_framer *f, const uint8_t **packet, size_t *len)
{
    while (f->end - f->begin >= TCP_FRAME_HEADER) {
        size_t n = be16_get(f->buf + f->begin);
        if (n > TCP_FRAME_MAX)
            return TCP_FRAME_TOO_LONG;
        if (f->end - f->begin < TCP_FRAME_HEADER + n)
            return TCP_FRAME_MORE;
        *packet = f->buf + f->begin + TCP_FRAME_HEADER;
        *len = n;
        f->begin += (uint32_t)(TCP_FRAME_HEADER + n);
        if (n > 0)
            return TCP_FRAME_OK;
    }
    return TCP_FRAME_MORE;
}

size_t tcp_frame_encode(uint8_t *out, size_t cap, const uint8_t *packet, size_t len)
{
    if (len > UINT16_MAX || cap < TCP_FRAME_HEADER + len)
        return 0;
    be16_put(out, (uint16_t)len);
    if (len > 0)
        memcpy(out + TCP_FRAME_HEADER, packet, len);
    return TCP_FRAME_HEADER + len;
}
