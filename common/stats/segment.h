/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counters of a dataplane as a file that it maps and writes and everyone else maps read-only:
 * reading costs the packet path nothing and works with control, and even the dataplane, gone.
 *
 * Layout: struct stats_header, then at header.first_block `blocks` blocks of header.block_size
 * bytes, each an array of `counters` 64-bit values in the order of COUNTER_LIST. Block i is worker
 * i's; the last is the session thread's.
 */
#ifndef SLUICE_COMMON_STATS_SEGMENT_H
#define SLUICE_COMMON_STATS_SEGMENT_H

#include "common/stats/counters.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_MAGIC      0x73746174736c7531ULL
#define STATS_VERSION    1
#define STATS_BLOCKS_MAX 64
#define STATS_ERROR_TEXT 256

struct stats_header {
    uint64_t magic;
    uint32_t version, blocks, counters, block_size, first_block, pid;
    uint64_t started_unix_us;
};

struct stats_segment {
    const struct stats_header *header;
    struct counters *block; /* [header->blocks]; read-only if opened */
    size_t size;
};

/* Makes the file at `path` (replacing one that is there) with all counters 0, readable by all. */
bool stats_segment_create(struct stats_segment *s, const char *path, uint32_t blocks,
                          char err[static STATS_ERROR_TEXT]);

/* Maps an existing one read-only; one of another version or counter list is refused. */
bool stats_segment_open(struct stats_segment *s, const char *path,
                        char err[static STATS_ERROR_TEXT]);

/* Unmaps; the file stays. */
void stats_segment_close(struct stats_segment *s);

#endif
