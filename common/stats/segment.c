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

#define SECTION_ALIGN 4096

static bool explain(char err[static STATS_ERROR_TEXT], const char *path, const char *what)
{
    snprintf(err, STATS_ERROR_TEXT, "%s: %s", path, what);
    return false;
}

static const uint32_t element_size[STATS_SECTIONS] = {
    [STATS_COUNTERS] = sizeof(struct counters),
    [STATS_THREADS] = sizeof(struct stats_thread),
    [STATS_QUEUES] = sizeof(struct stats_queue),
    [STATS_ROOMS] = RECORD_SIZE(sizeof(struct stats_room)),
    [STATS_PARTICIPANTS] = RECORD_SIZE(sizeof(struct stats_participant)),
    [STATS_TRANSPORTS] = RECORD_SIZE(sizeof(struct stats_transport)),
    [STATS_TRACKS] = RECORD_SIZE(sizeof(struct stats_track)),
    [STATS_SUBSCRIPTIONS] = RECORD_SIZE(sizeof(struct stats_subscription)),
    [STATS_SESSION_MEDIA] = RECORD_SIZE(sizeof(struct stats_session_media)),
    [STATS_TRACK_MEDIA] = RECORD_SIZE(sizeof(struct stats_track_media)),
    [STATS_DOWNTRACK_MEDIA] = RECORD_SIZE(sizeof(struct stats_downtrack_media)),
    [STATS_EVENT_RING] = RECORD_SIZE(sizeof(struct stats_event)),
};

#define WHOLE_WORDS(type) _Static_assert(sizeof(type) % 8 == 0, "records are whole words")
WHOLE_WORDS(struct stats_room);
WHOLE_WORDS(struct stats_participant);
WHOLE_WORDS(struct stats_transport);
WHOLE_WORDS(struct stats_track);
WHOLE_WORDS(struct stats_subscription);
WHOLE_WORDS(struct stats_session_media);
WHOLE_WORDS(struct stats_track_media);
WHOLE_WORDS(struct stats_downtrack_media);
WHOLE_WORDS(struct stats_event);

/* Places the sections; returns the size of all. */
static size_t place(struct stats_section section[static STATS_SECTIONS],
                    const struct stats_sizes *n)
{
    const uint32_t count[STATS_SECTIONS] = {
        [STATS_COUNTERS] = n->blocks,
        [STATS_THREADS] = n->blocks,
        [STATS_QUEUES] = n->blocks * STATS_QUEUES_PER_WORKER,
        [STATS_ROOMS] = n->rooms,
        [STATS_PARTICIPANTS] = n->participants,
        [STATS_TRANSPORTS] = n->transports,
        [STATS_TRACKS] = n->tracks,
        [STATS_SUBSCRIPTIONS] = n->subscriptions,
        [STATS_SESSION_MEDIA] = n->transports,
        [STATS_TRACK_MEDIA] = n->tracks,
        [STATS_DOWNTRACK_MEDIA] = n->subscriptions,
        [STATS_EVENT_RING] = STATS_EVENTS,
    };
    size_t at = SECTION_ALIGN;
    for (int i = 0; i < STATS_SECTIONS; i++) {
        section[i] = (struct stats_section){at, element_size[i], count[i]};
        size_t bytes = (size_t)element_size[i] * count[i];
        at += (bytes + SECTION_ALIGN - 1) / SECTION_ALIGN * SECTION_ALIGN;
    }
    return at;
}

static void fill_header(struct stats_header *h, const struct stats_sizes *n)
{
    h->magic = STATS_MAGIC;
    h->version = STATS_VERSION;
    h->blocks = n->blocks;
    h->counters = COUNTER_COUNT;
    h->pid = (uint32_t)getpid();
    h->started_unix_us = clock_realtime();
    place(h->section, n);
}

static void adopt(struct stats_segment *s, void *map, size_t size)
{
    *s = (struct stats_segment){.header = map, .size = size};
    s->block = (struct counters *)((uint8_t *)map + s->header->section[STATS_COUNTERS].offset);
}

static bool create_private(struct stats_segment *s, const struct stats_sizes *n, size_t size,
                           char err[static STATS_ERROR_TEXT])
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return explain(err, "statistics", strerror(errno));
    fill_header(map, n);
    adopt(s, map, size);
    return true;
}

bool stats_segment_create(struct stats_segment *s, const char *path, const struct stats_sizes *n,
                          char err[static STATS_ERROR_TEXT])
{
    /* Made aside and renamed: a reader sees the old file or the whole new one. */
    char fresh[512];
    struct stats_section section[STATS_SECTIONS];
    size_t size = place(section, n);
    *s = (struct stats_segment){0};
    if (!path)
        return create_private(s, n, size, err);
    if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
        return explain(err, path, "path is too long");
    unlink(fresh);
    int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return explain(err, path, strerror(errno));
    void *map = MAP_FAILED;
    if (ftruncate(fd, (off_t)size) == 0)
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int saved = errno;
    close(fd);
    if (map == MAP_FAILED)
        return explain(err, path, strerror(saved));
    fill_header(map, n);
    adopt(s, map, size);
    if (rename(fresh, path) == 0)
        return true;
    saved = errno;
    stats_segment_close(s);
    return explain(err, path, strerror(saved));
}

static bool sections_fit(const struct stats_header *h, size_t size)
{
    for (int i = 0; i < STATS_SECTIONS; i++) {
        const struct stats_section *x = &h->section[i];
        if (x->size != element_size[i] || x->offset % SECTION_ALIGN != 0 || x->offset > size ||
            (size - x->offset) / x->size < x->count)
            return false;
    }
    return true;
}

static bool fits(const struct stats_header *h, size_t size)
{
    return h->magic == STATS_MAGIC && h->version == STATS_VERSION && h->counters == COUNTER_COUNT &&
           h->blocks >= 1 && h->blocks <= STATS_BLOCKS_MAX && sections_fit(h, size) &&
           h->section[STATS_COUNTERS].count == h->blocks &&
           h->section[STATS_THREADS].count == h->blocks;
}

bool stats_segment_open(struct stats_segment *s, const char *path,
                        char err[static STATS_ERROR_TEXT])
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return explain(err, path, strerror(errno));
    void *map = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size >= (off_t)sizeof(struct stats_header))
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return explain(err, path, "not a statistics file");
    if (!fits(map, (size_t)st.st_size)) {
        munmap(map, (size_t)st.st_size);
        return explain(err, path, "made by another version");
    }
    adopt(s, map, (size_t)st.st_size);
    return true;
}

void stats_segment_close(struct stats_segment *s)
{
    if (s->header)
        munmap(s->header, s->size);
    *s = (struct stats_segment){0};
}

void stats_put(const struct stats_segment *s, enum stats_section_id id, uint32_t index,
               const void *body, size_t size)
{
    struct record *r = (struct record *)stats_at(s, id, index);
    if (r && RECORD_SIZE(size) == s->header->section[id].size)
        record_write(r, body, size);
}

bool stats_get(const struct stats_segment *s, enum stats_section_id id, uint32_t index, void *body,
               size_t size)
{
    const struct record *r = (const struct record *)stats_at(s, id, index);
    return r && RECORD_SIZE(size) == s->header->section[id].size && record_read(r, body, size);
}

void stats_pool_set(struct stats_pool *p, uint64_t size, uint64_t used, uint64_t high_water)
{
    atomic_store_explicit(&p->size, size, memory_order_relaxed);
    atomic_store_explicit(&p->used, used, memory_order_relaxed);
    if (high_water > atomic_load_explicit(&p->high_water, memory_order_relaxed))
        atomic_store_explicit(&p->high_water, high_water, memory_order_relaxed);
}

void stats_pool_refuse(struct stats_pool *p)
{
    uint64_t n = atomic_load_explicit(&p->refused, memory_order_relaxed);
    atomic_store_explicit(&p->refused, n + 1, memory_order_relaxed);
}

const char *stats_pool_name(enum stats_pool_id id)
{
#define POOL_NAME(id, name) [id] = name,
    static const char *const names[STATS_POOLS] = {STATS_POOL_LIST(POOL_NAME)};
#undef POOL_NAME
    return id < STATS_POOLS ? names[id] : "unknown";
}

void stats_text(char *to, size_t size, const char *from)
{
    size_t n = from ? strnlen(from, size) : 0;
    if (n > 0 && n == size) {
        n = size - 1;
        while (n > 0 && ((uint8_t)from[n] & 0xc0) == 0x80)
            n--;
    }
    memset(to, 0, size);
    if (n > 0)
        memcpy(to, from, n);
}
