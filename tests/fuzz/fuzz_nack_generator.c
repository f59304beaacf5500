/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three bytes per packet: sequence number and time since the last one. What is asked for never
 * came, ascends, and is within the limits; the deadline is that of what is missing.
 */
#include "common/bytes.h"
#include "dataplane/rtcp/nack_generator.h"
#include "dataplane/rtp/sequence.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_state(const struct nack_generator *g, usec_t now)
{
    check(g->n <= NACK_MISSING_MAX);
    check((g->n == 0) == (g->deadline == USEC_NEVER));
    for (unsigned i = 0; i < g->n; i++) {
        check(g->missing[i].seq < g->highest && g->missing[i].tries < NACK_TRIES_MAX);
        check(i == 0 || g->missing[i].seq > g->missing[i - 1].seq);
        check(g->deadline <= g->missing[i].next && g->missing[i].since <= now);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct nack_generator g;
    struct sequence wide = {0};
    struct reader in = reader_of(data, len);
    usec_t now = 1;
    nack_generator_init(&g);
    while (reader_left(&in) >= 3) {
        uint64_t seq = sequence_extend(&wide, read_be16(&in));
        uint8_t step = read_u8(&in);
        now += step < 0xf0 ? step * 200ULL : (step - 0xefULL) * 10 * USEC_PER_SEC;
        if (step == 0x55)
            nack_generator_set_rtt(&g, now % USEC_PER_SEC);
        nack_generator_received(&g, seq, now);
        check_state(&g, now);
        for (unsigned i = 0; i < g.n; i++)
            check(g.missing[i].seq != seq);
        uint16_t seqs[NACK_MISSING_MAX];
        size_t n = nack_generator_due(&g, now, seqs);
        check(n <= NACK_MISSING_MAX);
        for (size_t i = 1; i < n; i++)
            check((int16_t)(seqs[i] - seqs[i - 1]) > 0);
        check_state(&g, now);
        check(g.deadline > now);
    }
    return 0;
}
