/* SPDX-License-Identifier: Apache-2.0 */
#include "control/webhook/ledger.h"

#include "control/webhook/records.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { BEGUN = 1, ENDED = 2 };

struct line {
    struct line *next, *prev; /* in order of beginning */
    enum room_event begun;
    char sid[ROOM_SID_MAX];
    size_t size;
    uint8_t event[];
};

struct ledger {
    struct records *records;
    struct line *first, *last;
    void *by_sid; /* of tsearch(3) */
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->sid, ((const struct line *)b)->sid);
}

static struct line *find(struct ledger *l, const char *sid)
{
    struct line key;
    strncpy(key.sid, sid, sizeof key.sid - 1);
    key.sid[sizeof key.sid - 1] = 0;
    void *at = tfind(&key, &l->by_sid, compare);
    return at ? *(struct line **)at : NULL;
}

static struct line *begin(struct ledger *l, enum room_event e, const char *sid, const void *event,
                          size_t size)
{
    struct line *n = NULL;
    if (l->count < LEDGER_MAX && strlen(sid) < sizeof n->sid && !find(l, sid))
        n = malloc(sizeof *n + size);
    if (!n)
        return NULL;
    *n = (struct line){.prev = l->last, .begun = e, .size = size};
    strcpy(n->sid, sid);
    memcpy(n->event, event, size);
    if (!tsearch(n, &l->by_sid, compare)) {
        free(n);
        return NULL;
    }
    *(l->last ? &l->last->next : &l->first) = n;
    l->last = n;
    l->count++;
    return n;
}

static void forget(struct ledger *l, struct line *n)
{
    tdelete(n, &l->by_sid, compare);
    *(n->prev ? &n->prev->next : &l->first) = n->next;
    *(n->next ? &n->next->prev : &l->last) = n->prev;
    l->count--;
    free(n);
}

/* ---- records ---- */

static void write_begun(struct ledger *l, const struct line *n)
{
    uint8_t head[] = {BEGUN, (uint8_t)n->begun};
    struct iovec parts[] = {{0},
                            {head, sizeof head},
                            {(void *)(uintptr_t)n->sid, strlen(n->sid) + 1},
                            {(void *)(uintptr_t)n->event, n->size}};
    records_append(l->records, parts, 4);
}

static void write_ended(struct ledger *l, const char *sid)
{
    uint8_t kind = ENDED;
    struct iovec parts[] = {{0}, {&kind, 1}, {(void *)(uintptr_t)sid, strlen(sid) + 1}};
    records_append(l->records, parts, 3);
}

static void tidy(struct ledger *l)
{
    if (!l->first)
        records_clear(l->records);
    if (!records_are_long(l->records) || !records_rewrite_begin(l->records))
        return;
    for (const struct line *n = l->first; n; n = n->next)
        write_begun(l, n);
    records_rewrite_end(l->records);
}

/* A text with NUL; NULL if there is none. */
static const char *read_text(struct reader *r)
{
    const char *text = (const char *)r->at;
    const uint8_t *end = memchr(r->at, 0, reader_left(r));
    if (!end)
        return NULL;
    r->at = end + 1;
    return text;
}

static bool read_record(struct ledger *l, struct reader *r)
{
    uint8_t kind = read_u8(r);
    unsigned e = kind == BEGUN ? read_u8(r) : 0;
    const char *sid = read_text(r);
    if (!sid || (kind != BEGUN && kind != ENDED))
        return false;
    if (kind == ENDED) {
        struct line *n = find(l, sid);
        if (n)
            forget(l, n);
    } else if (e == ROOM_STARTED || e == PARTICIPANT_JOINED || e == TRACK_PUBLISHED) {
        begin(l, (enum room_event)e, sid, r->at, reader_left(r));
    }
    return true;
}

static size_t parse(void *ctx, const uint8_t *data, size_t length)
{
    struct reader file = reader_of(data, length), record;
    size_t good = 0;
    while (records_next(&file, &record) && read_record(ctx, &record))
        good = length - reader_left(&file);
    return good;
}

/* ---- the ledger ---- */

struct ledger *ledger_open(const char *path)
{
    struct ledger *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->records = records_open(path, parse, l);
    return l;
}

void ledger_close(struct ledger *l)
{
    if (!l)
        return;
    while (l->first)
        forget(l, l->first);
    records_close(l->records);
    free(l);
}

void ledger_note(struct ledger *l, enum room_event e, const char *sid, const void *event,
                 size_t size)
{
    struct line *n = NULL;
    switch (e) {
    case ROOM_STARTED:
    case PARTICIPANT_JOINED:
    case TRACK_PUBLISHED:
        n = begin(l, e, sid, event, size);
        if (n)
            write_begun(l, n);
        break;
    case ROOM_FINISHED:
    case PARTICIPANT_LEFT:
    case TRACK_UNPUBLISHED:
        n = find(l, sid);
        if (n) {
            write_ended(l, sid);
            forget(l, n);
        }
        break;
    case PARTICIPANT_ABORTED:
        break;
    }
    tidy(l);
}

void ledger_settle(struct ledger *l, const struct ledger_output *out)
{
    for (struct line *n = l->last, *before; n; n = before) {
        before = n->prev;
        if (out->exists(out->ctx, n->begun, n->sid))
            continue;
        out->gone(out->ctx, n->begun, n->event, n->size);
        write_ended(l, n->sid);
        forget(l, n);
    }
    tidy(l);
}

size_t ledger_count(const struct ledger *l)
{
    return l->count;
}
