/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/stats/totals.h"

#include <stdlib.h>

void totals_free(struct totals *t)
{
    free(t->room);
    free(t->participant);
    free(t->room_of);
    free(t->participant_of);
    *t = (struct totals){0};
}

static bool allocate(struct totals *t, const struct stats_segment *s)
{
    uint32_t participants = stats_count(s, STATS_PARTICIPANTS);
    *t = (struct totals){0};
    t->room = calloc(stats_count(s, STATS_ROOMS) + 1, sizeof(*t->room));
    t->participant = calloc(participants + 1, sizeof(*t->participant));
    t->room_of = calloc(participants + 1, sizeof(*t->room_of));
    t->participant_of = calloc(stats_count(s, STATS_TRANSPORTS) + 1, sizeof(*t->participant_of));
    return t->room && t->participant && t->room_of && t->participant_of;
}

static struct tally *participant_tally(struct totals *t, const struct stats_segment *s,
                                       handle_t transport)
{
    uint32_t i = handle_index(transport);
    handle_t p = i < stats_count(s, STATS_TRANSPORTS) ? t->participant_of[i] : HANDLE_NONE;
    return p && handle_index(p) < stats_count(s, STATS_PARTICIPANTS)
               ? &t->participant[handle_index(p)]
               : NULL;
}

static void add_flow(struct flow *to, const struct flow *f)
{
    to->packets += f->packets;
    to->bytes += f->bytes;
    to->lost += f->lost;
    to->pps += f->pps;
    to->bps += f->bps;
    to->loss += f->loss;
}

static void add_participants(struct totals *t, const struct stats_segment *s)
{
    struct stats_participant p;
    for (uint32_t i = 0; i < stats_count(s, STATS_PARTICIPANTS); i++) {
        if (!stats_get(s, STATS_PARTICIPANTS, i, &p, sizeof(p)) || !p.handle)
            continue;
        t->room_of[i] = p.room;
        t->participant[i].participants = 1;
    }
}

static void add_transports(struct totals *t, const struct stats_segment *s)
{
    struct stats_transport tr;
    struct stats_session_media m;
    for (uint32_t i = 0; i < stats_count(s, STATS_TRANSPORTS); i++) {
        if (!stats_get(s, STATS_TRANSPORTS, i, &tr, sizeof(tr)) || !tr.handle)
            continue;
        t->participant_of[i] = tr.participant;
        struct tally *p = participant_tally(t, s, tr.handle);
        if (!p)
            continue;
        p->transports++;
        if (stats_get(s, STATS_SESSION_MEDIA, i, &m, sizeof(m)) && m.handle == tr.handle &&
            m.rtt_us > p->rtt_us)
            p->rtt_us = m.rtt_us;
    }
}

static void add_track(struct tally *p, const struct stats_track_media *m)
{
    for (unsigned i = 0; i < STATS_LAYERS; i++) {
        const struct stats_layer *l = &m->layers[i];
        const struct flow f = {.packets = l->packets,
                               .bytes = l->bytes,
                               .lost = l->lost,
                               .pps = l->pps,
                               .bps = l->bps,
                               .loss = (uint64_t)l->pps * l->loss_ppm};
        add_flow(&p->in, &f);
    }
}

static void add_tracks(struct totals *t, const struct stats_segment *s)
{
    struct stats_track tr;
    struct stats_track_media m;
    for (uint32_t i = 0; i < stats_count(s, STATS_TRACKS); i++) {
        struct tally *p;
        if (!stats_get(s, STATS_TRACKS, i, &tr, sizeof(tr)) || !tr.handle ||
            !(p = participant_tally(t, s, tr.transport)))
            continue;
        p->tracks++;
        p->publishers = 1;
        if (stats_get(s, STATS_TRACK_MEDIA, i, &m, sizeof(m)) && m.handle == tr.handle)
            add_track(p, &m);
    }
}

static void add_subscription(struct tally *p, const struct stats_downtrack_media *m)
{
    const struct flow f = {.packets = m->packets,
                           .bytes = m->bytes,
                           .lost = m->lost,
                           .pps = m->pps,
                           .bps = m->bps,
                           .loss = (uint64_t)m->pps * m->loss_ppm};
    add_flow(&p->out, &f);
    if (m->rtt_us > p->rtt_us)
        p->rtt_us = m->rtt_us;
}

static void add_subscriptions(struct totals *t, const struct stats_segment *s)
{
    struct stats_subscription sub;
    struct stats_downtrack_media m;
    for (uint32_t i = 0; i < stats_count(s, STATS_SUBSCRIPTIONS); i++) {
        struct tally *p;
        if (!stats_get(s, STATS_SUBSCRIPTIONS, i, &sub, sizeof(sub)) || !sub.handle ||
            !(p = participant_tally(t, s, sub.transport)))
            continue;
        p->subscriptions++;
        if (stats_get(s, STATS_DOWNTRACK_MEDIA, i, &m, sizeof(m)) && m.handle == sub.handle)
            add_subscription(p, &m);
    }
}

static void add_tally(struct tally *to, const struct tally *p)
{
    to->participants += p->participants;
    to->transports += p->transports;
    to->publishers += p->publishers;
    to->tracks += p->tracks;
    to->subscriptions += p->subscriptions;
    add_flow(&to->in, &p->in);
    add_flow(&to->out, &p->out);
}

static void sum_up(struct totals *t, const struct stats_segment *s)
{
    struct stats_room r;
    for (uint32_t i = 0; i < stats_count(s, STATS_PARTICIPANTS); i++) {
        uint32_t room = handle_index(t->room_of[i]);
        add_tally(&t->all, &t->participant[i]);
        if (t->room_of[i] && room < stats_count(s, STATS_ROOMS))
            add_tally(&t->room[room], &t->participant[i]);
    }
    for (uint32_t i = 0; i < stats_count(s, STATS_ROOMS); i++)
        t->rooms += stats_get(s, STATS_ROOMS, i, &r, sizeof(r)) && r.handle;
}

bool totals_make(struct totals *t, const struct stats_segment *s)
{
    if (!allocate(t, s))
        return false;
    add_participants(t, s);
    add_transports(t, s);
    add_tracks(t, s);
    add_subscriptions(t, s);
    sum_up(t, s);
    return true;
}

double flow_loss_percent(const struct flow *f)
{
    return f->pps ? (double)f->loss / (double)f->pps / 1e4 : 0;
}
