/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bytes.h"
#include "control/webhook/journal.h"
#include "control/webhook/journal_record.h"

#include <stdlib.h>
#include <zlib.h>

struct parse {
    struct journal_event *events;
    size_t count, room;
    const uint64_t *urls;
    unsigned url_count;
};

uint64_t journal_url_hash(const char *url)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (; *url; url++)
        hash = (hash ^ (unsigned char)*url) * 0x100000001b3u;
    return hash;
}

static bool add(struct parse *p, const struct journal_event *e)
{
    if (p->count > 0 && e->number <= p->events[p->count - 1].number)
        return false;
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 64;
        struct journal_event *more = realloc(p->events, room * sizeof *more);
        if (!more)
            return false;
        p->events = more;
        p->room = room;
    }
    p->events[p->count++] = *e;
    return true;
}

static struct journal_event *find(const struct parse *p, uint64_t number)
{
    size_t low = 0, high = p->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (p->events[mid].number == number)
            return &p->events[mid];
        if (p->events[mid].number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static uint64_t read_be64(struct reader *r)
{
    uint64_t high = read_be32(r);
    return high << 32 | read_be32(r);
}

static bool read_event(struct parse *p, struct reader *r)
{
    struct journal_event e = {.number = read_be64(r), .unix_us = read_be64(r)};
    size_t length = read_be16(r);
    e.room = (const char *)read_bytes(r, length);
    if (r->bad || length == 0 || e.room[length - 1] != 0)
        return false;
    e.size = reader_left(r);
    e.event = r->at;
    return add(p, &e);
}

static bool read_done(struct parse *p, struct reader *r)
{
    uint64_t number = read_be64(r), url = read_be64(r);
    if (r->bad)
        return false;
    struct journal_event *e = find(p, number);
    for (unsigned i = 0; e && i < p->url_count; i++)
        if (p->urls[i] == url)
            e->done |= 1u << i;
    return true;
}

/* The next record's contents; false at the end or if it is damaged. */
static bool next_record(struct reader *r, struct reader *record)
{
    uint32_t length = read_be32(r), sum = read_be32(r);
    if (r->bad || length > JOURNAL_RECORD_MAX)
        return false;
    const uint8_t *data = read_bytes(r, length);
    if (!data || crc32(0, data, length) != sum)
        return false;
    *record = reader_of(data, length);
    return true;
}

static bool read_record(struct parse *p, struct reader *record)
{
    switch (read_u8(record)) {
    case JOURNAL_EVENT:
        return read_event(p, record);
    case JOURNAL_DONE:
        return read_done(p, record);
    default:
        return false;
    }
}

size_t journal_parse(const uint8_t *data, size_t length, const uint64_t *url_hashes, unsigned urls,
                     void (*take)(void *ctx, const struct journal_event *e), void *ctx)
{
    struct parse p = {.urls = url_hashes, .url_count = urls};
    struct reader r = reader_of(data, length), record;
    size_t good = 0;
    while (reader_left(&r) > 0 && next_record(&r, &record) && read_record(&p, &record))
        good = length - reader_left(&r);
    uint32_t all = urls >= 32 ? UINT32_MAX : (1u << urls) - 1;
    for (size_t i = 0; i < p.count; i++)
        if ((p.events[i].done & all) != all)
            take(ctx, &p.events[i]);
    free(p.events);
    return good;
}
