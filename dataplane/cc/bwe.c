/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/bwe.h"

#include <math.h>

#define TICKS_PER_REFERENCE 256 /* 64 ms in units of 250 us */
#define US_PER_TICK         250
#define REFERENCE_BITS      24
#define PROBE_SHIELD        0.92
#define SUSPECT_QUEUE       (25 * USEC_PER_MS)
#define LONG_QUEUE          (80 * USEC_PER_MS) /* grown too slowly for the trend, or too fast */
#define SUSPECT_TIME        (250 * USEC_PER_MS)
#define SUSPECT_LOSS_TIME   (400 * USEC_PER_MS)

void bwe_init(struct bwe *b, const struct bwe_config *config)
{
    *b = (struct bwe){.config = *config, .optimistic = config->optimistic};
    trendline_init(&b->trend);
    ack_rate_init(&b->acked);
    aimd_init(&b->aimd, config->optimistic ? config->max : config->start, config->min, config->max);
    loss_bound_init(&b->loss, config->max);
    prober_init(&b->prober);
}

double bwe_estimate(const struct bwe *b)
{
    if (b->optimistic)
        return b->config.max;
    return fmax(fmin(b->aimd.rate, b->loss.rate), b->config.min);
}

/* The reference time on a line without end. */
static void follow_clock(struct bwe *b, uint32_t reference)
{
    const unsigned spare = 32 - REFERENCE_BITS;
    if (!b->timed)
        b->base = (int64_t)reference * TICKS_PER_REFERENCE;
    else
        b->base += ((int32_t)((reference - b->reference) << spare) >> spare) * TICKS_PER_REFERENCE;
    b->timed = true;
    b->reference = reference;
}

static void packet_arrived(struct bwe *b, const struct cc_sent *sent, usec_t at, int64_t arrived,
                           usec_t now)
{
    struct arrival_delta d;
    double bps;
    ack_rate_packet(&b->acked, arrived, sent->size);
    standing_queue_packet(&b->queue, at, arrived);
    if (arrival_groups_packet(&b->groups, at, arrived, now, &d))
        trendline_update(&b->trend, &d, now);
    if (probe_rate_packet(&b->probe, sent->probe, at, arrived, sent->size, &bps))
        b->probed = fmax(b->probed, bps);
    usec_t rtt = now - at;
    b->rtt = b->rtt ? (7 * b->rtt + rtt) / 8 : rtt;
}

static void read_statuses(struct bwe *b, struct cc_history *h, const struct rtcp_twcc *t,
                          struct rtcp_twcc_cursor *c, usec_t now)
{
    int64_t shift = b->base - (int64_t)t->reference_time * TICKS_PER_REFERENCE;
    struct rtcp_twcc_status s;
    uint32_t told = 0, lost = 0;
    while (rtcp_twcc_next(c, &s)) {
        struct cc_sent sent;
        usec_t at;
        enum cc_fate fate = cc_history_report(h, s.seq, s.received, now, &sent, &at);
        told += fate == CC_FATE_RECEIVED || fate == CC_FATE_LOST;
        lost += fate == CC_FATE_LOST;
        if (fate == CC_FATE_RECEIVED || fate == CC_FATE_LATE)
            packet_arrived(b, &sent, at, (s.arrival + shift) * US_PER_TICK, now);
    }
    loss_bound_packets(&b->loss, told, lost, now);
    standing_queue_feedback(&b->queue, now);
}

/* Whether optimism is refuted. */
static bool refuted(struct bwe *b, usec_t now)
{
    if (!b->acked.known)
        return false;
    if (b->queue.delay < SUSPECT_QUEUE)
        b->suspect_since = 0;
    else if (!b->suspect_since && (b->trend.usage == CC_USAGE_OVER || b->queue.delay >= LONG_QUEUE))
        b->suspect_since = now;
    return (b->suspect_since && now - b->suspect_since >= SUSPECT_TIME) ||
           (b->loss.high && now - b->loss.high_since >= SUSPECT_LOSS_TIME);
}

/* From what was sent in the end downwards. */
static void disenchant(struct bwe *b, usec_t now)
{
    b->optimistic = false;
    b->suspect_since = 0;
    aimd_set(&b->aimd, b->acked.rate / (1 - fmin(b->loss.fraction, 0.5)), now);
    b->aimd.changed = 0;
    if (b->queue.delay >= SUSPECT_QUEUE)
        aimd_update(&b->aimd, CC_USAGE_OVER, b->acked.rate, b->rtt, now);
}

static void take_probe(struct bwe *b, usec_t now)
{
    if (b->probed <= 0)
        return;
    if (b->trend.usage != CC_USAGE_OVER && b->probed > bwe_estimate(b)) {
        aimd_set(&b->aimd, b->probed, now);
        loss_bound_raise(&b->loss, b->probed);
    }
    prober_result(&b->prober, b->probed, now);
}

/* A probe that was too much fails, but says nothing against what is sent without it, if that is
 * clearly less than the estimate. */
static enum cc_usage usage(struct bwe *b, usec_t now)
{
    if (b->trend.usage != CC_USAGE_OVER || b->acked.rate > PROBE_SHIELD * b->aimd.rate ||
        !prober_disturbs(&b->prober, b->rtt, now))
        return b->trend.usage;
    prober_congested(&b->prober, now);
    return CC_USAGE_UNDER;
}

bool bwe_feedback(struct bwe *b, struct cc_history *h, const struct rtcp_twcc *t,
                  struct rtcp_twcc_cursor *c, usec_t now)
{
    double before = bwe_estimate(b);
    alr_update(&b->alr, h->bytes, before, now);
    b->prober.limited = b->alr.limited;
    b->probed = 0;
    if (b->timed && t->feedback_count != b->heard) /* some is lost */
        ack_rate_gap(&b->acked);
    b->heard = (uint8_t)(t->feedback_count + 1);
    follow_clock(b, t->reference_time);
    read_statuses(b, h, t, c, now);
    if (b->optimistic) {
        if (!refuted(b, now))
            return false;
        disenchant(b, now);
    } else {
        aimd_update(&b->aimd, usage(b, now), b->acked.known ? b->acked.rate : 0, b->rtt, now);
    }
    loss_bound_update(&b->loss, bwe_estimate(b), b->acked.rate, b->rtt, now);
    bool fell = bwe_estimate(b) < before;
    if (fell)
        ack_rate_expect_change(&b->acked);
    if (fell || b->trend.usage == CC_USAGE_OVER) {
        b->congested_at = now;
        prober_congested(&b->prober, now);
    } else {
        take_probe(b, now);
    }
    return fell;
}

void bwe_trust(struct bwe *b)
{
    b->optimistic = true;
    b->suspect_since = 0;
    aimd_init(&b->aimd, b->config.max, b->config.min, b->config.max);
    b->loss.rate = b->config.max;
    prober_init(&b->prober);
}

uint32_t bwe_probe_due(struct bwe *b, struct cc_history *h, usec_t now)
{
    bool sending = b->prober.state == PROBER_SENDING;
    uint32_t bytes = prober_due(&b->prober, h, bwe_estimate(b), now);
    if (b->prober.state == PROBER_SENDING && !sending)
        probe_rate_expect(&b->probe, b->prober.cluster, 0, 0);
    if (b->prober.state == PROBER_WAITING && sending)
        probe_rate_expect(&b->probe, b->prober.cluster, b->prober.packets, b->prober.bytes);
    h->probe = b->prober.state == PROBER_SENDING ? b->prober.cluster : 0;
    return bytes;
}
