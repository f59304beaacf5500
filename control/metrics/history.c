/* SPDX-License-Identifier: Apache-2.0 */
#include "control/metrics/history.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

void history_init(struct history *h)
{
    static const double room[] = {5, 10, 60, 300, 600, 1800, 3600, 7200, 18000, 36000};
    static const double session[] = {1e3, 1e4, 6e4, 3e5, 6e5, 18e5, 36e5, 72e5, 18e6, 36e6};
    static const double join[] = {50, 100, 200, 300, 500, 1000, 2000, 5000, 10000, 30000};
    *h = (struct history){
        .room_duration = {.bounds = room, .count = COUNT(room)},
        .session_duration = {.bounds = session, .count = COUNT(session)},
        .join_latency = {.bounds = join, .count = COUNT(join)},
    };
    streams_init(&h->streams);
}

static double since(int64_t began_ms, int64_t now_ms)
{
    return now_ms > began_ms ? (double)(now_ms - began_ms) : 0;
}

void history_event(struct history *h, enum room_event e, const struct room *r,
                   const struct participant *p, const struct publication *t, int64_t unix_ms)
{
    switch (e) {
    case ROOM_STARTED:
        h->rooms_started++;
        break;
    case ROOM_FINISHED:
        metrics_observe(&h->room_duration, since(r->created_ms, unix_ms) / 1000);
        break;
    case PARTICIPANT_JOINED:
        h->joined++;
        metrics_observe(&h->join_latency, since(p->joined_ms, unix_ms));
        break;
    case PARTICIPANT_LEFT:
        h->left++;
        metrics_observe(&h->session_duration, since(p->joined_ms, unix_ms));
        break;
    case PARTICIPANT_ABORTED:
        h->aborted++;
        break;
    case TRACK_PUBLISHED:
        h->tracks[t->info->type == LIVEKIT__TRACK_TYPE__VIDEO]++;
        break;
    case TRACK_UNPUBLISHED:
        break;
    }
}
