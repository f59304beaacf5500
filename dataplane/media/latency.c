/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/media/latency.h"

void latency_note(struct latency_sampler *s, enum stats_class class, usec_t received,
                  uint64_t packets)
{
    if (packets == 0)
        return;
    for (unsigned i = s->n; i > 0; i--) {
        struct latency_entry *e = &s->entries[i - 1];
        if (e->received == received && e->class == class) {
            e->packets += (uint32_t)packets;
            return;
        }
    }
    if (s->n < LATENCY_ENTRIES)
        s->entries[s->n++] = (struct latency_entry){received, (uint32_t)packets, class};
}

void latency_settle(struct latency_sampler *s, struct histogram *histograms, usec_t sent)
{
    for (unsigned i = 0; i < s->n; i++) {
        const struct latency_entry *e = &s->entries[i];
        histogram_add(&histograms[e->class], sent > e->received ? sent - e->received : 0,
                      e->packets);
    }
    s->n = 0;
}
