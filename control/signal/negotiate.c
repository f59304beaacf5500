/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/negotiate.h"

#include "common/log.h"
#include "control/room/arena.h"
#include "control/room/info.h"
#include "control/room/participant.h"
#include "control/room/say.h"
#include "control/room/transport.h"

#include <string.h>

#define MAX_MESSAGE_SIZE 65535

/* LiveKit's debounce: shortly after a negotiation more changes are likely. */
#define DEBOUNCE      (10 * USEC_PER_MS)
#define DEBOUNCE_BUSY (150 * USEC_PER_MS)

void negotiate_failed(struct participant *p, const char *what, const struct sdp_error *e,
                      usec_t now)
{
    log_warn("signal", "negotiation failed: %s, line=%u reason=\"%s\" participant=%s room=%s", what,
             e->line, e->reason, p->sid, p->room->name);
    participant_start_over(p, LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH, now);
}

void negotiate_policy(const struct participant *p, struct sdp_policy *policy)
{
    const struct client *c = &p->client;
    const struct rooms_config *config = &p->room->rooms->config;
    bool firefox = strncasecmp(c->browser, "Firefox", 7) == 0;
    bool safari = strcasecmp(c->browser, "Safari") == 0;
    bool linux_like = strcasecmp(c->os, "Linux") == 0 || strcasecmp(c->os, "Android") == 0;
    *policy = (struct sdp_policy){
        .enabled = config->codecs & ~info_disabled_codecs(c),
        .single = p->single,
        .send_side_bwe = config->estimate_bandwidth && config->send_side_bwe,
        .no_red_downstream = firefox || safari,
        .only_chosen_codec = firefox && linux_like,
    };
}

void negotiate_local(struct transport *t, struct sdp_local *local,
                     struct sdp_candidate list[static 2 * CANDIDATE_ADDRESSES_MAX])
{
    *local = (struct sdp_local){
        .session_id = t->session_id,
        .session_version = t->session_version++,
        .ufrag = t->ufrag,
        .pwd = t->pwd,
        .ice_lite = true,
        .max_message_size = MAX_MESSAGE_SIZE,
        .candidates = list,
        .candidate_count = t->described ? transport_candidates(t, list) : 0,
    };
    memcpy(local->fingerprint, t->owner->room->rooms->media.fingerprint, sizeof local->fingerprint);
}

static void trickle_one(struct transport *t, const struct sdp_candidate *c, const char *mid,
                        bool final)
{
    char json[SDP_CANDIDATE_JSON];
    if (sdp_candidate_init(json, sizeof json, c, mid, 0, t->ufrag) == 0)
        return;
    Livekit__TrickleRequest body = LIVEKIT__TRICKLE_REQUEST__INIT;
    body.candidateinit = json;
    body.final = final;
    body.target = t->kind == SLUICE__LINK__TRANSPORT_KIND__SUBSCRIBER
                      ? LIVEKIT__SIGNAL_TARGET__SUBSCRIBER
                      : LIVEKIT__SIGNAL_TARGET__PUBLISHER;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE;
    m.trickle = &body;
    say(t->owner, &m);
}

void negotiate_trickle(struct transport *t, const char *mid)
{
    struct sdp_candidate list[TRANSPORT_CANDIDATES_MAX];
    size_t n = transport_candidates(t, list);
    for (size_t i = 0; i < n; i++)
        trickle_one(t, &list[i], mid, i + 1 == n);
    t->described = true;
}

void negotiate_map_add(void *arg, const char *mid, const char *track_sid)
{
    struct negotiate_map *map = arg;
    Livekit__SessionDescription *d = map->description;
    Livekit__SessionDescription__MidToTrackIdEntry *e =
        ARENA_MESSAGE(map->arena, Livekit__SessionDescription__MidToTrackIdEntry,
                      livekit__session_description__mid_to_track_id_entry);
    e->key = (char *)(uintptr_t)mid;
    e->value = (char *)(uintptr_t)track_sid;
    d->mid_to_track_id[d->n_mid_to_track_id++] = e;
}

static void due(void *arg, usec_t now)
{
    struct transport *t = arg;
    if (t->kind == SLUICE__LINK__TRANSPORT_KIND__SINGLE) {
        negotiate_ask(t, now);
        return;
    }
    struct rooms *rs = t->owner->room->rooms;
    negotiate_offer_now(rs->out.ctx, t, false, now);
}

void negotiate_soon(struct participant *p, usec_t now)
{
    struct transport *t = transport_towards(p);
    if (!t || !p->session)
        return; /* a client that comes back negotiates anyway */
    usec_t wait = now - t->last_negotiation > DEBOUNCE_BUSY ? DEBOUNCE : DEBOUNCE_BUSY;
    t->negotiate.fire = due;
    t->negotiate.arg = t;
    timer_start_before(&p->room->rooms->timers, &t->negotiate, now + wait);
}
