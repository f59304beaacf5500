/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source of statistics for tests of the sockets: as many lines as it is told, of that size, and
 * events whose numbers are their contents.
 */
#ifndef SLUICE_TESTS_UNIT_STATS_ROWS_H
#define SLUICE_TESTS_UNIT_STATS_ROWS_H

#include "common/stats/line.h"
#include "common/stats/source.h"

#include <stdlib.h>
#include <string.h>

struct rows {
    uint64_t lines;   /* of an answer */
    size_t size;      /* of the text of a line */
    uint64_t newest;  /* event */
    unsigned answers; /* open now */
};

struct rows_answer {
    uint64_t next;
};

static inline void *rows_open(void *context, const struct query *q, const struct stats_clients *n)
{
    struct rows *r = context;
    (void)q;
    (void)n;
    r->answers++;
    return calloc(1, sizeof(struct rows_answer));
}

static inline json_t *rows_next(void *context, void *answer)
{
    const struct rows *r = context;
    struct rows_answer *a = answer;
    if (a->next == r->lines)
        return NULL;
    json_t *o = line_new("row");
    char *text = malloc(r->size + 1);
    memset(text, 'x', r->size);
    text[r->size] = '\0';
    line_count(o, "n", a->next++);
    line_text(o, "text", text);
    free(text);
    return o;
}

static inline void rows_close(void *context, void *answer)
{
    ((struct rows *)context)->answers--;
    free(answer);
}

static inline uint64_t rows_newest(void *context)
{
    return ((struct rows *)context)->newest;
}

static inline json_t *rows_event(void *context, const struct query *q, uint64_t *after)
{
    const struct rows *r = context;
    (void)q;
    if (*after >= r->newest)
        return NULL;
    json_t *o = line_new("event");
    line_count(o, "seq", ++*after);
    return o;
}

static inline struct stats_source rows_source(struct rows *r)
{
    return (struct stats_source){.context = r,
                                 .name = "rows",
                                 .open = rows_open,
                                 .next = rows_next,
                                 .close = rows_close,
                                 .newest = rows_newest,
                                 .event = rows_event};
}

#endif
