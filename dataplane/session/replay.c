/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/replay.h"

#include <stdlib.h>
#include <string.h>

void replay_init(struct replay *r)
{
    *r = (struct replay){0};
    STAILQ_INIT(&r->packets);
}

static void forget_oldest(struct replay *r)
{
    struct replay_packet *p = STAILQ_FIRST(&r->packets);
    STAILQ_REMOVE_HEAD(&r->packets, link);
    r->bytes -= p->len;
    free(p);
}

static bool is_old(const struct replay_packet *p, usec_t now)
{
    return now - p->at > REPLAY_AGE;
}

uint64_t replay_add(struct replay *r, handle_t sender, const uint8_t *data, size_t len, usec_t now)
{
    struct replay_packet *p = len <= REPLAY_BYTES ? malloc(sizeof(*p) + len) : NULL;
    if (!p)
        return 0;
    while (!STAILQ_EMPTY(&r->packets) &&
           (is_old(STAILQ_FIRST(&r->packets), now) || r->bytes + len > REPLAY_BYTES))
        forget_oldest(r);
    p->number = ++r->last;
    p->at = now;
    p->sender = sender;
    p->len = (uint32_t)len;
    memcpy(p->data, data, len);
    STAILQ_INSERT_TAIL(&r->packets, p, link);
    r->bytes += len;
    return p->number;
}

const struct replay_packet *replay_find(const struct replay *r, uint64_t from, usec_t now)
{
    const struct replay_packet *p;
    STAILQ_FOREACH(p, &r->packets, link)
    if (p->number >= from && !is_old(p, now))
        return p;
    return NULL;
}

void replay_clear(struct replay *r)
{
    while (!STAILQ_EMPTY(&r->packets))
        forget_oldest(r);
}
