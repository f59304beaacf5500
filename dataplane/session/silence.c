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

static uint64_t media_packets(const struct sessions *s)
{
    uint64_t n = 0;
    for (unsigned i = 0; s->config.traffic && i < s->config.workers; i++)
        n += counters_get(&s->config.traffic[i], COUNTER_RX_RTP) +
             counters_get(&s->config.traffic[i], COUNTER_RX_RTCP);
    return n;
}

void silence_watch(struct sessions *s)
{
    if (s->silence.look_at != USEC_NEVER)
        return;
    s->silence = (struct silence){.look_at = s->now + SILENCE_LOOK, .seen = media_packets(s)};
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

/* A peer is heard again: what it missed is gone, so its pictures begin anew. */
static void heard_again(struct sessions *s, struct transport *t)
{
    struct subscription *sub;
    t->silent = false;
    LIST_FOREACH(sub, &t->subscriptions, transport_link)
    if (sub->track->state->video && !sub->state->disabled)
        worker_command(s, sub->track->transport->state->worker, MEDIA_REQUEST_KEY_FRAME,
                       sub->track->handle);
}

/* Media was flowing, and then came nothing at all. */
static bool all_silent(struct sessions *s)
{
    struct silence *w = &s->silence;
    uint64_t n = media_packets(s);
    w->newest = (w->newest + 1) % SILENCE_BUCKETS;
    w->bucket[w->newest] = (uint32_t)(n - w->seen);
    w->seen = n;
    uint64_t before = 0;
    for (unsigned i = 0; i < SILENCE_BUCKETS; i++) {
        uint32_t got = w->bucket[(w->newest + SILENCE_BUCKETS - i) % SILENCE_BUCKETS];
        if (i < SILENCE_NOTHING && got > 0)
            return false;
        before += got;
    }
    return before >= SILENCE_FLOW;
}

static void tell(struct sessions *s, uint32_t total, uint32_t silent, bool all)
{
    Sluice__Link__Silence m = SLUICE__LINK__SILENCE__INIT;
    m.connected = total;
    m.silent = silent;
    m.total = all;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_SILENCE;
    e.silence = &m;
    s->silence.told_at = s->now;
    s->silence.silent = silent > 0;
    s->out.event(s->out.context, &e);
}

static void check(struct sessions *s)
{
    struct transport *t;
    for (uint32_t i = 0; i < s->transports.pool.size; i++)
        if ((t = connected(s, i)) && t->silent)
            own_check_send(s, t);
    s->silence.checks_at = s->now + CHECKS_EVERY;
}

static void mark_silent(const struct sessions *s, struct transport *t)
{
    if (!t->silent)
        t->silent_since = s->now;
    t->silent = t->unsettled = true;
}

/* Silent until the next check arrives: who makes none when one was due, and who has made none
 * lately if nothing at all arrives. */
static void judge(struct sessions *s, struct transport *t, bool all)
{
    if (t->silent && t->ice.last_check > t->silent_since)
        heard_again(s, t);
    if (t->unsettled && t->ice.last_nomination > t->silent_since)
        t->unsettled = false;
    usec_t due = all ? SILENCE_NOTHING * SILENCE_LOOK : SILENCE_AFTER;
    if (s->now - t->ice.last_check > due)
        mark_silent(s, t);
}

void silence_run(struct sessions *s)
{
    struct silence *w = &s->silence;
    if (w->look_at > s->now)
        return;
    uint32_t total = 0, silent = 0;
    struct transport *t;
    bool all = all_silent(s);
    for (uint32_t i = 0; i < s->transports.pool.size; i++) {
        if (!(t = connected(s, i)))
            continue;
        judge(s, t, all);
        total++;
        silent += t->silent;
    }
    all = all && total > 0;
    if ((silent > 0) != w->silent || (silent > 0 && s->now - w->told_at >= SILENCE_REPEAT))
        tell(s, total, silent, all);
    if (silent > 0 && w->checks_at <= s->now)
        check(s);
    w->look_at = total > 0 ? s->now + SILENCE_LOOK : USEC_NEVER;
}

void silence_query(struct sessions *s, uint32_t silent_ms)
{
    uint64_t ids[SILENT_MAX], unsettled[SILENT_MAX];
    const struct transport *t;
    Sluice__Link__SilentTransports m = SLUICE__LINK__SILENT_TRANSPORTS__INIT;
    for (uint32_t i = 0; i < s->transports.pool.size; i++) {
        if (!(t = connected(s, i)) || m.n_transports + m.n_unsettled == SILENT_MAX)
            continue;
        if (t->silent || s->now - t->ice.last_check >= silent_ms * USEC_PER_MS)
            ids[m.n_transports++] = t->state->id;
        else if (t->unsettled)
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
