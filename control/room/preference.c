/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/preference.h"

#include "control/room/heap.h"

#include <stdlib.h>
#include <string.h>

struct preference {
    struct preference *next;
    char *identity;
    Livekit__CandidateProtocol how;
    int64_t revoked_before; /* 0: nothing was */
};

static struct preference *find(const struct room *r, const char *identity)
{
    struct preference *p = r->preferences;
    while (p && strcmp(p->identity, identity) != 0)
        p = p->next;
    return p;
}

/* NULL if there are too many. */
static struct preference *find_or_add(struct room *r, const char *identity)
{
    struct preference *p = find(r, identity);
    if (p || r->preference_count >= PREFERENCES_MAX)
        return p;
    p = heap_new(sizeof *p);
    p->identity = heap_text(identity);
    p->how = LIVEKIT__CANDIDATE_PROTOCOL__UDP;
    p->next = r->preferences;
    r->preferences = p;
    r->preference_count++;
    return p;
}

void preference_set(struct room *r, const char *identity, Livekit__CandidateProtocol how)
{
    struct preference *p = find_or_add(r, identity);
    if (p)
        p->how = how;
}

void preference_revoke(struct room *r, const char *identity, int64_t before)
{
    struct preference *p = find_or_add(r, identity);
    if (p && before > p->revoked_before)
        p->revoked_before = before;
}

bool preference_is_revoked(const struct room *r, const char *identity, int64_t issued_at)
{
    const struct preference *p = find(r, identity);
    return p && issued_at < p->revoked_before;
}

Livekit__CandidateProtocol preference_of(const struct room *r, const char *identity)
{
    const struct preference *p = find(r, identity);
    return p ? p->how : LIVEKIT__CANDIDATE_PROTOCOL__UDP;
}

void preferences_free(struct room *r)
{
    while (r->preferences) {
        struct preference *p = r->preferences;
        r->preferences = p->next;
        free(p->identity);
        free(p);
    }
    r->preference_count = 0;
}
