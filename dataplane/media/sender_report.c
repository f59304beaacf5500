/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sender reports to subscribers: the publisher's clock carried on, so that a participant's sound
 * and picture stay together; counts are the downtrack's own.
 */
#include "dataplane/media/engine.h"
#include "dataplane/rtcp/build.h"
#include "dataplane/rtcp/round_trip.h"

#include <string.h>

#define REPORTS_PER_COMPOUND 20
#define SR_LENGTH            28
#define CHUNK_OVERHEAD       12 /* SSRC, item headers, end and padding */

struct compound {
    unsigned n;
    size_t len; /* what it will take */
    struct rtcp_sender_info reports[REPORTS_PER_COMPOUND];
    struct rtcp_sdes_chunk chunks[REPORTS_PER_COMPOUND];
};

static void send_compound(struct media *m, struct session *s, struct compound *c)
{
    uint8_t buf[RTCP_COMPOUND_MAX + SRTCP_EXPAND_MAX];
    struct writer w = writer_of(buf, RTCP_COMPOUND_MAX);
    for (unsigned i = 0; i < c->n; i++)
        rtcp_write_sr(&w, &c->reports[i], NULL, 0);
    rtcp_write_sdes(&w, c->chunks, c->n);
    if (c->n > 0 && !w.bad)
        outbox_rtcp(m, s, buf, writer_length(&w));
    c->n = 0;
    c->len = RTCP_HEADER_LENGTH;
}

/* Which time a report told, and when: a receiver's LSR names it. */
static void remember(struct downtrack *d, uint64_t ntp, usec_t now)
{
    d->sent_reports[d->sent_reports_next].lsr = ntp_middle(ntp);
    d->sent_reports[d->sent_reports_next].at = now;
    d->sent_reports_next = (uint8_t)((d->sent_reports_next + 1) % SENT_REPORTS_KEPT);
}

static void add(struct media *m, struct compound *c, struct downtrack *d)
{
    struct rtcp_sender_info *r = &c->reports[c->n];
    uint64_t ntp;
    uint32_t rtp;
    if (d->clock_layer == LAYER_NONE ||
        !source_clock_at(&d->feed->clocks[d->clock_layer], d->timeline.clock_rate, m->now, &ntp,
                         &rtp))
        return;
    *r = (struct rtcp_sender_info){.ssrc = d->ssrc,
                                   .ntp = ntp,
                                   .rtp_ts = munger_ts(&d->munger, rtp),
                                   .packets = (uint32_t)d->stats.packets,
                                   .octets = (uint32_t)d->stats.octets};
    c->chunks[c->n] = (struct rtcp_sdes_chunk){
        .ssrc = d->ssrc,
        .cname = d->config.cname,
        .mid = d->config.mid[0] ? d->config.mid : NULL,
    };
    remember(d, ntp, m->now);
    c->len += SR_LENGTH + CHUNK_OVERHEAD + strlen(d->config.cname) + strlen(d->config.mid);
    c->n++;
}

void sender_report_run(struct media *m, struct session *s)
{
    struct compound c = {.len = RTCP_HEADER_LENGTH};
    struct downtrack *d;
    LIST_FOREACH(d, &s->downtracks, session_link)
    {
        if (!d->started || !downtrack_writable(d))
            continue;
        size_t most = SR_LENGTH + CHUNK_OVERHEAD + MEDIA_CNAME_MAX + MEDIA_MID_MAX;
        if (c.n == REPORTS_PER_COMPOUND || c.len + most > RTCP_COMPOUND_MAX)
            send_compound(m, s, &c);
        add(m, &c, d);
    }
    send_compound(m, s, &c);
}

usec_t sender_report_rtt(const struct downtrack *d, const struct rtcp_report_block *b, usec_t now)
{
    for (unsigned i = 0; b->lsr && i < SENT_REPORTS_KEPT; i++) {
        if (d->sent_reports[i].lsr != b->lsr || !d->sent_reports[i].at)
            continue;
        usec_t held = usec_from_middle(b->dlsr), since = now - d->sent_reports[i].at;
        if (since > ROUND_TRIP_MAX)
            return 0;
        return since > held ? since - held : 1;
    }
    return 0;
}
