/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/outbound/turns.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

/* Lives while there are members. */
struct turns_host {
    struct turns_host *chain;          /* in its bucket */
    struct turns_host *sooner, *later; /* while one may begin */
    struct turns_member *first, *last; /* who waits */
    unsigned opening;
    bool listed;
    char name[];
};

static struct turns_host **bucket_of(struct turns *t, const char *name)
{
    return &t->buckets[hash_text(HASH_START, name) % TURNS_BUCKETS];
}

static struct turns_host *host_of(struct turns *t, const char *name)
{
    struct turns_host **bucket = bucket_of(t, name), *h = *bucket;
    while (h && strcmp(h->name, name) != 0)
        h = h->chain;
    if (h)
        return h;
    size_t n = strlen(name) + 1;
    h = calloc(1, sizeof(*h) + n);
    if (!h)
        return NULL;
    memcpy(h->name, name, n);
    h->chain = *bucket;
    *bucket = h;
    return h;
}

static void unlist(struct turns *t, struct turns_host *h)
{
    *(h->sooner ? &h->sooner->later : &t->first) = h->later;
    *(h->later ? &h->later->sooner : &t->last) = h->sooner;
    h->sooner = h->later = NULL;
    h->listed = false;
}

static void list(struct turns *t, struct turns_host *h)
{
    h->sooner = t->last;
    *(t->last ? &t->last->later : &t->first) = h;
    t->last = h;
    h->listed = true;
}

/* Listed while somebody waits who may begin; gone without members. */
static void update(struct turns *t, struct turns_host *h)
{
    bool may = h->first && h->opening < TURNS_PER_HOST;
    if (h->listed && !may)
        unlist(t, h);
    else if (!h->listed && may)
        list(t, h);
    if (h->first || h->opening > 0)
        return;
    struct turns_host **at = bucket_of(t, h->name);
    while (*at != h)
        at = &(*at)->chain;
    *at = h->chain;
    free(h);
}

static void unqueue(struct turns_member *m)
{
    struct turns_host *h = m->host;
    *(m->sooner ? &m->sooner->later : &h->first) = m->later;
    *(m->later ? &m->later->sooner : &h->last) = m->sooner;
    m->waiting = false;
}

bool turns_wait(struct turns *t, struct turns_member *m, const char *host, void *arg)
{
    struct turns_host *h = host_of(t, host);
    if (!h)
        return false;
    *m = (struct turns_member){.host = h, .sooner = h->last, .waiting = true, .arg = arg};
    *(h->last ? &h->last->later : &h->first) = m;
    h->last = m;
    update(t, h);
    return true;
}

struct turns_member *turns_next(struct turns *t)
{
    struct turns_host *h = t->first;
    if (!h)
        return NULL;
    struct turns_member *m = h->first;
    unqueue(m);
    h->opening++;
    unlist(t, h);
    update(t, h);
    return m;
}

bool turns_any(const struct turns *t)
{
    return t->first != NULL;
}

void turns_leave(struct turns *t, struct turns_member *m)
{
    struct turns_host *h = m->host;
    if (!h)
        return;
    if (m->waiting)
        unqueue(m);
    else
        h->opening--;
    m->host = NULL;
    update(t, h);
}
