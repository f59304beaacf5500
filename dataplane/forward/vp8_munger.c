/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/vp8_munger.h"

#include "dataplane/rtp/sequence.h"

#define PICTURE_ID_MASK 0x7fff
#define KEY_INDEX_MASK  0x1f
#define PICTURE_CYCLE   (1ULL << 15) /* numbers start here, so that late ones stay above 0 */

static uint64_t widen(const struct vp8_munger *m, const struct vp8_descriptor *d)
{
    return counter_near(m->highest, d->picture_id, d->long_picture_id ? 15 : 7);
}

void vp8_munger_switch(struct vp8_munger *m, const struct vp8_descriptor *d)
{
    uint64_t picture = PICTURE_CYCLE + d->picture_id;
    uint64_t next = m->started ? (uint64_t)m->sent + 1 : d->picture_id;
    m->offset = picture - next;
    m->highest = picture - 1;
    m->kept = 0;
    m->drops.newest = 0;
    m->tl0_offset = m->started ? (uint8_t)(d->tl0_picture_index - m->sent_tl0 - 1) : 0;
    m->key_offset = m->started ? (uint8_t)(d->key_index - m->sent_key - 1) : 0;
    m->started = true;
}

bool vp8_munger_drop(struct vp8_munger *m, const struct vp8_descriptor *d, bool gap)
{
    if (!d->has_picture_id)
        return !gap;
    uint64_t picture = widen(m, d);
    if (picture < m->highest)
        return recent_set_has(&m->drops, picture);
    if (picture == m->kept)
        return false;
    if (picture == m->highest)
        return recent_set_has(&m->drops, picture);
    if (gap) {
        m->kept = picture;
        return false;
    }
    recent_set_add(&m->drops, picture);
    m->highest = picture;
    m->offset++;
    return true;
}

bool vp8_munger_forward(struct vp8_munger *m, struct vp8_descriptor *d)
{
    bool newest = true;
    if (d->has_picture_id) {
        uint64_t picture = widen(m, d);
        if (recent_set_has(&m->drops, picture) || recent_set_forgot(&m->drops, picture))
            return false;
        newest = picture >= m->highest;
        uint64_t offset = m->offset - recent_set_above(&m->drops, picture);
        d->picture_id = (uint16_t)((picture - offset) & PICTURE_ID_MASK);
        d->long_picture_id = true;
        if (newest) {
            m->highest = picture;
            m->sent = d->picture_id;
        }
    }
    d->tl0_picture_index = (uint8_t)(d->tl0_picture_index - m->tl0_offset);
    d->key_index = (uint8_t)((d->key_index - m->key_offset) & KEY_INDEX_MASK);
    if (newest) {
        m->sent_tl0 = d->tl0_picture_index;
        m->sent_key = d->key_index;
    }
    return true;
}

void vp8_munger_insert(struct vp8_munger *m, struct vp8_descriptor *d)
{
    m->sent = (uint16_t)((m->sent + 1) & PICTURE_ID_MASK);
    m->offset--;
    m->sent_tl0++;
    m->sent_key = (uint8_t)((m->sent_key + 1) & KEY_INDEX_MASK);
    m->tl0_offset--;
    m->key_offset--;
    d->picture_id = m->sent;
    d->long_picture_id = true;
    d->tl0_picture_index = m->sent_tl0;
    d->key_index = m->sent_key;
    d->temporal = 0;
    d->start = true;
    d->partition = 0;
    d->non_reference = false;
    d->layer_sync = false;
}
