/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/delivery.h"

void delivery_queued(struct delivery *d, size_t len, bool lossy)
{
    if (d->queued - d->marks[d->mark].queued >= DELIVERY_MARK_STEP) {
        d->mark = (d->mark + 1) % DELIVERY_MARKS;
        d->marks[d->mark] = (struct delivery_mark){d->queued, d->lossy};
    }
    d->queued += len;
    d->lossy += lossy ? len : 0;
}

size_t delivery_lossy_waiting(const struct delivery *d, size_t buffered)
{
    uint64_t from = d->queued > buffered ? d->queued - buffered : 0;
    uint64_t before = 0; /* the last mark that is not after `from`, or the oldest there is */
    for (unsigned i = 0; i < DELIVERY_MARKS; i++) {
        const struct delivery_mark *m = &d->marks[(d->mark + DELIVERY_MARKS - i) % DELIVERY_MARKS];
        before = m->lossy;
        if (m->queued <= from)
            break;
    }
    size_t waiting = (size_t)(d->lossy - before);
    return waiting < buffered ? waiting : buffered;
}

/* What is buffered counts overhead too, so it may be more than was queued. */
static uint64_t delivered(const struct delivery *d, size_t buffered)
{
    return d->queued > buffered ? d->queued - buffered : 0;
}

void delivery_sample(struct delivery *d, size_t buffered, usec_t now)
{
    uint64_t total = delivered(d, buffered);
    if (buffered == 0) {
        d->begin = 0;
        return;
    }
    if (d->begin != 0 && now - d->begin < DELIVERY_WINDOW)
        return;
    if (d->begin != 0 && total >= d->delivered_before) {
        uint64_t rate = (total - d->delivered_before) * USEC_PER_SEC / (now - d->begin);
        d->rate = rate > UINT32_MAX ? UINT32_MAX : rate > 0 ? (uint32_t)rate : 1;
    }
    d->begin = now;
    d->delivered_before = total;
}
