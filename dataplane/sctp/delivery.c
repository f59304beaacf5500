/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/delivery.h"

void delivery_queued(struct delivery *d, size_t len)
{
    d->queued += len;
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
