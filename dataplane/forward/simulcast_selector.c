/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/simulcast_selector.h"

#define TEMPORAL_ALL 255

void simulcast_selector_init(struct simulcast_selector *s)
{
    *s = (struct simulcast_selector){.current = LAYER_NONE,
                                     .target = LAYER_NONE,
                                     .temporal = TEMPORAL_ALL,
                                     .max_temporal = TEMPORAL_ALL};
}

void simulcast_selector_aim(struct simulcast_selector *s, uint8_t target, bool bounded)
{
    s->target = target;
    s->bounded = bounded && target != LAYER_NONE;
    if (s->bounded && s->current != LAYER_NONE && s->current > target)
        simulcast_selector_restart(s);
}

static bool nearer(const struct simulcast_selector *s, uint8_t layer)
{
    if (s->current == LAYER_NONE)
        return !s->bounded || layer <= s->target;
    if (s->current < s->target)
        return layer > s->current && layer <= s->target;
    return layer < s->current && layer >= s->target;
}

/* Up only at the start of a frame of the next layer, down after the end of a frame. */
static void adapt_temporal(struct simulcast_selector *s, const struct packet_info *p)
{
    if (p->frame_start && p->temporal > s->temporal && p->temporal <= s->max_temporal)
        s->temporal = p->temporal;
    if (p->frame_start && s->temporal > s->max_temporal)
        s->temporal = s->max_temporal;
}

enum selection simulcast_select(struct simulcast_selector *s, const struct packet_info *p)
{
    if (p->layer != s->current) {
        if (s->target == LAYER_NONE || !p->key_frame || !nearer(s, p->layer))
            return SELECT_IGNORE;
        s->current = p->layer;
        s->temporal = s->max_temporal;
        return SELECT_SWITCH;
    }
    adapt_temporal(s, p);
    return p->temporal > s->temporal ? SELECT_DROP : SELECT_FORWARD;
}
