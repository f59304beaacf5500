/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/vp9.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct vp9_descriptor d;
    if (!vp9_parse(&d, data, len))
        return 0;
    if (d.len >= len || d.n_references > VP9_REFERENCES_MAX ||
        (d.has_scalability && d.scalability.n_spatial > VP9_SPATIAL_MAX))
        abort();
    vp9_key_frame(&d, data, len, false);
    vp9_key_frame(&d, data, len, true);
    return 0;
}
