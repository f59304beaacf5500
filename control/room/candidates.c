/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/candidates.h"

#define STEP_SECONDS 60 /* of wall clock, per CANDIDATE_ADDRESSES_MAX preferences */
#define STEPS        ((CANDIDATE_PREFERENCE_MAX - CANDIDATE_PREFERENCE_MIN + 1) / CANDIDATE_ADDRESSES_MAX)

bool candidate_equal(const struct candidate_address *a, const struct candidate_address *b)
{
    return net_addr_equal(&a->at, &b->at) && a->udp == b->udp && a->tcp == b->tcp;
}

static const struct candidate_address *find(const struct candidate_address *list, size_t n,
                                            const struct candidate_address *wanted)
{
    for (size_t i = 0; i < n; i++)
        if (candidate_equal(&list[i], wanted))
            return &list[i];
    return NULL;
}

/* The lowest of the preferences that new addresses get. */
static unsigned next_base(const struct candidate_address *old, size_t n, int64_t unix_s)
{
    unsigned now = (unsigned)(unix_s / STEP_SECONDS % STEPS), newest = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned step = (old[i].preference - CANDIDATE_PREFERENCE_MIN) / CANDIDATE_ADDRESSES_MAX;
        newest = step > newest ? step : newest;
    }
    bool wrapped = newest > now + STEPS / 2;
    if (n > 0 && !wrapped && newest >= now)
        now = newest + 1 < STEPS ? newest + 1 : 0;
    return CANDIDATE_PREFERENCE_MIN + now * CANDIDATE_ADDRESSES_MAX;
}

void candidates_prefer(struct candidate_address *list, size_t n,
                       const struct candidate_address *old, size_t old_n, int64_t unix_s)
{
    unsigned base = next_base(old, old_n, unix_s);
    for (size_t i = 0; i < n; i++) {
        const struct candidate_address *before = find(old, old_n, &list[i]);
        list[i].preference =
            before ? before->preference : (uint16_t)(base + CANDIDATE_ADDRESSES_MAX - 1 - i);
    }
}
