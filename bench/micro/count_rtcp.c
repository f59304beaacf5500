/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a publisher's packets cost in RTCP: transport-wide feedback and NACKs, per packet received.
 */
#include "bench/micro/count.h"
#include "dataplane/rtcp/nack_generator.h"
#include "dataplane/rtcp/twcc_recorder.h"

#define PACKETS 10000
#define SPACING 1000 /* us */

struct stream {
    struct twcc_recorder twcc;
    struct nack_generator nack;
    unsigned lose; /* one of so many; 0: none */
};

/* A packet of eight ends a frame; feedback is made as soon as it is due. */
static void record(void *subject)
{
    struct stream *s = subject;
    uint8_t out[1200];
    for (unsigned i = 1; i <= PACKETS; i++) {
        usec_t now = USEC_PER_SEC + (usec_t)i * SPACING;
        if (s->lose && i % s->lose == 0)
            continue;
        twcc_recorder_record(&s->twcc, (uint16_t)i, 1, i % 8 == 0, now);
        while (now >= twcc_recorder_deadline(&s->twcc) &&
               twcc_recorder_feedback(&s->twcc, now, out, sizeof out) > 0)
            ;
    }
}

static void receive(void *subject)
{
    struct stream *s = subject;
    uint16_t seqs[NACK_MISSING_MAX];
    for (unsigned i = 1; i <= PACKETS; i++) {
        usec_t now = USEC_PER_SEC + (usec_t)i * SPACING;
        if (s->lose && i % s->lose == 0)
            continue;
        nack_generator_received(&s->nack, i, now);
        if (now >= nack_generator_deadline(&s->nack))
            nack_generator_due(&s->nack, now, seqs);
    }
}

static void count_one(const char *name, count_fn *f, unsigned lose)
{
    static struct stream s;
    s = (struct stream){.lose = lose};
    twcc_recorder_init(&s.twcc, 1);
    nack_generator_init(&s.nack);
    count_call(f, &s);
    count_end(name, PACKETS);
}

void count_rtcp(void)
{
    count_one("twcc, nothing lost", record, 0);
    count_one("twcc, 2 % lost", record, 50);
    count_one("nack, nothing lost", receive, 0);
    count_one("nack, 2 % lost", receive, 50);
}
