/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pktio/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A frame that parses can be answered, and the answer parses back to the same path. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pktio_packet p, q;
    uint8_t *frame = malloc(size ? size : 1), answer[FRAME_HEADERS_MAX + PKTIO_RECEIVE_MAX];
    if (!frame)
        return 0;
    memcpy(frame, data, size);
    if (frame_parse(frame, size, &p) && p.len <= PKTIO_RECEIVE_MAX) {
        struct frame_link link = frame_link_of(&p.path);
        uint8_t *payload = frame_write_headers(answer, &p.path, &link, p.len);
        memcpy(payload, p.data, p.len);
        frame_finish(answer);
        if (!frame_parse(answer, frame_headers_size(&p.path, &link) + p.len, &q) ||
            q.len != p.len || memcmp(&q.path.remote, &p.path.local, sizeof(q.path.remote)) != 0)
            abort();
    }
    free(frame);
    return 0;
}
