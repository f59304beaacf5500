/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/fallback.h"

#include "common/log.h"
#include "control/room/ice_servers.h"
#include "control/room/participant.h"
#include "control/room/preference.h"

#include <string.h>

#define SHORT_CONNECTION  (90 * USEC_PER_SEC)
#define SIGNAL_RECENT     (15 * USEC_PER_SEC)
#define FAILURES          2 /* of longer connections, within the window */
#define FAILURE_WINDOW    (60 * USEC_PER_SEC)
#define ESTABLISH_MIN     (10 * USEC_PER_SEC) /* from ICE to DTLS and all */
#define ESTABLISH_MAX     (20 * USEC_PER_SEC)
#define TCP_MIN           (5 * USEC_PER_SEC) /* until ICE is connected over TCP */
#define TCP_MAX           (12 * USEC_PER_SEC)
#define SIGNAL_RTT_USABLE 1000 /* ms; beyond it says nothing about the way */

static usec_t clamp(usec_t v, usec_t least, usec_t most)
{
    return v < least ? least : v > most ? most : v;
}

void fallback_signal_seen(struct participant *p, usec_t now)
{
    p->fallback.signal_at = now;
}

/* Swift's WebRTC learned it with SDK 1.0.5, Go's never did. */
static bool speaks_tcp(const struct client *c)
{
    if (c->sdk == LIVEKIT__CLIENT_INFO__SDK__GO)
        return false;
    static const char *const old[] = {"0.", "1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4"};
    for (size_t i = 0; c->sdk == LIVEKIT__CLIENT_INFO__SDK__SWIFT && i < sizeof old / sizeof *old;
         i++)
        if (strncmp(c->version, old[i], strlen(old[i])) == 0)
            return false;
    return true;
}

static bool has_tcp(const struct participant *p)
{
    const struct rooms *rs = p->room->rooms;
    uint32_t most = rs->config.tcp_fallback_rtt;
    return rs->media.tcp_port != 0 && speaks_tcp(&p->client) &&
           (most == 0 || p->fallback.signal_rtt < most);
}

static Livekit__CandidateProtocol next(const struct participant *p, Livekit__CandidateProtocol now)
{
    if (now == LIVEKIT__CANDIDATE_PROTOCOL__UDP && has_tcp(p))
        return LIVEKIT__CANDIDATE_PROTOCOL__TCP;
    if (now != LIVEKIT__CANDIDATE_PROTOCOL__TLS && ice_servers_have_tls(p->room->rooms))
        return LIVEKIT__CANDIDATE_PROTOCOL__TLS;
    return now;
}

/* Without signalling the client is away, and its way is not to blame. */
static bool is_there(const struct participant *p, usec_t now)
{
    return (p->session || p->resuming_session) && now - p->fallback.signal_at < SIGNAL_RECENT;
}

static void step(struct participant *p)
{
    static const char *const names[] = {"UDP", "TCP", "TLS"};
    Livekit__CandidateProtocol how = preference_of(p->room, p->claims.identity);
    Livekit__CandidateProtocol to = next(p, how);
    if (to == how)
        return;
    p->fallback.done = true;
    preference_set(p->room, p->claims.identity, to);
    log_info("room", "falls back from=%s to=%s participant=%s identity=%s room=%s", names[how],
             names[to], p->sid, p->claims.identity, p->room->name);
}

static void failed(struct participant *p, bool soon, usec_t now)
{
    struct fallback *f = &p->fallback;
    if (!p->room->rooms->config.allow_tcp_fallback || f->done)
        return;
    if (!is_there(p, now)) {
        f->failures = 0;
        return;
    }
    if (!soon) {
        bool lately = f->failures > 0 && now - f->failed_at <= FAILURE_WINDOW;
        f->failures = lately ? f->failures + 1 : 1;
        f->failed_at = now;
        if (f->failures < FAILURES)
            return;
    }
    step(p);
}

static bool was_short(const struct transport *t, usec_t now)
{
    return t->ice_connected_at != 0 && now - t->ice_connected_at < SHORT_CONNECTION;
}

/* It waited for checks over TCP, or for DTLS, as long as that may take. */
static void not_established(void *arg, usec_t now)
{
    struct transport *t = arg;
    struct participant *p = t->owner;
    log_info("room", "not connected in time state=%d participant=%s room=%s", (int)t->state, p->sid,
             p->room->name);
    failed(p, true, now);
    participant_media_lost(p, false, now);
}

static void wait_for(struct transport *t, usec_t time, usec_t now)
{
    t->establish.fire = not_established;
    t->establish.arg = t;
    timer_start(&t->owner->room->rooms->timers, &t->establish, now + time);
}

/* Over TCP the way is that of signalling: its round-trip time tells how long it may take. */
static void began(struct transport *t, usec_t now)
{
    const struct fallback *f = &t->owner->fallback;
    t->remote_at = t->remote_at ? t->remote_at : now;
    if (t->tcp_only && !t->owner->room->rooms->config.force_tcp && f->signal_rtt > 0 &&
        f->signal_rtt < SIGNAL_RTT_USABLE)
        wait_for(t, clamp(8 * f->signal_rtt * USEC_PER_MS, TCP_MIN, TCP_MAX), now);
}

void fallback_signal_rtt(struct participant *p, int64_t rtt, usec_t now)
{
    if (rtt <= 0 || rtt > INT32_MAX)
        return;
    p->fallback.signal_rtt = (uint32_t)rtt;
    struct transport *t = participant_primary(p);
    if (t && t->remote_set && t->state == SLUICE__LINK__CONNECTION__NEW &&
        !timer_running(&t->establish))
        began(t, now);
}

void fallback_transport_changed(struct transport *t, usec_t now)
{
    struct deadlines *ts = &t->owner->room->rooms->timers;
    switch (t->state) {
    case SLUICE__LINK__CONNECTION__NEW:
        began(t, now);
        break;
    case SLUICE__LINK__CONNECTION__ICE_CONNECTED:
        t->ice_connected_at = t->ice_connected_at ? t->ice_connected_at : now;
        wait_for(t, clamp(3 * (now - t->remote_at), ESTABLISH_MIN, ESTABLISH_MAX), now);
        break;
    case SLUICE__LINK__CONNECTION__CONNECTED:
        t->ice_connected_at = t->ice_connected_at ? t->ice_connected_at : now;
        timer_stop(ts, &t->establish);
        break;
    case SLUICE__LINK__CONNECTION__FAILED:
        timer_stop(ts, &t->establish);
        failed(t->owner, was_short(t, now), now);
        break;
    default:
        break;
    }
}

void fallback_client_reconnects(struct participant *p, int32_t reason, usec_t now)
{
    struct transport *t = reason == LIVEKIT__RECONNECT_REASON__RR_PUBLISHER_FAILED
                              ? p->transports[0]
                          : reason == LIVEKIT__RECONNECT_REASON__RR_SUBSCRIBER_FAILED
                              ? p->transports[p->single ? 0 : 1]
                              : NULL;
    if (!t)
        return;
    fallback_signal_seen(p, now); /* it has just come */
    if (was_short(t, now))
        failed(p, true, now);
    for (int i = 0; i < 2; i++)
        if (p->transports[i])
            p->transports[i]->ice_connected_at = 0;
}
