/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTCP to a publisher: receiver reports with the reference time for its round-trip reply, generic
 * NACKs, transport-wide feedback.
 */
#include "dataplane/media/engine.h"
#include "dataplane/rtcp/build.h"
#include "dataplane/rtcp/round_trip.h"

static usec_t earlier(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

usec_t feedback_deadline(const struct session *s)
{
    usec_t due = earlier(s->next_report, twcc_recorder_deadline(s->twcc));
    const struct track *t;
    LIST_FOREACH(t, &s->tracks, link)
    {
        for (unsigned i = 0; t->config.nack && i < MEDIA_LAYERS_MAX; i++)
            due = earlier(due, nack_generator_deadline(&t->layers[i].nack));
    }
    return due;
}

static void nack_layer(struct media *m, struct session *s, struct layer *l)
{
    uint16_t seqs[NACK_MISSING_MAX];
    uint8_t buf[RTCP_COMPOUND_MAX + SRTCP_EXPAND_MAX];
    size_t n = nack_generator_due(&l->nack, m->now, seqs);
    struct writer w = writer_of(buf, RTCP_COMPOUND_MAX);
    if (n == 0 || !rtcp_write_nack(&w, l->media.ssrc, l->media.ssrc, seqs, n))
        return;
    outbox_rtcp(m, s, buf, writer_length(&w));
    counters_add(m->counters, COUNTER_NACK_OUT, n);
    l->tally.nacks += (uint32_t)n;
}

static void nack(struct media *m, struct session *s)
{
    struct track *t;
    LIST_FOREACH(t, &s->tracks, link)
    {
        for (unsigned i = 0; t->config.nack && i < MEDIA_LAYERS_MAX; i++) {
            struct layer *l = &t->layers[i];
            if (l->media.bound && nack_generator_deadline(&l->nack) <= m->now)
                nack_layer(m, s, l);
        }
    }
}

static void transport_feedback(struct media *m, struct session *s)
{
    uint8_t buf[RTCP_COMPOUND_MAX + SRTCP_EXPAND_MAX];
    size_t len;
    while (twcc_recorder_deadline(s->twcc) <= m->now &&
           (len = twcc_recorder_feedback(s->twcc, m->now, buf, RTCP_COMPOUND_MAX)) > 0)
        outbox_rtcp(m, s, buf, len);
}

/* One block for each stream of which something came since the last report. */
static unsigned report_blocks(struct session *s, usec_t now, struct rtcp_report_block *blocks)
{
    unsigned n = 0;
    struct track *t;
    LIST_FOREACH(t, &s->tracks, link)
    {
        for (unsigned i = 0; i < MEDIA_LAYERS_MAX && n < RTCP_REPORTS_MAX; i++) {
            struct layer *l = &t->layers[i];
            if (l->media.bound && l->stats.received != l->stats.prior_received &&
                receiver_stats_report(&l->stats, l->media.ssrc, now, &blocks[n]))
                n++;
        }
    }
    return n;
}

static void write_xr(struct media *m, struct session *s, struct writer *w)
{
    rtcp_write_rrtr(w, s->report_ssrc, m->ntp);
    if (!s->peer_rrtr_ntp)
        return;
    struct rtcp_dlrr reply = {.ssrc = s->peer_rrtr_ssrc,
                              .last_rr = ntp_middle(s->peer_rrtr_ntp),
                              .delay = middle_from_usec(m->now - s->peer_rrtr_at)};
    rtcp_write_dlrr(w, s->report_ssrc, &reply, 1);
    s->peer_rrtr_ntp = 0;
}

/* Stops by itself when nothing comes any more; the next packet starts it again. */
static void report(struct media *m, struct session *s)
{
    struct rtcp_report_block blocks[RTCP_REPORTS_MAX];
    uint8_t buf[RTCP_COMPOUND_MAX + SRTCP_EXPAND_MAX];
    unsigned n = report_blocks(s, m->now, blocks);
    if (n == 0) {
        s->next_report = USEC_NEVER;
        return;
    }
    struct writer w = writer_of(buf, RTCP_COMPOUND_MAX);
    rtcp_write_rr(&w, s->report_ssrc, blocks, n);
    write_xr(m, s, &w);
    outbox_rtcp(m, s, buf, writer_length(&w));
    s->next_report = m->now + REPORT_INTERVAL;
}

void feedback_run(struct media *m, struct session *s)
{
    nack(m, s);
    transport_feedback(m, s);
    if (s->next_report <= m->now)
        report(m, s);
}
