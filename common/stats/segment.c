/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/segment.h"

#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BLOCK 64

static bool explain(char err[static STATS_ERROR_TEXT], const char *path, const char *what)
{
    snprintf(err, STATS_ERROR_TEXT, "%s: %s", path, what);
    return false;
}

static void fill_header(struct stats_header *h, uint32_t blocks)
{
    *h = (struct stats_header){
        .magic = STATS_MAGIC,
        .version = STATS_VERSION,
        .blocks = blocks,
        .counters = COUNTER_COUNT,
        .block_size = sizeof(struct counters),
        .first_block = FIRST_BLOCK,
        .pid = (uint32_t)getpid(),
        .started_unix_us = clock_realtime(),
    };
}

bool stats_segment_create(struct stats_segment *s, const char *path, uint32_t blocks,
                          char err[static STATS_ERROR_TEXT])
{
    /* Made aside and renamed: a reader sees the old file or the whole new one. */
    char fresh[512];
    *s = (struct stats_segment){.size = FIRST_BLOCK + blocks * sizeof(struct counters)};
    if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
        return explain(err, path, "path is too long");
    unlink(fresh);
    int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return explain(err, path, strerror(errno));
    void *map = MAP_FAILED;
    if (ftruncate(fd, (off_t)s->size) == 0)
        map = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int saved = errno;
    close(fd);
    if (map == MAP_FAILED)
        return explain(err, path, strerror(saved));
    fill_header(map, blocks);
    s->header = map;
    s->block = (struct counters *)((uint8_t *)map + FIRST_BLOCK);
    if (rename(fresh, path) == 0)
        return true;
    saved = errno;
    stats_segment_close(s);
    return explain(err, path, strerror(saved));
}

static bool fits(const struct stats_header *h, size_t size)
{
    return h->magic == STATS_MAGIC && h->version == STATS_VERSION && h->counters == COUNTER_COUNT &&
           h->block_size == sizeof(struct counters) && h->first_block == FIRST_BLOCK &&
           h->blocks >= 1 && h->blocks <= STATS_BLOCKS_MAX &&
           size >= FIRST_BLOCK + (size_t)h->blocks * h->block_size;
}

bool stats_segment_open(struct stats_segment *s, const char *path,
                        char err[static STATS_ERROR_TEXT])
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return explain(err, path, strerror(errno));
    void *map = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size >= FIRST_BLOCK)
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return explain(err, path, "not a statistics file");
    *s = (struct stats_segment){.header = map, .size = (size_t)st.st_size};
    if (!fits(s->header, s->size)) {
        stats_segment_close(s);
        return explain(err, path, "made by another version");
    }
    s->block = (struct counters *)((uint8_t *)map + FIRST_BLOCK);
    return true;
}

void stats_segment_close(struct stats_segment *s)
{
    if (s->header)
        munmap((void *)s->header, s->size);
    *s = (struct stats_segment){0};
}
