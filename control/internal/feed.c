/* SPDX-License-Identifier: Apache-2.0 */
#include "control/internal/feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/random.h"

void feed_init(struct feed *f)
{
    *f = (struct feed){0};
    snprintf(f->epoch, sizeof(f->epoch), "%016" PRIx64, random_u64());
}

static void forget(struct feed_event *e)
{
    free(e->room);
    free(e->identity);
    *e = (struct feed_event){0};
}

void feed_free(struct feed *f)
{
    for (size_t i = 0; i < FEED_EVENTS; i++)
        forget(&f->events[i]);
}

void feed_add(struct feed *f, const char *kind, const char *reason, const char *room,
              const char *identity)
{
    struct feed_event *e = &f->events[++f->last % FEED_EVENTS];
    forget(e);
    *e = (struct feed_event){.kind = kind, .reason = reason};
    e->room = strdup(room);
    e->identity = strdup(identity);
}

bool feed_has(const struct feed *f, const char *epoch, uint64_t after)
{
    return strcmp(epoch, f->epoch) != 0 || after != f->last;
}

static json_t *event_json(const struct feed_event *e)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "event", e->kind, "reason", e->reason, "room", e->room,
                     "identity", e->identity);
}

json_t *feed_since(const struct feed *f, const char *epoch, uint64_t after)
{
    uint64_t oldest = f->last > FEED_EVENTS ? f->last - FEED_EVENTS : 0;
    bool known = strcmp(epoch, f->epoch) == 0 && after <= f->last;
    bool missed = !known || after < oldest;
    json_t *events = json_array();
    for (uint64_t n = missed ? f->last : after; n < f->last; n++) {
        json_t *e = event_json(&f->events[(n + 1) % FEED_EVENTS]);
        if (e)
            json_array_append_new(events, e);
        else
            missed = true; /* memory was out when it came, or is now */
    }
    return json_pack("{s:s, s:I, s:b, s:o}", "epoch", f->epoch, "next", (json_int_t)f->last,
                     "missed", (int)missed, "events", events);
}
