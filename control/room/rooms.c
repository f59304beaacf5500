/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/rooms.h"

#include "common/random.h"
#include "control/room/participant.h"
#include "control/room/publication.h"
#include "control/room/rebuild.h"
#include "control/room/room_internal.h"
#include "control/room/speakers.h"
#include "control/room/subscription.h"
#include "control/room/transport.h"

#include <stdlib.h>
#include <string.h>

void rooms_config_default(struct rooms_config *c)
{
    *c = (struct rooms_config){
        .auto_create = true,
        .allow_tcp_fallback = true,
        .empty_timeout = 300,
        .departure_timeout = 20,
        .codecs = SDP_CODECS_ALL,
        .region = "",
        .dynacast_pause_delay = 5 * USEC_PER_SEC,
        .codec_regression_threshold = 5,
        .update_size = 128 * 1024,
        .speaker_level = 35,
        .speaker_interval = 400,
        .speaker_percent = 40,
        .speaker_smoothing = 2,
        .name_limit = 256,
        .metadata_limit = 512 * 1024,
        .attributes_limit = 64 * 1024,
        .data_tracks = true,
        .data_blobs_size = 64000,
        .data_blob_key_length = 256,
        .data_track_encoding_length = 32,
    };
}

void rooms_init(struct rooms *rs, const struct rooms_config *config, const struct room_output *out)
{
    memset(rs, 0, sizeof *rs);
    rs->config = *config;
    rs->out = *out;
    random_id(rs->node_id, "ND_", 12);
    speakers_init(rs);
}

static void free_participant(struct participant *p)
{
    for (int i = 0; i < 2; i++)
        if (p->transports[i])
            transport_close(p->transports[i], false);
    while (p->publications)
        publication_free(p->publications);
    while (p->subscriptions)
        subscription_free(p->subscriptions);
    index_remove(&p->room->rooms->participants, &p->index);
    participant_free(p);
}

void rooms_free(struct rooms *rs)
{
    for (struct room *r = rs->first; r; r = r->next)
        while (r->participants) {
            struct participant *p = r->participants;
            r->participants = p->next;
            free_participant(p);
        }
    while (rs->first) {
        struct room *r = rs->first;
        rs->first = r->next;
        room_free(r);
    }
    rebuild_forget(rs);
    deadlines_free(&rs->timers);
}

usec_t rooms_deadline(const struct rooms *rs)
{
    return deadlines_next(&rs->timers);
}

void rooms_run(struct rooms *rs, usec_t now)
{
    deadlines_run(&rs->timers, now);
}

void rooms_shut_down(struct rooms *rs, usec_t now)
{
    for (struct room *r = rs->first; r; r = r->next)
        while (r->participants)
            participant_close(r->participants, LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN, true,
                              now);
}

struct room *rooms_find(const struct rooms *rs, const char *name)
{
    for (struct room *r = rs->first; r; r = r->next)
        if (strcmp(r->name, name) == 0)
            return r;
    return NULL;
}
