/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of descriptors: each is a byte of length (and order, in the highest bit of the byte in
 * front) followed by its bytes. What parses is written again with another mask and means the same.
 */
#include "dataplane/rtp/dependency_descriptor.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void write_again(const struct dd_stream *s, const struct dependency_descriptor *d,
                        const uint8_t *data, size_t len)
{
    static struct dd_structure attached;
    uint8_t out[DD_LENGTH_MAX];
    uint32_t mask = 0xa5a5a5a5U >> (32 - s->structure.n_decode_targets);
    size_t n = dd_rewrite(out, sizeof out, d, data, len, s->structure.n_decode_targets,
                          (uint16_t)(d->frame_number + 1), &mask);
    if (n == 0)
        return;
    struct dependency_descriptor e;
    check(dd_parse(&e, &s->structure, &attached, out, n) == DD_OK);
    check(e.active_targets == mask && e.dtis == d->dtis && e.n_fdiffs == d->n_fdiffs);
    check(memcmp(e.fdiffs, d->fdiffs, d->n_fdiffs * sizeof d->fdiffs[0]) == 0);
    check(memcmp(e.chain_fdiffs, d->chain_fdiffs, s->structure.n_chains) == 0);
    check(!d->has_structure || attached.n_templates == s->structure.n_templates);
    uint8_t twice[DD_LENGTH_MAX];
    check(dd_rewrite(twice, sizeof twice, &e, out, n, s->structure.n_decode_targets, e.frame_number,
                     &mask) == n);
    check(memcmp(twice, out, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct dd_stream s;
    memset(&s, 0, sizeof s);
    while (len > 2) {
        bool in_order = !(data[0] & 0x80);
        size_t n = data[1];
        data += 2;
        len -= 2;
        if (n > len)
            n = len;
        struct dependency_descriptor d;
        uint64_t frame;
        if (dd_stream_read(&s, &d, &frame, in_order, data, n) == DD_OK) {
            check((uint16_t)frame == d.frame_number && frame <= s.highest_frame);
            check(d.spatial < DD_SPATIAL_MAX && d.temporal < DD_TEMPORAL_MAX);
            write_again(&s, &d, data, n);
        }
        data += n;
        len -= n;
    }
    return 0;
}
