/* SPDX-License-Identifier: Apache-2.0 */
/* A stream cut into pieces as its own bytes say must give the same packets as one read at once. */
#include "dataplane/ice/tcp_frame.h"

#include "common/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t digest_of(const uint8_t *data, size_t size, size_t step)
{
    static struct tcp_framer f;
    f.begin = f.end = 0;
    uint32_t digest = 5381;
    for (size_t at = 0; at < size;) {
        size_t room;
        uint8_t *to = tcp_framer_space(&f, &room);
        if (room == 0)
            abort();
        size_t n = size - at < step ? size - at : step;
        n = n < room ? n : room;
        memcpy(to, data + at, n);
        tcp_framer_filled(&f, n);
        at += n;
        const uint8_t *packet;
        size_t len;
        enum tcp_frame_result r;
        while ((r = tcp_framer_next(&f, &packet, &len)) == TCP_FRAME_OK) {
            for (size_t i = 0; i < len; i++)
                digest = digest * 33 + packet[i];
            digest = digest * 33 + (uint32_t)len;
        }
        if (r == TCP_FRAME_TOO_LONG)
            return digest;
    }
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t step = data[0] + 1u;
    if (digest_of(data, size, step) != digest_of(data, size, TCP_FRAME_BUFFER))
        abort();
    return 0;
}
