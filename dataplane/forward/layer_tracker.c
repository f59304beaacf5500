/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/layer_tracker.h"

#include "dataplane/forward/packet.h"

static usec_t patience(const struct layer_tracker *t)
{
    return t->screen_share ? LAYER_STOPPED_SCREEN : LAYER_STOPPED_CAMERA;
}

void layer_tracker_init(struct layer_tracker *t, bool screen_share)
{
    *t = (struct layer_tracker){.screen_share = screen_share};
}

bool layer_tracker_packet(struct layer_tracker *t, uint8_t layer, bool key_frame, usec_t now)
{
    if (layer >= LAYER_TRACKER_LAYERS)
        return false;
    bool first = t->last[layer] == 0;
    if (first || now - t->last[layer] > patience(t))
        t->since[layer] = now;
    t->last[layer] = now;
    if (t->flows[layer])
        return false;
    t->flows[layer] = first || key_frame || now - t->since[layer] >= LAYER_RETURN;
    return t->flows[layer];
}

bool layer_tracker_check(struct layer_tracker *t, usec_t now)
{
    usec_t newest = 0;
    for (unsigned i = 0; i < LAYER_TRACKER_LAYERS; i++)
        newest = t->last[i] > newest ? t->last[i] : newest;
    if (now - newest > patience(t) / 2)
        return false;
    bool changed = false;
    for (unsigned i = 0; i < LAYER_TRACKER_LAYERS; i++) {
        if (t->flows[i] && now - t->last[i] > patience(t)) {
            t->flows[i] = false;
            changed = true;
        }
    }
    return changed;
}

uint8_t layer_tracker_best(const struct layer_tracker *t, uint8_t max)
{
    uint8_t best = LAYER_NONE;
    for (uint8_t i = 0; i < LAYER_TRACKER_LAYERS; i++) {
        if (t->flows[i] && (i <= max || best == LAYER_NONE))
            best = i;
    }
    return best;
}
