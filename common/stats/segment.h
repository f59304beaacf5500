/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statistics of a dataplane as a file that it maps and writes and everyone else maps read-only:
 * reading costs the packet path nothing and works with control, and even the dataplane, gone.
 *
 * Layout: struct stats_header, then the sections that it names, each an array of equal elements
 * (layout.h). Counters are 64-bit values in the order of COUNTER_LIST. Thread i is worker i; the
 * last is the session thread. The file is sparse: what no object has used yet takes no memory.
 */
#ifndef SLUICE_COMMON_STATS_SEGMENT_H
#define SLUICE_COMMON_STATS_SEGMENT_H

#include "common/stats/counters.h"
#include "common/stats/layout.h"
#include "common/stats/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_MAGIC      0x73746174736c7531ULL
#define STATS_VERSION    3
#define STATS_BLOCKS_MAX 64
#define STATS_BACKEND    128
#define STATS_ERROR_TEXT 256

struct stats_section {
    uint64_t offset;
    uint32_t size, count; /* of an element, bytes; of elements */
};

struct stats_header {
    uint64_t magic;
    uint32_t version, blocks, counters, pid;
    uint64_t started_unix_us;
    struct stats_section section[STATS_SECTIONS];
    char backend[STATS_BACKEND]; /* set before the workers start */
    char backend_reason[STATS_BACKEND];
    _Atomic uint64_t events;  /* number of the newest event */
    _Atomic uint32_t control; /* 1 while control is connected */
};

struct stats_segment {
    struct stats_header *header; /* read-only if opened */
    struct counters *block;      /* [header->blocks]; read-only if opened */
    size_t size;
};

/* How many objects there are room for. */
struct stats_sizes {
    uint32_t blocks; /* threads: workers and the session thread */
    uint32_t rooms, participants, transports, tracks, subscriptions;
};

/* Makes the file at `path` (replacing one that is there) with everything 0, readable by all. With
 * path NULL it is memory of this process alone. */
bool stats_segment_create(struct stats_segment *s, const char *path, const struct stats_sizes *n,
                          char err[static STATS_ERROR_TEXT]);

/* Maps an existing one read-only; one of another version or with another layout is refused. */
bool stats_segment_open(struct stats_segment *s, const char *path,
                        char err[static STATS_ERROR_TEXT]);

/* Unmaps; the file stays. */
void stats_segment_close(struct stats_segment *s);

/* Element `index` of a section; NULL beyond its end. */
static inline void *stats_at(const struct stats_segment *s, enum stats_section_id id,
                             uint32_t index)
{
    const struct stats_section *x = &s->header->section[id];
    return index < x->count ? (char *)s->header + x->offset + (uint64_t)index * x->size : NULL;
}

static inline uint32_t stats_count(const struct stats_segment *s, enum stats_section_id id)
{
    return s->header->section[id].count;
}

static inline struct stats_thread *stats_thread(const struct stats_segment *s, uint32_t thread)
{
    return (struct stats_thread *)stats_at(s, STATS_THREADS, thread);
}

/* Writes the body of a record section's element: by its owner only. An index beyond is ignored. */
void stats_put(const struct stats_segment *s, enum stats_section_id id, uint32_t index,
               const void *body, size_t size);

/* Takes a copy of the body. False if there is none. */
bool stats_get(const struct stats_segment *s, enum stats_section_id id, uint32_t index, void *body,
               size_t size);

/* By the owner: one more. */
static inline void stats_count_one(_Atomic uint64_t *n)
{
    uint64_t v = atomic_load_explicit(n, memory_order_relaxed);
    atomic_store_explicit(n, v + 1, memory_order_relaxed);
}

/* By the owner: what a pool has come to; high_water is kept. */
void stats_pool_set(struct stats_pool *p, uint64_t size, uint64_t used, uint64_t high_water);
void stats_pool_refuse(struct stats_pool *p);
const char *stats_pool_name(enum stats_pool_id id);

/* Copies as much of `from` (UTF-8; NULL is "") as fits with NUL, without cutting a character. */
void stats_text(char *to, size_t size, const char *from);

#endif
