/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/data_track.h"
#include "dataplane/session/engine.h"

#include <string.h>

/* The id of the track that p publishes under this handle; 0: none. */
static uint64_t published(const Sluice__Link__Participant *p, uint16_t handle)
{
    for (size_t i = 0; i < p->n_data_tracks; i++)
        if (p->data_tracks[i]->handle == handle)
            return p->data_tracks[i]->id;
    return 0;
}

/* The subscriber's handle of a track; 0: it does not get it. */
static uint16_t subscribed(const Sluice__Link__Participant *p, uint64_t track)
{
    for (size_t i = 0; i < p->n_data_subscriptions; i++)
        if (p->data_subscriptions[i]->track == track)
            return (uint16_t)p->data_subscriptions[i]->handle;
    return 0;
}

static uint64_t track_of(struct sessions *s, const struct participant *from, const uint8_t *data,
                         size_t len)
{
    struct data_track_header h;
    enum counter reason = COUNTER_DROP_DATA_TRACK;
    uint64_t track = 0;
    if (!from->state->can_publish_data)
        reason = COUNTER_DROP_DATA_PERMISSION;
    else if (!data_track_parse(&h, data, len))
        reason = COUNTER_DROP_DATA_MALFORMED;
    else
        track = published(from->state, h.handle);
    if (track == 0)
        counters_add(s->counters, reason, 1);
    return track;
}

void data_track_route(struct sessions *s, struct transport *from, const uint8_t *data, size_t len)
{
    struct participant *sender = from->participant, *to;
    uint64_t track = track_of(s, sender, data, len);
    if (track == 0)
        return;
    memcpy(s->scratch, data, len);
    LIST_FOREACH(to, &sender->room->participants, link)
    {
        uint16_t handle = subscribed(to->state, track);
        struct transport *t = handle && to != sender ? data_receiving_transport(to) : NULL;
        if (!t)
            continue;
        data_track_set_handle(s->scratch, handle);
        data_drive_send_track(s, t, s->scratch, len);
    }
}
