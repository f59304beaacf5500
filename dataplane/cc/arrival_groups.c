/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/arrival_groups.h"

#define GROUP_LENGTH  5000 /* us, of sending */
#define BURST_GAP     5000 /* us, of arrival */
#define BURST_MAX     100000
#define CLOCK_JUMP    3000000
#define REORDERED_MAX 3
#define US_PER_MS     1000.0

static bool in_burst(const struct arrival_group *g, usec_t sent, int64_t arrived)
{
    int64_t arrival_delta = arrived - g->arrived;
    int64_t sent_delta = (int64_t)(sent - g->sent);
    if (sent_delta == 0)
        return true;
    return arrival_delta < sent_delta && arrival_delta <= BURST_GAP &&
           arrived - g->first_arrived < BURST_MAX;
}

static bool begins_group(const struct arrival_group *g, usec_t sent, int64_t arrived)
{
    return !in_burst(g, sent, arrived) && sent - g->first_sent > GROUP_LENGTH;
}

static void open_group(struct arrival_group *g, usec_t sent, int64_t arrived)
{
    *g = (struct arrival_group){
        .open = true, .first_sent = sent, .sent = sent, .first_arrived = arrived};
}

static void start_over(struct arrival_groups *g)
{
    *g = (struct arrival_groups){0};
}

/* False if the groups are in no order, or the receiver's clock has jumped. */
static bool delta(struct arrival_groups *g, struct arrival_delta *d)
{
    const struct arrival_group *a = &g->previous, *b = &g->current;
    int64_t arrived = b->arrived - a->arrived;
    int64_t told = (int64_t)(b->told - a->told);
    if (arrived - told >= CLOCK_JUMP) {
        start_over(g);
        return false;
    }
    if (arrived < 0) {
        if (++g->reordered >= REORDERED_MAX)
            start_over(g);
        return false;
    }
    g->reordered = 0;
    d->sent_ms = (double)(b->sent - a->sent) / US_PER_MS;
    d->arrived_ms = (double)arrived / US_PER_MS;
    return true;
}

bool arrival_groups_packet(struct arrival_groups *g, usec_t sent, int64_t arrived, usec_t told,
                           struct arrival_delta *d)
{
    bool ended = false;
    if (!g->current.open) {
        open_group(&g->current, sent, arrived);
    } else if (sent < g->current.first_sent) {
        return false;
    } else if (begins_group(&g->current, sent, arrived)) {
        if (g->previous.open) {
            ended = delta(g, d);
            if (!g->current.open && !ended) {
                open_group(&g->current, sent, arrived);
                g->current.arrived = arrived;
                g->current.told = told;
                return false;
            }
        }
        g->previous = g->current;
        open_group(&g->current, sent, arrived);
    }
    if (sent > g->current.sent)
        g->current.sent = sent;
    g->current.arrived = arrived;
    g->current.told = told;
    return ended;
}
