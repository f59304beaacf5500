/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/move.h"

#include "common/log.h"
#include "control/room/arena.h"
#include "control/room/broadcast.h"
#include "control/room/commands.h"
#include "control/room/data_track.h"
#include "control/room/info.h"
#include "control/room/participant.h"
#include "control/room/publication.h"
#include "control/room/rooms.h"
#include "control/room/say.h"
#include "control/room/subscription.h"
#include "control/room/wish.h"

#include <stdlib.h>

/* Nobody of the old room gets anything of p's any more, nor p of theirs. */
static void part(struct participant *p, usec_t now)
{
    for (struct publication *t = p->publications; t; t = t->next)
        publication_unshare(t, now);
    while (p->subscriptions)
        subscription_end(p->subscriptions, now);
    wishes_free(p);
    data_tracks_part(p);
}

static void leave(struct participant *p, usec_t now)
{
    struct room *r = p->room;
    Livekit__ParticipantInfo__State state = p->state;
    p->state = LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
    p->disconnect_reason = LIVEKIT__DISCONNECT_REASON__MIGRATION;
    broadcast_departure(p, p->disconnect_reason, now);
    participant_tell_left(p);
    participant_unlist(p);
    p->state = state;
    p->disconnect_reason = LIVEKIT__DISCONNECT_REASON__UNKNOWN_REASON;
    room_counts_changed(r, now);
    room_occupancy_changed(r, now);
}

static void enter(struct participant *p, struct room *to, usec_t now)
{
    participant_list(p, to);
    if (!claims_set_text(&p->claims.video.room, to->name))
        abort();
    to->joined_once = true;
    p->update_queued = false;
    p->told_level = 0;
    p->told_quality = -1;
    command_open_participant(p);
    for (struct publication *t = p->publications; t; t = t->next)
        command_open_tracks(t);
    room_counts_changed(to, now);
    room_occupancy_changed(to, now);
}

static void say_moved(struct participant *p)
{
    struct arena a = {0};
    Livekit__RoomMovedResponse body = LIVEKIT__ROOM_MOVED_RESPONSE__INIT;
    char *token = participant_token(p);
    body.room = info_of_room(&a, p->room);
    if (token)
        body.token = token;
    body.participant = info_of_participant(&a, p, LIVEKIT__DISCONNECT_REASON__UNKNOWN_REASON);
    body.n_other_participants = broadcast_visible(&a, p, false, &body.other_participants);
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_MOVED;
    m.room_moved = &body;
    say(p, &m);
    free(token);
    arena_free(&a);
}

enum move_result participant_move(struct participant *p, struct room *to, usec_t now)
{
    struct participant *there = room_participant(to, p->claims.identity);
    if (p->room == to)
        return MOVE_DONE;
    if (p->origin)
        return MOVE_IS_SHOWN;
    if (!p->session)
        return MOVE_NO_SIGNAL;
    if (room_is_full(to) && (!there || there->origin))
        return MOVE_FULL;
    if (there)
        participant_close(there, LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY, true, now);
    log_info("room", "moved participant=%s identity=%s room=%s to=%s", p->sid, p->claims.identity,
             p->room->name, to->name);
    part(p, now);
    leave(p, now);
    enter(p, to, now);
    say_moved(p);
    broadcast_participant(p, true, now);
    participant_record_changed(p);
    if (p->was_active)
        participant_tell_joined(p);
    subscriptions_of_participant(p, now);
    for (struct publication *t = p->publications; t; t = t->next)
        subscriptions_of_track(t, now);
    return MOVE_DONE;
}
