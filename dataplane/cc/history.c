/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/history.h"

static struct cc_sent *find(struct cc_history *h, uint16_t seq)
{
    uint16_t age = (uint16_t)(h->next - 1 - seq);
    if (!h->slots)
        return NULL;
    struct cc_sent *s = &h->slots[seq % CC_HISTORY_SIZE];
    return age < h->kept && s->size ? s : NULL;
}

enum cc_fate cc_history_report(struct cc_history *h, uint16_t seq, bool received, usec_t now,
                               struct cc_sent *sent, usec_t *at)
{
    struct cc_sent *s = find(h, seq);
    if (!s || (!received && s->lost))
        return CC_FATE_UNKNOWN;
    bool late = s->lost;
    *sent = *s;
    *at = now - (uint32_t)((uint32_t)now - s->at);
    if (!received) {
        s->lost = true;
        return CC_FATE_LOST;
    }
    s->size = 0;
    return late ? CC_FATE_LATE : CC_FATE_RECEIVED;
}
