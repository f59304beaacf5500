/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/svc_selector.h"

void svc_selector_init(struct svc_selector *s)
{
    *s = (struct svc_selector){.max_spatial = LAYER_NONE,
                               .max_temporal = LAYER_NONE,
                               .spatial = LAYER_NONE,
                               .temporal = LAYER_NONE};
}

/* The chain is whole if its previous frame was not left out. 0: the frame starts it. */
static bool chain_whole(const struct svc_selector *s, const struct svc_info *svc, unsigned target)
{
    if (svc->targets.n_chains == 0)
        return true;
    uint8_t diff = svc->dd.chain_fdiffs[svc->targets.protected_by[target] % DD_CHAINS_MAX];
    return diff == 0 || !recent_set_has(&s->drops, svc->frame - diff);
}

static int rank(const struct svc_targets *t, unsigned i)
{
    return t->spatial[i] * DD_TEMPORAL_MAX + t->temporal[i];
}

/* Above the limit the lowest spatial layer is best. */
static int rank_above(const struct svc_targets *t, unsigned i)
{
    return -t->spatial[i] * DD_TEMPORAL_MAX + t->temporal[i];
}

static bool available(const struct svc_selector *s, const struct svc_info *svc, unsigned i)
{
    return (svc->dd.active_targets >> i & 1) && svc->targets.temporal[i] <= s->max_temporal &&
           chain_whole(s, svc, i);
}

/* The best decode target that can be had now, or -1. Where none within the limit can, the stream
 * goes on above it until the key frame that is asked for. */
static int best_target(const struct svc_selector *s, const struct svc_info *svc)
{
    const struct svc_targets *t = &svc->targets;
    int best = -1, above = -1;
    for (unsigned i = 0; i < t->n && i < DD_DECODE_TARGETS_MAX; i++) {
        if (!available(s, svc, i))
            continue;
        if (t->spatial[i] <= s->max_spatial) {
            if (best < 0 || rank(t, i) > rank(t, (unsigned)best))
                best = (int)i;
        } else if (above < 0 || rank_above(t, i) > rank_above(t, (unsigned)above)) {
            above = (int)i;
        }
    }
    return best < 0 ? above : best;
}

static bool decodable(const struct svc_selector *s, const struct svc_info *svc)
{
    for (unsigned i = 0; i < svc->dd.n_fdiffs; i++) {
        if (recent_set_has(&s->drops, svc->frame - svc->dd.fdiffs[i]))
            return false;
    }
    return true;
}

static bool wanted(struct svc_selector *s, const struct svc_info *svc)
{
    int target = best_target(s, svc);
    if (target < 0)
        return false;
    if (svc->frame >= s->newest) {
        s->spatial = svc->targets.spatial[target];
        s->temporal = svc->targets.temporal[target];
    }
    return dd_dti(svc->dd.dtis, (unsigned)target) != DD_NOT_PRESENT && decodable(s, svc);
}

static uint32_t target_mask(const struct svc_selector *s, const struct svc_info *svc)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < svc->targets.n && i < DD_DECODE_TARGETS_MAX; i++) {
        if (svc->targets.spatial[i] <= s->spatial && svc->targets.temporal[i] <= s->temporal)
            mask |= 1u << i;
    }
    return mask & svc->dd.active_targets;
}

/* All packets of a frame share its fate; packets of frames before the newest that were not seen
 * then were let pass by their successors, so they are judged like new ones but not noted. */
enum selection svc_select(struct svc_selector *s, const struct packet_info *p,
                          const struct svc_info *svc, bool *marker, uint32_t *mask)
{
    bool first = !s->started;
    if (first) {
        if (!p->key_frame)
            return SELECT_IGNORE;
        s->started = true;
        s->newest = svc->frame;
        s->drops.newest = 0;
    }
    if (recent_set_has(&s->drops, svc->frame))
        return SELECT_DROP;
    if (!wanted(s, svc)) {
        if (first)
            s->started = false;
        if (svc->frame > s->drops.newest && svc->frame >= s->newest && !first)
            recent_set_add(&s->drops, svc->frame);
        s->newest = svc->frame > s->newest ? svc->frame : s->newest;
        return first ? SELECT_IGNORE : SELECT_DROP;
    }
    s->newest = svc->frame > s->newest ? svc->frame : s->newest;
    *marker = p->marker || (svc->dd.end_of_frame && svc->dd.spatial == s->spatial);
    *mask = target_mask(s, svc);
    return first ? SELECT_SWITCH : SELECT_FORWARD;
}

bool svc_selector_wants_key_frame(const struct svc_selector *s, uint8_t top)
{
    uint8_t reachable = s->max_spatial < top ? s->max_spatial : top;
    return !s->started || s->spatial == LAYER_NONE || s->spatial != reachable;
}
