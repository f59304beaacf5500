/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile feedback to the sender's side of congestion control: packets are sent, layers chosen and
 * probes made between RTCP of any content. The estimate stays within its bounds.
 *
 * Input: runs of [ms to pass, packets to send, length, RTCP...].
 */
#include "dataplane/cc/controller.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cc_sent slots[CC_HISTORY_SIZE];

static void hear(struct controller *c, struct cc_history *h, const uint8_t *data, size_t len,
                 usec_t now)
{
    if (!rtcp_valid(data, len))
        return;
    struct rtcp_cursor at = rtcp_begin(data, len);
    struct rtcp_packet p;
    struct rtcp_twcc t;
    struct rtcp_twcc_cursor cursor;
    struct rtcp_remb remb;
    while (rtcp_next(&at, &p)) {
        if (p.kind == RTCP_TWCC && rtcp_read_twcc(&p, &t, &cursor))
            controller_feedback(c, h, &t, &cursor, now);
        else if (p.kind == RTCP_REMB && rtcp_read_remb(&p, &remb))
            controller_remb(c, (double)remb.bitrate, h->bytes, now);
    }
}

static void allocate(struct controller *c, usec_t now)
{
    static struct cc_track t[3];
    for (unsigned i = 0; i < 3; i++) {
        t[i].max_spatial = (uint8_t)i;
        t[i].max_temporal = 3;
        for (unsigned s = 0; s < CC_SPATIAL; s++)
            for (unsigned q = 0; q < CC_TEMPORAL; q++)
                t[i].rates[s][q] = 1e5 * (s + 1) * (q + 1);
    }
    controller_allocate(c, t, 3, 5e4, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct controller c;
    struct cc_history h;
    usec_t now = 1000 * USEC_PER_SEC;
    controller_init(&c, true);
    cc_history_init(&h, slots);
    while (size > 3) {
        size_t len = data[2] < size - 3 ? data[2] : size - 3;
        now += data[0] * USEC_PER_MS;
        for (unsigned i = 0; i < data[1]; i++)
            cc_history_put(&h, 1200, now);
        hear(&c, &h, data + 3, len, now);
        if (controller_deadline(&c) <= now)
            allocate(&c, now);
        for (unsigned i = 0; i < 1000 && controller_probe_due(&c, &h, now) > 0; i++)
            cc_history_put(&h, 255, now);
        double estimate = bwe_estimate(&c.bwe);
        if (!isfinite(estimate) || estimate < c.bwe.config.min || estimate > c.bwe.config.max)
            abort();
        data += 3 + len;
        size -= 3 + len;
    }
    return 0;
}
