/* SPDX-License-Identifier: Apache-2.0 */
/* Any stream, in pieces of any size: the messages must be the same as with one piece. */
#include "dataplane/turn/message.h"
#include "dataplane/turn/stream_frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Hash of all messages; *bad if the stream cannot be followed. */
static uint64_t run(const uint8_t *data, size_t size, size_t piece, bool *bad)
{
    static struct stream_framer f;
    uint64_t h = 1;
    enum stream_frame_result r = STREAM_FRAME_MORE;
    f.begin = f.end = 0;
    while (size > 0 && r != STREAM_FRAME_BAD) {
        size_t room, len;
        const uint8_t *message;
        uint8_t *to = stream_framer_space(&f, &room);
        size_t n = size < piece ? size : piece;
        if (room == 0)
            abort();
        n = n < room ? n : room;
        memcpy(to, data, n);
        stream_framer_filled(&f, n);
        data += n;
        size -= n;
        while ((r = stream_framer_next(&f, &message, &len)) == STREAM_FRAME_OK) {
            if (len > STREAM_FRAME_MAX || len % 4 != 0)
                abort();
            for (size_t i = 0; i < len; i++)
                h = (h ^ message[i]) * 0x100000001b3ULL;
        }
    }
    *bad = r == STREAM_FRAME_BAD;
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool bad[2];
    if (size < 1)
        return 0;
    uint64_t whole = run(data + 1, size - 1, SIZE_MAX, &bad[0]);
    uint64_t pieces = run(data + 1, size - 1, 1u + data[0], &bad[1]);
    if (whole != pieces || bad[0] != bad[1])
        abort();
    uint16_t channel;
    const uint8_t *payload;
    size_t len;
    if (turn_channel_parse(data, size, &channel, &payload, &len) && len > size)
        abort();
    return 0;
}
