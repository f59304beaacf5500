/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/standing_queue.h"

#define SPAN       (10 * USEC_PER_SEC)
#define CLOCK_JUMP ((int64_t)(3 * USEC_PER_SEC))

void standing_queue_packet(struct standing_queue *q, usec_t sent, int64_t arrived)
{
    int64_t delay = arrived - (int64_t)sent;
    if (!q->any || delay < q->least)
        q->least = delay;
    q->any = true;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void standing_queue_feedback(struct standing_queue *q, usec_t now)
{
    if (!q->any)
        return;
    q->any = false;
    int64_t above = q->least - q->base;
    if (!q->known || above > CLOCK_JUMP || above < -CLOCK_JUMP) {
        *q = (struct standing_queue){
            .known = true, .base = q->least, .next_base = q->least, .span = now};
        return;
    }
    if (now - q->span >= SPAN) {
        q->base = q->next_base;
        q->next_base = q->least;
        q->span = now;
    }
    q->base = lesser(q->base, q->least);
    q->next_base = lesser(q->next_base, q->least);
    q->delay = (usec_t)(q->least - q->base);
}
