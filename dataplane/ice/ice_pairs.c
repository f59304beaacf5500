/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/ice/ice_pairs.h"

#include <string.h>

bool ice_same_path(const struct net_path *a, const struct net_path *b)
{
    return a->tcp == b->tcp && net_addr_equal(&a->remote, &b->remote) &&
           net_addr_equal(&a->local, &b->local);
}

static int find_any(const struct ice_agent *a, const struct net_path *path)
{
    for (int i = 0; i < ICE_PAIRS_MAX; i++) {
        if (a->pairs[i].used && ice_same_path(&a->pairs[i].path, path))
            return i;
    }
    return -1;
}

int ice_pair_find(const struct ice_agent *a, const struct net_path *path)
{
    int i = find_any(a, path);
    return i >= 0 && a->pairs[i].removed ? -1 : i;
}

static int unused(const struct ice_agent *a)
{
    for (int i = 0; i < ICE_PAIRS_MAX; i++) {
        if (!a->pairs[i].used)
            return i;
    }
    return -1;
}

/* The pair without a check for the longest time, never the selected one. */
static int evict(struct ice_agent *a)
{
    if (a->evicted_pending)
        return -1;
    int oldest = -1;
    for (int i = 0; i < ICE_PAIRS_MAX; i++) {
        if (i == a->selected)
            continue;
        if (oldest < 0 || a->pairs[i].last_check < a->pairs[oldest].last_check)
            oldest = i;
    }
    struct ice_pair *p = &a->pairs[oldest];
    a->evicted = p->path;
    a->evicted_pending = p->announced;
    p->used = false;
    return oldest;
}

int ice_pair_learn(struct ice_agent *a, const struct net_path *path)
{
    int i = find_any(a, path);
    if (i >= 0) {
        a->pairs[i].removed = false;
        return i;
    }
    i = unused(a);
    if (i < 0)
        i = evict(a);
    if (i >= 0)
        a->pairs[i] = (struct ice_pair){.used = true, .path = *path, .expires = USEC_NEVER};
    return i;
}

/* RFC 8445 section 6.1.2.3; the peer is the controlling side. */
static uint64_t pair_priority(uint32_t controlling, uint32_t controlled)
{
    uint64_t low = controlling < controlled ? controlling : controlled;
    uint64_t high = controlling < controlled ? controlled : controlling;
    return (low << 32) + 2 * high + (controlling > controlled);
}

void ice_pair_touch(struct ice_agent *a, int i, const struct net_path *path, uint32_t peer_priority,
                    uint32_t generation, usec_t now)
{
    struct ice_pair *p = &a->pairs[i];
    bool moved = p->path.ifindex != path->ifindex ||
                 memcmp(p->path.link, path->link, sizeof(path->link)) != 0;
    if (moved && i == a->selected)
        a->selected_changed = true;
    p->path = *path;
    p->priority =
        pair_priority(peer_priority, net_path_is_tcp(path) ? ICE_PRIORITY_TCP : ICE_PRIORITY_UDP);
    p->last_check = now;
    if (generation >= p->generation) {
        p->generation = generation;
        p->expires = USEC_NEVER;
    }
}

void ice_pair_remove(struct ice_agent *a, int i)
{
    a->pairs[i].removed = true;
    if (!a->pairs[i].announced)
        a->pairs[i].used = false;
}

static bool better(const struct ice_pair *a, const struct ice_pair *b)
{
    if (a->generation != b->generation)
        return a->generation > b->generation;
    return a->priority > b->priority;
}

int ice_pair_best(const struct ice_agent *a)
{
    int best = -1;
    for (int i = 0; i < ICE_PAIRS_MAX; i++) {
        if (!a->pairs[i].used || a->pairs[i].removed)
            continue;
        if (best < 0 || better(&a->pairs[i], &a->pairs[best]))
            best = i;
    }
    return best;
}

usec_t ice_pair_deadline(const struct ice_agent *a, int i)
{
    const struct ice_pair *p = &a->pairs[i];
    if (!p->used || p->removed || i == a->selected)
        return USEC_NEVER;
    usec_t idle = p->last_check + ICE_PAIR_IDLE;
    return idle < p->expires ? idle : p->expires;
}
