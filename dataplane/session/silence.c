/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/silence.h"

#include "common/random.h"
#include "dataplane/session/engine.h"

#define SILENT_MAX 4096 /* of both lists of an answer: fits into a record of the link */

void silence_init(struct sessions *s)
{
    s->silence = (struct silence){.look_at = USEC_NEVER};
    random_bytes(s->check_prefix, sizeof(s->check_prefix));
}

void silence_watch(struct sessions *s)
{
    if (s->silence.look_at == USEC_NEVER)
        s->silence.look_at = s->now + SILENCE_LOOK;
}

/* The transport, if it is (or was, until consent ended) connected. */
static struct transport *connected(const struct sessions *s, uint32_t i)
{
    struct transport *t = &s->transport[i];
    bool up = s->transports.pool.taken[i] && t->keyed &&
              (t->connection == SLUICE__LINK__CONNECTION__CONNECTED ||
               t->connection == SLUICE__LINK__CONNECTION__DISCONNECTED);
    return up ? t : NULL;
}

/* ---- one peer ---- */

static void count_media(const struct sessions *s, struct transport *t)
{
    struct hearing *h = &t->hearing;
    const uint32_t *heard = s->config.heard[t->state->worker];
    if (!heard)
        return;
    uint32_t packets = __atomic_load_n(&heard[handle_index(t->handle)], __ATOMIC_RELAXED);
    uint32_t came = packets - h->packets;
    h->packets = packets;
    if (came == 0)
        return;
    usec_t gap = (h->media_at ? s->now - h->media_at : SILENCE_LOOK) / came;
    h->gap = h->media_at ? (h->gap * 7 + gap) / 8 : gap;
    h->media_at = s->now;
}

static usec_t latest(usec_t a, usec_t b)
{
    return a > b ? a : b;
}

static usec_t last_sign(const struct transport *t)
{
    const struct hearing *h = &t->hearing;
    return latest(t->ice.last_check, latest(h->media_at, h->answered_at));
}

static bool media_stopped(const struct hearing *h, usec_t now)
{
    return h->media_at && now - h->media_at >= latest(SILENCE_QUIET, h->gap * SILENCE_GAPS);
}

/* Media that has stopped is suspicious once: it may well have been muted. */
static bool something_was_due(const struct sessions *s, const struct transport *t)
{
    const struct hearing *h = &t->hearing;
    usec_t sign = last_sign(t);
    if (s->now - sign > SILENCE_AFTER)
        return true;
    return media_stopped(h, s->now) && h->missed_at < h->media_at && s->now - sign >= SILENCE_LOOK;
}

static void suspect(const struct sessions *s, struct transport *t)
{
    struct hearing *h = &t->hearing;
    h->suspected_at = h->missed_at = s->now;
    h->unsettled = true;
}

/* A peer is heard again. If it was away, what it missed is gone: its pictures begin anew. */
static void heard_again(struct sessions *s, struct transport *t)
{
    struct hearing *h = &t->hearing;
    struct subscription *sub;
    bool was_away = h->silent;
    h->suspected_at = 0;
    h->silent = false;
    LIST_FOREACH(sub, &t->subscriptions, transport_link)
    if (was_away && sub->track->state->video && !sub->state->disabled)
        worker_command(s, sub->track->transport->state->worker, MEDIA_REQUEST_KEY_FRAME,
                       sub->track->handle);
}

static void judge(struct sessions *s, struct transport *t)
{
    struct hearing *h = &t->hearing;
    count_media(s, t);
    if (h->suspected_at && last_sign(t) > h->suspected_at)
        heard_again(s, t);
    if (h->unsettled && latest(t->ice.last_nomination, h->media_at) > h->missed_at)
        h->unsettled = false;
    if (!h->suspected_at && something_was_due(s, t))
        suspect(s, t);
    h->silent = h->suspected_at && s->now - h->suspected_at >= SILENCE_ANSWER;
    if (!h->suspected_at || s->now - h->checked_at < CHECKS_EVERY)
        return;
    h->checked_at = s->now;
    own_check_send(s, t);
}

/* ---- all of them ---- */

static void tell(struct sessions *s, const Sluice__Link__Silence *m)
{
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_SILENCE;
    e.silence = (Sluice__Link__Silence *)(uintptr_t)m;
    s->silence.told_at = s->now;
    s->out.event(s->out.context, &e);
}

static void tell_if_news(struct sessions *s, const Sluice__Link__Silence *m)
{
    struct silence *w = &s->silence;
    bool change = m->suspected > w->suspected || (m->silent > 0) != w->silent;
    bool again = m->silent > 0 && s->now - w->told_at >= SILENCE_REPEAT;
    w->suspected = m->suspected;
    w->silent = m->silent > 0;
    if (change || again)
        tell(s, m);
}

/* Counts each participant once, whose transports may be two. */
static uint32_t once(uint32_t *seen, const struct silence *w, bool so)
{
    bool first = so && *seen != w->look;
    if (first)
        *seen = w->look;
    return first;
}

void silence_run(struct sessions *s)
{
    struct silence *w = &s->silence;
    struct transport *t;
    Sluice__Link__Silence m = SLUICE__LINK__SILENCE__INIT;
    if (w->look_at > s->now)
        return;
    w->look++;
    for (uint32_t i = 0; i < s->transports.pool.size; i++) {
        if (!(t = connected(s, i)))
            continue;
        struct participant *p = t->participant;
        judge(s, t);
        m.connected += once(&p->connected_look, w, true);
        m.suspected += once(&p->suspected_look, w, t->hearing.suspected_at != 0);
        m.silent += once(&p->silent_look, w, t->hearing.silent);
    }
    m.total = m.silent > 0 && m.silent == m.connected;
    tell_if_news(s, &m);
    w->look_at = m.connected > 0 ? s->now + SILENCE_LOOK : USEC_NEVER;
}

void silence_query(struct sessions *s, uint32_t silent_ms)
{
    uint64_t ids[SILENT_MAX], unsettled[SILENT_MAX];
    const struct transport *t;
    Sluice__Link__SilentTransports m = SLUICE__LINK__SILENT_TRANSPORTS__INIT;
    for (uint32_t i = 0; i < s->transports.pool.size; i++) {
        if (!(t = connected(s, i)) || m.n_transports + m.n_unsettled == SILENT_MAX)
            continue;
        if (t->hearing.silent || s->now - last_sign(t) >= silent_ms * USEC_PER_MS)
            ids[m.n_transports++] = t->state->id;
        else if (t->hearing.unsettled)
            unsettled[m.n_unsettled++] = t->state->id;
    }
    m.unsettled = unsettled;
    m.transports = ids;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_SILENT_TRANSPORTS;
    e.silent_transports = &m;
    s->out.event(s->out.context, &e);
}

void silence_set_line(struct sessions *s, bool down)
{
    struct transport *t;
    for (uint32_t i = 0; i < s->transports.pool.size; i++) {
        if (!(t = connected(s, i)))
            continue;
        t->ice.patience = s->now + (down ? LINE_PATIENCE : ICE_CONSENT_FAILED);
        session_transport_schedule(s, t);
    }
}
