/* SPDX-License-Identifier: Apache-2.0 */
/* A header that parses lies within the packet, and parses again with another handle. */
#include "dataplane/sctp/data_track.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data_track_header h, again;
    if (!data_track_parse(&h, data, size))
        return 0;
    if (h.len > size || h.len < DATA_TRACK_HEADER)
        abort();
    uint8_t *copy = malloc(size);
    memcpy(copy, data, size);
    data_track_set_handle(copy, (uint16_t)~h.handle);
    bool parses = data_track_parse(&again, copy, size);
    if (parses != ((uint16_t)~h.handle != 0) || again.len != h.len ||
        memcmp(copy + 4, data + 4, size - 4) != 0)
        abort();
    free(copy);
    return 0;
}
