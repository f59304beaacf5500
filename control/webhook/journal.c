/* SPDX-License-Identifier: Apache-2.0 */
#include "control/webhook/journal.h"

#include <stdlib.h>
#include <string.h>

enum { EVENT = 1, DONE = 2 };

#define EVENT_FIXED_SIZE 19 /* kind, number, time, length of the room's name */
#define DONE_SIZE        17

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

static bool read_record(struct parse *p, struct reader *record)
{
    switch (read_u8(record)) {
    case EVENT:
        return read_event(p, record);
    case DONE:
        return read_done(p, record);
    default:
        return false;
    }
}

size_t journal_parse(const struct journal_reader *to, const uint8_t *data, size_t length)
{
    struct parse p = {.urls = to->url_hashes, .url_count = to->urls};
    struct reader file = reader_of(data, length), record;
    size_t good = 0;
    while (records_next(&file, &record) && read_record(&p, &record))
        good = length - reader_left(&file);
    uint32_t all = (1u << to->urls) - 1;
    for (size_t i = 0; i < p.count; i++)
        if ((p.events[i].done & all) != all)
            to->take(to->ctx, &p.events[i]);
    free(p.events);
    return good;
}

static size_t parse_all(void *ctx, const uint8_t *data, size_t length)
{
    return journal_parse(ctx, data, length);
}

struct records *journal_open(const char *path, const struct journal_reader *to)
{
    return records_open(path, parse_all, (void *)(uintptr_t)to);
}

void journal_event(struct records *j, const struct webhook_item *m)
{
    size_t room = strlen(m->room) + 1;
    uint8_t fixed[EVENT_FIXED_SIZE];
    if (room > UINT16_MAX)
        return;
    fixed[0] = EVENT;
    be64_put(fixed + 1, m->number);
    be64_put(fixed + 9, m->unix_us);
    be16_put(fixed + 17, (uint16_t)room);
    struct iovec parts[] = {
        {0}, {fixed, sizeof fixed}, {m->room, room}, {(void *)(uintptr_t)m->event, m->size}};
    records_append(j, parts, 4);
}

void journal_done(struct records *j, uint64_t number, uint64_t url_hash)
{
    uint8_t body[DONE_SIZE];
    body[0] = DONE;
    be64_put(body + 1, number);
    be64_put(body + 9, url_hash);
    struct iovec parts[] = {{0}, {body, sizeof body}};
    records_append(j, parts, 2);
}
