/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/sent_log.h"

#include "dataplane/rtp/sequence.h"

#define MS_HALF 0x8000

static uint16_t ms16(usec_t now)
{
    return (uint16_t)(now / USEC_PER_MS);
}

void sent_log_init(struct sent_log *l, struct sent_entry *slots, uint32_t size)
{
    *l = (struct sent_log){.slots = slots, .size = size};
}

void sent_log_begin_era(struct sent_log *l, struct sent_era era)
{
    l->era = (uint8_t)((l->era + 1) % SENT_LOG_ERAS);
    l->eras[l->era] = era;
}

void sent_log_put(struct sent_log *l, uint64_t sent, uint64_t source, uint8_t layer, bool marker,
                  uint8_t step, usec_t now)
{
    if (l->size == 0)
        return;
    if (sent > l->newest)
        l->newest = sent;
    l->slots[sent & (l->size - 1)] = (struct sent_entry){
        .sent = (uint16_t)sent,
        .source = (uint16_t)source,
        .at_ms = ms16(now),
        .step = step,
        .layer = layer & 3,
        .era = l->era & 7,
        .marker = marker,
    };
}

/* Slots are not emptied: what stands in one is checked to be the packet meant, and its era to be
 * still the one that it was sent in. */
static bool known(const struct sent_log *l, uint64_t sent, const struct sent_entry *e)
{
    const struct sent_era *era = &l->eras[e->era];
    return e->sent == (uint16_t)sent && sent <= l->newest && sent + l->size > l->newest &&
           sent >= era->first;
}

struct sent_entry *sent_log_resend(struct sent_log *l, uint16_t sent, usec_t rtt, usec_t now,
                                   const struct sent_era **era)
{
    if (l->size == 0 || l->newest == 0)
        return NULL;
    uint64_t wide = sequence_near(l->newest, sent);
    struct sent_entry *e = &l->slots[wide & (l->size - 1)];
    if (!known(l, wide, e) || e->resends >= SENT_RESENDS_MAX)
        return NULL;
    uint16_t since = (uint16_t)(ms16(now) - e->at_ms);
    usec_t hold = rtt && 2 * rtt < SENT_HOLD_MAX ? 2 * rtt : SENT_HOLD_MAX;
    if (e->resends > 0 && since < MS_HALF && since * USEC_PER_MS < hold)
        return NULL;
    e->resends++;
    e->at_ms = ms16(now);
    *era = &l->eras[e->era];
    return e;
}

const struct sent_entry *sent_log_recent(const struct sent_log *l, unsigned nth, uint64_t *sent,
                                         const struct sent_era **era)
{
    if (l->size == 0 || l->newest <= nth)
        return NULL;
    *sent = l->newest - nth;
    const struct sent_entry *e = &l->slots[*sent & (l->size - 1)];
    *era = &l->eras[e->era];
    return known(l, *sent, e) ? e : NULL;
}
