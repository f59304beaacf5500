/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms, participants and tracks. */
#include "control/metrics/collect.h"

struct tracks {
    uint64_t published[2], subscribed[2]; /* audio, video */
    uint64_t connected, disconnected;     /* PeerConnections */
};

static unsigned kind(const struct publication *t)
{
    return t->info->type == LIVEKIT__TRACK_TYPE__VIDEO;
}

static void count_participant(const struct participant *p, struct tracks *n)
{
    for (const struct publication *t = p->publications; t; t = t->next)
        n->published[kind(t)] += t->published;
    for (const struct subscription *s = p->subscriptions; s; s = s->next_of_subscriber)
        n->subscribed[kind(s->track)] += s->state == SUBSCRIPTION_OPEN;
    for (int i = 0; i < 2; i++)
        if (p->transports[i])
            *(p->transports[i]->state == SLUICE__LINK__CONNECTION__CONNECTED ? &n->connected
                                                                             : &n->disconnected) +=
                1;
}

static struct tracks count_tracks(const struct rooms *rs)
{
    struct tracks n = {0};
    for (const struct room *r = rs->first; r; r = r->next)
        for (const struct participant *p = r->participants; p; p = p->next)
            count_participant(p, &n);
    return n;
}

static void by_kind(struct metrics_text *t, const char *name, const char *type, const char *help,
                    const uint64_t n[2])
{
    metrics_family(t, name, type, help);
    metrics_count(t, METRICS_LABELS({"kind", "AUDIO"}), n[0]);
    metrics_count(t, METRICS_LABELS({"kind", "VIDEO"}), n[1]);
}

static void collect_history(const struct history *h, struct metrics_text *t)
{
    metrics_family(t, "livekit_room_duration_seconds", "histogram", "Rooms that ended");
    metrics_buckets(t, NULL, &h->room_duration);
    metrics_family(t, "livekit_session_duration_ms", "histogram",
                   "Sessions that ended, from their join");
    metrics_buckets(t, NULL, &h->session_duration);
    metrics_family(t, "livekit_session_start_time_ms", "histogram",
                   "From joining to connected media");
    metrics_buckets(t, NULL, &h->join_latency);
    metrics_family(t, "livekit_participant_join_total", "counter", "Joins, by how far they came");
    metrics_count(t, METRICS_LABELS({"state", "signal_connected"}), h->joined + h->aborted);
    metrics_count(t, METRICS_LABELS({"state", "rtc_connected"}), h->joined);
    metrics_family(t, "sluice_participant_left_total", "counter", "Sessions that ended");
    metrics_count(t, METRICS_LABELS({"state", "active"}), h->left);
    metrics_count(t, METRICS_LABELS({"state", "aborted"}), h->aborted);
    metrics_family(t, "livekit_track_publish_counter", "counter", "Tracks that were published");
    metrics_count(t, METRICS_LABELS({"kind", "AUDIO"}, {"state", "success"}), h->tracks[0]);
    metrics_count(t, METRICS_LABELS({"kind", "VIDEO"}, {"state", "success"}), h->tracks[1]);
    metrics_family(t, "sluice_room_started_total", "counter", "Rooms that were created");
    metrics_count(t, NULL, h->rooms_started);
}

void collect_rooms(const struct metrics_sources *s, struct metrics_text *t)
{
    struct tracks n = count_tracks(s->rooms);
    metrics_family(t, "livekit_room_total", "gauge", "Rooms");
    metrics_count(t, NULL, s->rooms->room_count);
    metrics_family(t, "livekit_participant_total", "gauge", "Participants");
    metrics_count(t, NULL, s->rooms->participant_count);
    by_kind(t, "livekit_track_published_total", "gauge", "Published tracks", n.published);
    by_kind(t, "livekit_track_subscribed_total", "gauge", "Subscriptions that are forwarded",
            n.subscribed);
    metrics_family(t, "livekit_peer_connection_state", "gauge", "PeerConnections");
    metrics_count(t, METRICS_LABELS({"state", "connected"}), n.connected);
    metrics_count(t, METRICS_LABELS({"state", "not_connected"}), n.disconnected);
    collect_history(s->history, t);
}
