/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/red.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct red_payload r;
    if (!red_parse(&r, data, len))
        return 0;
    size_t total = 1 + r.primary.len;
    for (unsigned i = 0; i < r.n_redundant; i++)
        total += 4 + (size_t)r.redundant[i].len;
    if (total != len || r.primary.data + r.primary.len != data + len)
        abort();
    return 0;
}
