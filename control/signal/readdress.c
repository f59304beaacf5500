/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/readdress.h"

#include "common/log.h"
#include "common/random.h"
#include "control/room/commands.h"
#include "control/room/participant.h"
#include "control/signal/negotiate.h"
#include "control/signal/session.h"

#include <string.h>

static bool offered(const struct rooms *rs, const struct candidate_address *a)
{
    for (size_t i = 0; i < rs->address_count; i++)
        if (candidate_equal(a, &rs->addresses[i]))
            return true;
    return false;
}

static unsigned trickle(struct participant *p)
{
    unsigned told = 0;
    for (int i = 0; i < 2; i++) {
        struct transport *t = p->transports[i];
        if (!t || !t->described)
            continue;
        negotiate_trickle(t, *t->first_mid ? t->first_mid : "0");
        told = 1;
    }
    return told;
}

static unsigned trickle_all(const struct rooms *rs)
{
    unsigned told = 0;
    for (struct room *r = rs->first; r; r = r->next)
        for (struct participant *p = r->participants; p; p = p->next)
            if (p->session)
                told += trickle(p);
    return told;
}

static void look(void *arg, usec_t now)
{
    struct signalling *g = arg;
    command_query_silent(&g->rooms, READDRESS_SILENT);
    if (--g->readdress_looks > 0)
        timer_start(&g->rooms.timers, &g->readdress, now + READDRESS_AGAIN);
}

void readdress(struct signalling *g, const struct candidate_address *list, size_t count, usec_t now)
{
    struct rooms *rs = &g->rooms;
    bool more = false;
    count = count < CANDIDATE_ADDRESSES_MAX ? count : CANDIDATE_ADDRESSES_MAX;
    for (size_t i = 0; i < count; i++)
        more |= !offered(rs, &list[i]);
    struct candidate_address next[CANDIDATE_ADDRESSES_MAX];
    memcpy(next, list, count * sizeof *list);
    candidates_prefer(next, count, rs->addresses, rs->address_count,
                      (int64_t)(clock_realtime() / USEC_PER_SEC));
    memcpy(rs->addresses, next, count * sizeof *next);
    rs->address_count = count;
    command_set_turn_peers(rs);
    if (!more || rs->participant_count == 0)
        return;
    log_info("signal", "new candidates told participants=%u of=%u", trickle_all(rs),
             rs->participant_count);
    g->readdress_looks = READDRESS_LOOKS;
    g->readdress_round++;
    g->readdress.fire = look;
    g->readdress.arg = g;
    timer_start(&rs->timers, &g->readdress, now + READDRESS_FIRST);
}

static void send_to_resume(void *arg, usec_t now)
{
    (void)now;
    struct participant *p = arg;
    if (!p->session)
        return;
    log_info("signal",
             "does not reach us since our address changed; is told to resume "
             "participant=%s identity=%s room=%s",
             p->sid, p->claims.identity, p->room->name);
    participant_resume(p);
}

static usec_t jitter(const struct rooms *rs)
{
    usec_t most = READDRESS_JITTER + rs->participant_count * 5 * USEC_PER_MS;
    return random_u32() % (most < READDRESS_SPREAD ? most : READDRESS_SPREAD);
}

static void resume_soon(struct signalling *g, struct participant *p, usec_t now)
{
    if (!p->session || p->readdressed == g->readdress_round)
        return;
    p->readdressed = g->readdress_round;
    p->readdress.fire = send_to_resume;
    p->readdress.arg = p;
    timer_start(&g->rooms.timers, &p->readdress, now + jitter(&g->rooms));
}

/* A browser sends by the new way only when ICE has restarted, or when it has given up the old way,
 * seconds later; restarts cost it nothing. Native clients come back by themselves as well, and to
 * be interrupted in a resume makes them start over: they are told only at last, and if nothing else
 * helped. */
static bool resumes_gladly(const struct participant *p)
{
    return p->client.sdk == LIVEKIT__CLIENT_INFO__SDK__JS;
}

void readdress_silent(struct signalling *g, const Sluice__Link__SilentTransports *m, usec_t now)
{
    struct transport *t;
    for (size_t i = 0; i < m->n_transports; i++)
        if ((t = index_find(&g->rooms.transports, m->transports[i])) &&
            (resumes_gladly(t->owner) || g->readdress_looks == 0))
            resume_soon(g, t->owner, now);
    for (size_t i = 0; i < m->n_unsettled; i++)
        if ((t = index_find(&g->rooms.transports, m->unsettled[i])) && resumes_gladly(t->owner))
            resume_soon(g, t->owner, now);
}
