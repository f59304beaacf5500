/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/timeline.h"

static uint32_t units(usec_t us, uint32_t clock_rate)
{
    return (uint32_t)(us * clock_rate / USEC_PER_SEC);
}

/* NTP 32.32 difference in units of the clock, modulo 2^32: seconds and fraction apart. */
static uint32_t ntp_units(uint64_t from, uint64_t to, uint32_t clock_rate)
{
    int64_t diff = (int64_t)(to - from);
    int64_t seconds = diff >> 32;
    uint64_t fraction = (uint64_t)diff & 0xffffffffULL;
    return (uint32_t)(seconds * clock_rate) + (uint32_t)(fraction * clock_rate >> 32);
}

uint32_t timeline_expected(const struct timeline *t, usec_t now)
{
    return t->ts + units(now > t->at ? now - t->at : 0, t->clock_rate);
}

/* The timestamp on the clock of `from` at the instant that `ts` is on the clock of `to`. */
static bool map(const struct source_clock *from, const struct source_clock *to, uint32_t clock_rate,
                uint32_t ts, uint32_t *mapped)
{
    if (from == to) {
        *mapped = ts;
        return true;
    }
    if (!from->ntp || !to->ntp)
        return false;
    *mapped = ts - to->rtp + from->rtp + ntp_units(from->ntp, to->ntp, clock_rate);
    return true;
}

uint32_t timeline_switch(const struct timeline *t, const struct source_clock *from,
                         const struct source_clock *to, uint32_t ts, bool was_muted, usec_t now)
{
    uint32_t expected = timeline_expected(t, now), mapped;
    if (map(from, to, t->clock_rate, ts, &mapped)) {
        mapped = t->ts + (mapped - t->source_ts);
        int32_t behind = (int32_t)(expected - mapped);
        int32_t stray = (int32_t)units(TIMELINE_STRAY_MAX, t->clock_rate);
        int32_t muted = (int32_t)units(TIMELINE_MUTED_MAX, t->clock_rate);
        if (behind > stray || behind < -stray || (was_muted && behind > muted))
            mapped = expected;
    } else {
        mapped = expected;
    }
    return (int32_t)(mapped - t->ts) > 0 ? mapped : t->ts + 1;
}

bool source_clock_at(const struct source_clock *c, uint32_t clock_rate, usec_t now, uint64_t *ntp,
                     uint32_t *rtp)
{
    if (!c->ntp)
        return false;
    usec_t passed = now > c->arrival ? now - c->arrival : 0;
    *ntp =
        c->ntp + ((passed / USEC_PER_SEC) << 32) + ((passed % USEC_PER_SEC) << 32) / USEC_PER_SEC;
    *rtp = c->rtp + units(passed, clock_rate);
    return true;
}
