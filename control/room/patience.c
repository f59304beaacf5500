/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/patience.h"

#include "control/room/participant.h"

/* It was up, and has to begin anew. */
static bool restarting(const struct transport *t)
{
    return t && t->was_connected &&
           (t->state == SLUICE__LINK__CONNECTION__NEW ||
            t->state == SLUICE__LINK__CONNECTION__FAILED);
}

static bool vanished(const struct participant *p)
{
    const struct transport *t = participant_primary(p);
    return !p->session && !p->resuming_session && t &&
           t->state == SLUICE__LINK__CONNECTION__DISCONNECTED;
}

static enum doubt doubt(const struct participant *p)
{
    if (p->media_loss != MEDIA_THERE)
        return DOUBT_LOST;
    if (restarting(p->transports[0]) || restarting(p->transports[1]))
        return DOUBT_RESTARTING;
    return vanished(p) ? DOUBT_VANISHED : DOUBT_NONE;
}

void patience_changed(struct participant *p, usec_t now)
{
    static const usec_t patience[] = {
        [DOUBT_VANISHED] = PATIENCE_VANISHED,
        [DOUBT_RESTARTING] = PATIENCE_RESTARTING,
        [DOUBT_LOST] = PATIENCE_LOST,
    };
    struct deadlines *ts = &p->room->rooms->timers;
    enum doubt d = doubt(p);
    if (d == p->doubt)
        return;
    p->doubt = d;
    if (d == DOUBT_NONE)
        timer_stop(ts, &p->disconnect);
    else
        timer_start(ts, &p->disconnect, now + patience[d]);
}
