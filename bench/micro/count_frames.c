/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet frames of the xdp backend: reading one, and writing headers and checksum around a
 * payload. Per frame.
 */
#include "bench/micro/count.h"
#include "dataplane/pktio/frame.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 1000

struct ethernet {
    struct net_path path;
    struct frame_link link;
    size_t size;
    uint8_t frame[PKTIO_PAYLOAD_MAX + FRAME_HEADERS_MAX];
};

static void write_frames(void *subject)
{
    struct ethernet *e = subject;
    for (unsigned i = 0; i < ROUNDS; i++) {
        frame_write_headers(e->frame, &e->path, &e->link, e->size);
        frame_finish(e->frame);
    }
}

static void read_frames(void *subject)
{
    struct ethernet *e = subject;
    struct pktio_packet out;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (!frame_parse(e->frame, frame_headers_size(&e->path, &e->link) + e->size, &out))
            abort();
    }
}

void count_frames(void)
{
    static struct ethernet e = {
        .link = {.remote_mac = {2, 0, 0, 0, 0, 2}, .local_mac = {2, 0, 0, 0, 0, 1}, .port = 1}};
    net_addr_parse(&e.path.local, "192.0.2.1", 7882);
    net_addr_parse(&e.path.remote, "192.0.2.2", 40000);
    e.size = 1200;
    count_call(write_frames, &e);
    count_end("frame: write 1200", ROUNDS);
    count_call(read_frames, &e);
    count_end("frame: read 1200", ROUNDS);
    e.size = 160;
    count_call(write_frames, &e);
    count_end("frame: write 160", ROUNDS);
}
