/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/vp9_selector.h"

void vp9_selector_init(struct vp9_selector *s)
{
    *s = (struct vp9_selector){.max_spatial = LAYER_NONE,
                               .max_temporal = LAYER_NONE,
                               .spatial = LAYER_NONE,
                               .temporal = LAYER_NONE};
}

static void go_up(struct vp9_selector *s, const struct packet_info *p)
{
    if (!p->vp9.start)
        return;
    if (p->temporal > s->temporal && p->temporal <= s->max_temporal &&
        (p->vp9.switching_up || p->key_frame))
        s->temporal = p->temporal;
    if (p->spatial > s->spatial && p->spatial <= s->max_spatial && !p->vp9.inter_predicted)
        s->spatial = p->spatial;
}

static void go_down(struct vp9_selector *s, const struct packet_info *p)
{
    if (!p->vp9.end)
        return;
    if (s->temporal > s->max_temporal)
        s->temporal = s->max_temporal;
    if (s->spatial > s->max_spatial)
        s->spatial = s->max_spatial;
}

enum selection vp9_select(struct vp9_selector *s, const struct packet_info *p, bool *marker)
{
    bool first = s->spatial == LAYER_NONE;
    if (first) {
        if (!p->key_frame)
            return SELECT_IGNORE;
        s->spatial = p->spatial;
        s->temporal = p->temporal;
    }
    go_up(s, p);
    bool forward = p->spatial <= s->spatial && p->temporal <= s->temporal;
    bool last =
        p->spatial == s->spatial && (p->vp9.inter_predicted || s->max_spatial <= s->spatial);
    *marker = p->marker || (p->vp9.end && last);
    go_down(s, p);
    if (!forward)
        return SELECT_DROP;
    return first ? SELECT_SWITCH : SELECT_FORWARD;
}
