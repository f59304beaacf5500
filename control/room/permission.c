/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/permission.h"

#include "control/room/data_track.h"

#include "control/room/forward.h"
#include "control/room/heap.h"
#include "control/room/subscription.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void permission_free(struct participant *p)
{
    for (size_t i = 0; i < p->rule_count; i++) {
        free(p->rules[i].sid);
        free(p->rules[i].identity);
        free(p->rules[i].tracks);
    }
    free(p->rules);
    p->rules = NULL;
    p->rule_count = 0;
}

static void read_rule(struct permission_rule *rule, const Livekit__TrackPermission *m)
{
    rule->sid = heap_text(m->participant_sid);
    rule->identity = heap_text(m->participant_identity);
    rule->all_tracks = m->all_tracks;
    size_t n = m->n_track_sids < ROOM_TRACKS_MAX ? m->n_track_sids : ROOM_TRACKS_MAX;
    rule->tracks = heap_new((n + 1) * sizeof *rule->tracks);
    for (size_t i = 0; i < n; i++)
        if (strlen(m->track_sids[i]) < ROOM_SID_MAX)
            strcpy(rule->tracks[rule->track_count++], m->track_sids[i]);
}

static void reconsider(void *arg, struct publication *t)
{
    for (struct subscription *s = t->subscribers, *next; s; s = next) {
        next = s->next_of_track;
        subscription_reconsider(s, *(const usec_t *)arg);
    }
}

void permission_set(struct participant *p, const Livekit__SubscriptionPermission *m, usec_t now)
{
    permission_free(p);
    p->everyone_may_subscribe = m->all_participants;
    size_t n = m->n_track_permissions;
    if (n > ROOM_PERMISSION_RULES_MAX)
        n = ROOM_PERMISSION_RULES_MAX;
    p->rules = heap_new((n + 1) * sizeof *p->rules);
    for (size_t i = 0; i < n; i++)
        read_rule(&p->rules[p->rule_count++], m->track_permissions[i]);
    for (struct publication *t = p->publications; t; t = t->next)
        forwards_of_track(t, reconsider, &now);
    data_tracks_rules_changed(p);
}

static bool names(const struct permission_rule *rule, const struct participant *subscriber)
{
    if (*rule->identity)
        return strcmp(rule->identity, subscriber->claims.identity) == 0;
    return *rule->sid && strcmp(rule->sid, subscriber->sid) == 0;
}

bool permission_allows(const struct participant *publisher, const struct participant *subscriber,
                       const char *track_sid)
{
    if (publisher->everyone_may_subscribe)
        return true;
    for (size_t i = 0; i < publisher->rule_count; i++) {
        const struct permission_rule *rule = &publisher->rules[i];
        if (!names(rule, subscriber))
            continue;
        if (rule->all_tracks)
            return true;
        for (size_t k = 0; k < rule->track_count; k++)
            if (strcmp(rule->tracks[k], track_sid) == 0)
                return true;
    }
    return false;
}
