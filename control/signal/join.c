/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/broadcast.h"
#include "control/room/ice_servers.h"
#include "control/room/info.h"
#include "control/room/participant.h"
#include "control/room/preference.h"
#include "control/room/say.h"
#include "control/signal/session.h"

#include <string.h>

#define PING_TIMEOUT_S  15
#define PING_INTERVAL_S 5

void join_response(struct participant *p)
{
    struct arena a = {0};
    struct room *r = p->room;
    Livekit__JoinResponse body = LIVEKIT__JOIN_RESPONSE__INIT;
    body.room = info_of_room(&a, r);
    body.participant = info_of_participant(&a, p, LIVEKIT__DISCONNECT_REASON__UNKNOWN_REASON);
    body.n_other_participants = broadcast_visible(&a, p, false, &body.other_participants);
    body.server_version = (char *)(uintptr_t)ROOM_SERVER_VERSION;
    body.server_region = (char *)(uintptr_t)r->rooms->config.region;
    body.n_ice_servers = ice_servers_for(&a, p, &body.ice_servers);
    body.subscriber_primary = participant_subscriber_primary(p);
    body.client_configuration = info_client_configuration(&a, p);
    body.ping_timeout = PING_TIMEOUT_S;
    body.ping_interval = PING_INTERVAL_S;
    body.server_info = info_of_server(&a, r->rooms);
    body.sif_trailer.data = (uint8_t *)r->sif_trailer;
    body.sif_trailer.len = strlen(r->sif_trailer);
    body.n_enabled_publish_codecs = info_publish_codecs(&a, r->rooms, &body.enabled_publish_codecs);
    body.fast_publish = grant_can_publish(&p->claims.video) &&
                        preference_of(r, p->claims.identity) == LIVEKIT__CANDIDATE_PROTOCOL__UDP;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN;
    m.join = &body;
    say(p, &m);
    arena_free(&a);
}
