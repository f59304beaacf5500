/* SPDX-License-Identifier: Apache-2.0 */
#include "control/http/timers.h"

#include <stddef.h>

/* Children hang on `child`, brothers on `next`; `prev` is the elder brother or, for the first
 * child, the parent. */

static struct loop_timer *meld(struct loop_timer *a, struct loop_timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->at < a->at) {
        struct loop_timer *t = a;
        a = b;
        b = t;
    }
    b->next = a->child;
    if (b->next)
        b->next->prev = b;
    b->prev = a;
    a->child = b;
    return a;
}

/* Takes the first two brothers off a list and melds them. */
static struct loop_timer *meld_pair(struct loop_timer **list)
{
    struct loop_timer *a = *list, *b = a->next;
    *list = b ? b->next : NULL;
    a->next = a->prev = NULL;
    if (b)
        b->next = b->prev = NULL;
    return meld(a, b);
}

static struct loop_timer *meld_children(struct loop_timer *first)
{
    struct loop_timer *pairs = NULL, *root = NULL;
    while (first) {
        struct loop_timer *pair = meld_pair(&first);
        pair->next = pairs;
        pairs = pair;
    }
    while (pairs) {
        struct loop_timer *next = pairs->next;
        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

static void detach(struct loop_timer *t)
{
    if (t->prev->child == t)
        t->prev->child = t->next;
    else
        t->prev->next = t->next;
    if (t->next)
        t->next->prev = t->prev;
    t->next = t->prev = NULL;
}

void timers_insert(struct timers *h, struct loop_timer *t, usec_t at)
{
    /* What a callback arms for "now" must not keep timers_run() going for ever. */
    t->at = at <= h->firing ? h->firing + 1 : at;
    t->armed = true;
    t->child = t->next = t->prev = NULL;
    h->root = meld(h->root, t);
}

void timers_remove(struct timers *h, struct loop_timer *t)
{
    struct loop_timer *rest = meld_children(t->child);
    if (t == h->root) {
        h->root = rest;
    } else {
        detach(t);
        h->root = meld(h->root, rest);
    }
    t->child = NULL;
    t->armed = false;
}

usec_t timers_next(const struct timers *h)
{
    return h->root ? h->root->at : USEC_NEVER;
}

void timers_run(struct timers *h, usec_t now)
{
    h->firing = now;
    while (h->root && h->root->at <= now) {
        struct loop_timer *t = h->root;
        timers_remove(h, t);
        t->fire(t->arg, now);
    }
    h->firing = 0;
}
