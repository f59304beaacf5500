/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What parses is written again and means the same.
 */
#include "dataplane/rtp/vp8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct vp8_descriptor d;
    struct vp8_descriptor again;
    uint8_t out[VP8_DESCRIPTOR_MAX + 1];
    uint8_t twice[VP8_DESCRIPTOR_MAX];
    if (!vp8_parse(&d, data, len))
        return 0;
    size_t n = vp8_write(&d, out, VP8_DESCRIPTOR_MAX);
    if (n != d.len || n >= len)
        abort();
    out[n] = data[n];
    if (!vp8_parse(&again, out, n + 1) || again.key_frame != d.key_frame)
        abort();
    if (vp8_write(&again, twice, sizeof twice) != n || memcmp(twice, out, n) != 0)
        abort();
    return 0;
}
