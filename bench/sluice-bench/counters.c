/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/counters.h"

#define HISTOGRAMS(X)                                                                              \
    X(audio_latency) X(video_latency) X(join_time) X(connect_time) X(first_packet_time)

void counters_merge(struct counters *to, const struct counters *from)
{
#define X(name, text) counter_add(&to->name, counter_get(&from->name));
    BENCH_COUNTERS(X)
#undef X
#define X(name) histogram_merge(&to->name, &from->name);
    HISTOGRAMS(X)
#undef X
}

void counters_subtract(struct counters *c, const struct counters *earlier)
{
#define X(name, text) counter_add(&c->name, 0 - counter_get(&earlier->name));
    BENCH_COUNTERS(X)
#undef X
#define X(name) histogram_subtract(&c->name, &earlier->name);
    HISTOGRAMS(X)
#undef X
}
