/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/nack_generator.h"

#include <string.h>

void nack_generator_init(struct nack_generator *g)
{
    g->highest = 0;
    g->rtt = NACK_RTT_DEFAULT;
    g->deadline = USEC_NEVER;
    g->n = 0;
}

void nack_generator_set_rtt(struct nack_generator *g, usec_t rtt)
{
    g->rtt = (3 * rtt + g->rtt) / 4;
}

static void forget(struct nack_generator *g, size_t first, size_t count)
{
    memmove(&g->missing[first], &g->missing[first + count],
            (g->n - first - count) * sizeof g->missing[0]);
    g->n = (uint8_t)(g->n - count);
    if (g->n == 0)
        g->deadline = USEC_NEVER;
}

void nack_generator_gap(struct nack_generator *g, uint64_t seq, usec_t now)
{
    uint64_t first = g->highest + 1;
    g->highest = seq;
    if (seq - first > NACK_JUMP_MAX) {
        forget(g, 0, g->n);
        return;
    }
    if (seq - first > NACK_MISSING_MAX)
        first = seq - NACK_MISSING_MAX;
    size_t count = (size_t)(seq - first);
    if (g->n + count > NACK_MISSING_MAX)
        forget(g, 0, g->n + count - NACK_MISSING_MAX);
    for (; first < seq; first++) {
        g->missing[g->n++] =
            (struct nack_missing){.seq = first, .since = now, .next = now + NACK_FIRST_DELAY};
    }
    if (now + NACK_FIRST_DELAY < g->deadline)
        g->deadline = now + NACK_FIRST_DELAY;
}

void nack_generator_found(struct nack_generator *g, uint64_t seq)
{
    size_t low = 0;
    size_t high = g->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (g->missing[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < g->n && g->missing[low].seq == seq)
        forget(g, low, 1);
}

static usec_t interval(usec_t rtt, unsigned tries)
{
    for (unsigned i = 1; i < tries && rtt < NACK_INTERVAL_MAX; i++)
        rtt += rtt / 4;
    if (rtt < NACK_INTERVAL_MIN)
        return NACK_INTERVAL_MIN;
    return rtt < NACK_INTERVAL_MAX ? rtt : NACK_INTERVAL_MAX;
}

size_t nack_generator_due(struct nack_generator *g, usec_t now, uint16_t *seqs)
{
    if (now < g->deadline)
        return 0;
    size_t asked = 0;
    uint8_t kept = 0;
    g->deadline = USEC_NEVER;
    for (uint8_t i = 0; i < g->n; i++) {
        struct nack_missing m = g->missing[i];
        if (now - m.since > NACK_LIFETIME)
            continue;
        if (m.next <= now) {
            seqs[asked++] = (uint16_t)m.seq;
            if (++m.tries == NACK_TRIES_MAX)
                continue;
            m.next = now + interval(g->rtt, m.tries);
        }
        if (m.next < g->deadline)
            g->deadline = m.next;
        g->missing[kept++] = m;
    }
    g->n = kept;
    return asked;
}
