/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/signalling.h"

#include "common/log.h"
#include "control/room/fallback.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/preference.h"
#include "control/room/quality.h"
#include "control/signal/negotiate.h"
#include "control/signal/session.h"

#include <stdlib.h>
#include <string.h>

static void out_send(void *ctx, struct participant *p, const Livekit__SignalResponse *m)
{
    (void)ctx;
    session_write(p->session, m);
}

static void out_hang_up(void *ctx, struct participant *p)
{
    (void)ctx;
    struct signal_session *s = p->session;
    s->participant = NULL;
    session_close(s);
}

static void out_command(void *ctx, Sluice__Link__Command *c)
{
    struct signalling *g = ctx;
    if (g->out.command)
        g->out.command(g->out.ctx, c);
}

static void out_negotiate(void *ctx, struct participant *p, usec_t now)
{
    (void)ctx;
    negotiate_soon(p, now);
}

static void out_status(void *ctx, struct participant *p, uint32_t last_sequence, usec_t now)
{
    (void)ctx;
    resume_status(p, last_sequence, now);
}

static void out_event(void *ctx, enum room_event e, const struct room *r,
                      const struct participant *p, const struct publication *t)
{
    struct signalling *g = ctx;
    if (g->out.event)
        g->out.event(g->out.ctx, e, r, p, t);
}

struct signalling *signalling_create(const struct rooms_config *config)
{
    struct signalling *g = calloc(1, sizeof *g);
    struct negotiation_scratch *scratch = calloc(1, sizeof *scratch);
    if (!g || !scratch) {
        free(g);
        free(scratch);
        return NULL;
    }
    g->scratch = scratch;
    struct room_output out = {
        .ctx = g,
        .send = out_send,
        .hang_up = out_hang_up,
        .command = out_command,
        .negotiate = out_negotiate,
        .status = out_status,
        .event = out_event,
    };
    rooms_init(&g->rooms, config, &out);
    return g;
}

void signalling_destroy(struct signalling *g)
{
    if (!g)
        return;
    rooms_free(&g->rooms);
    free(g->scratch);
    free(g);
}

void signalling_set_output(struct signalling *g, const struct signalling_output *out)
{
    g->out = *out;
}

struct rooms *signalling_rooms(struct signalling *g)
{
    return &g->rooms;
}

/* A simulated failure happens once. */
static struct signal_refusal check_resume(struct participant *p)
{
    if (!p || !p->fail_resume)
        return (struct signal_refusal){0};
    p->fail_resume = false;
    return (struct signal_refusal){500, "connection closed by media"};
}

static uint32_t tracks_in_and_out(const struct rooms *rs)
{
    uint32_t n = 0;
    for (const struct room *r = rs->first; r; r = r->next)
        for (const struct participant *p = r->participants; p; p = p->next) {
            for (const struct publication *t = p->publications; t; t = t->next)
                n += t->published;
            for (const struct subscription *s = p->subscriptions; s; s = s->next_of_subscriber)
                n += s->state == SUBSCRIPTION_OPEN;
        }
    return n;
}

static bool overloaded(const struct rooms *rs, usec_t now)
{
    uint32_t most = rs->config.bytes_per_second;
    return (most > 0 && quality_bytes_per_second(rs, now) >= most) ||
           (rs->config.capacity > 0 && rs->participant_count >= rs->config.capacity) ||
           (rs->config.track_limit > 0 && tracks_in_and_out(rs) >= rs->config.track_limit);
}

static int64_t issued(const struct claims *c)
{
    return c->issued_at > c->not_before ? c->issued_at : c->not_before;
}

struct signal_refusal signal_check(struct signalling *g, const struct signal_join *j, usec_t now)
{
    const struct room *r = rooms_find(&g->rooms, j->params->room);
    struct participant *known = r ? room_participant(r, j->params->identity) : NULL;
    if (r && preference_is_revoked(r, j->params->identity, issued(j->claims)))
        return (struct signal_refusal){401, "token was revoked"};
    if (j->params->reconnect)
        return check_resume(known);
    if (!g->rooms.media.up || g->rooms.media.worker_count == 0)
        return (struct signal_refusal){503, "media is not available"};
    if (!known && overloaded(&g->rooms, now))
        return (struct signal_refusal){503, "node has exceeded its configured limit"};
    bool full = r && room_is_full(r);
    if ((full && (!known || known->origin)) || (!r && g->rooms.room_count >= ROOMS_MAX))
        return (struct signal_refusal){500, "connection closed by media"};
    return (struct signal_refusal){0};
}

/* The token's claims with what the request makes of them. */
static void session_claims(const struct signal_join *j, struct claims *c)
{
    bool done = claims_copy(c, j->claims) && claims_set_text(&c->identity, j->params->identity);
    if (done && *j->params->metadata)
        done = claims_set_text(&c->metadata, j->params->metadata);
    for (size_t i = 0; done && i < j->params->attribute_count; i++)
        done =
            claims_set_attribute(c, j->params->attributes[i].key, j->params->attributes[i].value);
    if (!done)
        abort();
    if (*j->params->publish)
        c->video.can_subscribe = TRISTATE_FALSE;
}

/* Points into c; capabilities go into `list`. */
static Livekit__ClientInfo client_info(const struct join_client *c,
                                       Livekit__ClientInfo__Capability list[static 32])
{
    Livekit__ClientInfo m = LIVEKIT__CLIENT_INFO__INIT;
    m.sdk = c->sdk;
    m.protocol = c->protocol;
    m.client_protocol = c->client_protocol;
    m.version = (char *)(uintptr_t)c->version;
    m.os = (char *)(uintptr_t)c->os;
    m.browser = (char *)(uintptr_t)c->browser;
    m.browser_version = (char *)(uintptr_t)c->browser_version;
    m.device_model = (char *)(uintptr_t)c->device_model;
    m.address = (char *)(uintptr_t)c->address;
    m.capabilities = list;
    for (uint32_t bit = 1; bit < 32; bit++)
        if (c->capabilities & 1u << bit)
            list[m.n_capabilities++] = (Livekit__ClientInfo__Capability)bit;
    return m;
}

static void start_join(struct signal_session *s, const struct signal_join *j, usec_t now)
{
    const struct join_params *params = j->params;
    Livekit__ClientInfo__Capability capabilities[32];
    Livekit__ClientInfo client = client_info(&params->client, capabilities);
    struct participant_options o = {
        .client = &client,
        .single = params->single_pc,
        .auto_subscribe = params->auto_subscribe,
        .auto_subscribe_data_tracks = params->auto_subscribe_data_track,
        .adaptive_stream = params->adaptive_stream,
        .allow_pause = params->subscriber_allow_pause == TRISTATE_UNSET
                           ? s->g->rooms.config.allow_pause
                           : params->subscriber_allow_pause == TRISTATE_TRUE,
        .disable_lite = params->disable_ice_lite,
    };
    struct room *r = rooms_open(&s->g->rooms, params->room, j->settings, now);
    if (!r)
        return;
    struct claims claims;
    session_claims(j, &claims);
    struct participant *p = participant_join(r, &claims, &o, s, now);
    claims_free(&claims);
    s->participant = p;
    if (!p)
        return;
    log_info("signal", "joined participant=%s identity=%s room=%s sdk=%d protocol=%d single=%d",
             p->sid, p->claims.identity, r->name, (int)p->client.sdk, (int)p->client.protocol,
             p->single);
    fallback_signal_seen(p, now);
    join_response(p);
    participant_joined(p, now);
}

/* What the join request brought along is worked off as if it had been sent after. */
static void bundled_requests(struct signal_session *s, const Livekit__JoinRequest *req, usec_t now)
{
    for (size_t i = 0; req && i < req->n_add_track_requests && s->participant; i++) {
        Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
        m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK;
        m.add_track = req->add_track_requests[i];
        dispatch(s, &m, now);
    }
    if (req && req->publisher_offer && s->participant) {
        Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
        m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER;
        m.offer = req->publisher_offer;
        dispatch(s, &m, now);
    }
    if (s->participant && participant_subscriber_primary(s->participant))
        negotiate_offer_now(s->g, s->participant->transports[1], false, now);
}

static void send_away(struct signal_session *s)
{
    Livekit__LeaveRequest body = LIVEKIT__LEAVE_REQUEST__INIT;
    body.reason = LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH;
    body.action = LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE;
    m.leave = &body;
    session_write(s, &m);
    session_close(s);
}

static bool can_resume(const struct participant *p)
{
    return p && !p->closing && p->media_loss != MEDIA_GONE &&
           p->state != LIVEKIT__PARTICIPANT_INFO__STATE__JOINING;
}

struct signal_session *signal_start(struct signalling *g, const struct signal_join *j,
                                    const struct signal_io *io, usec_t now)
{
    struct signal_session *s = heap_new(sizeof *s);
    s->g = g;
    s->io = *io;
    if (j->params->reconnect) {
        const struct room *r = rooms_find(&g->rooms, j->params->room);
        struct participant *p = r ? room_participant(r, j->params->identity) : NULL;
        if (can_resume(p)) {
            resume_start(s, p, now);
            fallback_client_reconnects(p, j->params->reconnect_reason, now);
        } else {
            send_away(s);
        }
        return s;
    }
    start_join(s, j, now);
    if (s->participant)
        bundled_requests(s, j->params->request, now);
    else
        session_close(s);
    return s;
}

void signal_closed(struct signal_session *s, usec_t now)
{
    if (s->participant && s->participant->session == s)
        participant_signal_lost(s->participant, now);
    else if (s->participant && s->participant->resuming_session == s)
        participant_signal_lost(s->participant, now);
    free(s);
}
