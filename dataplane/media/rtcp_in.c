/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTCP from a peer: as a publisher (sender reports, round-trip replies) and as a subscriber
 * (receiver reports, NACK, PLI, FIR, REMB).
 */
#include "dataplane/media/engine.h"
#include "dataplane/rtcp/parse.h"
#include "dataplane/rtcp/round_trip.h"

static struct downtrack *downtrack_by_ssrc(struct media *m, struct session *s, uint32_t ssrc)
{
    const struct ssrc_slot *slot = ssrc_map_find(&m->sent, session_index(m, s), ssrc);
    return slot && !slot->rtx ? &m->downtracks[slot->index] : NULL;
}

static void sender_info(struct media *m, struct session *s, const struct rtcp_report *r)
{
    struct binding b;
    if (!binding_find(m, s, r->sender, &b) || b.rtx) {
        session_keep_early_clock(m, s, r);
        return;
    }
    receiver_stats_sender_report(&b.layer->stats, r->ntp, r->rtp_ts, m->now);
    track_clock(m, b.track, b.layer,
                &(struct source_clock){.ntp = r->ntp, .rtp = r->rtp_ts, .arrival = m->now});
}

static void report_block(struct media *m, struct session *s, const struct rtcp_report_block *b)
{
    struct downtrack *d = downtrack_by_ssrc(m, s, b->ssrc);
    if (!d)
        return;
    usec_t known = d->stats.rtt, rtt = sender_report_rtt(d, b, m->now);
    sender_stats_report(&d->stats, b, m->ntp, m->now);
    d->stats.rtt = rtt ? rtt : known; /* reports carry the publisher's clock, not ours */
}

static void report(struct media *m, struct session *s, const struct rtcp_packet *p)
{
    struct rtcp_report r;
    if (!rtcp_read_report(p, &r))
        return;
    if (r.has_sender_info)
        sender_info(m, s, &r);
    for (unsigned i = 0; i < r.n_blocks; i++) {
        struct rtcp_report_block b = rtcp_report_block_at(&r, i);
        report_block(m, s, &b);
    }
}

static void set_rtt(struct session *s, usec_t rtt)
{
    struct track *t;
    s->rtt = rtt;
    LIST_FOREACH(t, &s->tracks, link)
    {
        for (unsigned i = 0; i < MEDIA_LAYERS_MAX; i++)
            nack_generator_set_rtt(&t->layers[i].nack, rtt);
    }
}

static void extended_report(struct media *m, struct session *s, const struct rtcp_packet *p)
{
    struct rtcp_xr_cursor c;
    struct rtcp_xr_block b;
    if (!rtcp_read_xr(p, &c))
        return;
    while (rtcp_xr_next(&c, &b)) {
        uint64_t ntp;
        usec_t rtt;
        if (b.type == XR_RRTR && rtcp_read_rrtr(&b, &ntp)) {
            s->peer_rrtr_ntp = ntp;
            s->peer_rrtr_ssrc = c.sender;
            s->peer_rrtr_at = m->now;
        }
        for (unsigned i = 0; b.type == XR_DLRR && i < rtcp_dlrr_count(&b); i++) {
            struct rtcp_dlrr reply = rtcp_dlrr_at(&b, i);
            if (reply.ssrc == s->report_ssrc &&
                round_trip(m->ntp, reply.last_rr, reply.delay, &rtt))
                set_rtt(s, rtt);
        }
    }
}

static void nack(struct media *m, struct session *s, const struct rtcp_packet *p)
{
    struct rtcp_feedback f;
    struct rtcp_nack_cursor c;
    uint16_t seq;
    if (!rtcp_read_nack(p, &f, &c))
        return;
    struct downtrack *d = downtrack_by_ssrc(m, s, f.media);
    while (rtcp_nack_next(&c, &seq)) {
        count(m, COUNTER_NACK_IN);
        if (!d)
            continue;
        d->tally.nacks++;
        retransmit_request(m, d, seq);
    }
}

/* A few times, shortly after the stream began. */
static bool is_urgent(const struct media *m, struct downtrack *d)
{
    if (!d->urgent_left || !d->started || m->now - d->began_at > KEY_FRAME_URGENT_TIME)
        return false;
    d->urgent_left--;
    return true;
}

/* The subscriber cannot go on: a key frame of the layer that it is meant to get. */
static void refresh(struct media *m, struct session *s, uint32_t ssrc)
{
    struct downtrack *d = downtrack_by_ssrc(m, s, ssrc);
    if (!d || !d->video || !downtrack_writable(d))
        return;
    d->tally.plis++;
    feed_request_key_frame(m, d->feed, d->svc ? 0 : d->select.simulcast.target, is_urgent(m, d));
}

static void pli(struct media *m, struct session *s, const struct rtcp_packet *p)
{
    struct rtcp_feedback f;
    count(m, COUNTER_PLI_IN);
    if (rtcp_read_feedback(p, &f))
        refresh(m, s, f.media);
}

static void fir(struct media *m, struct session *s, const struct rtcp_packet *p)
{
    struct rtcp_fir f;
    count(m, COUNTER_FIR_IN);
    if (!rtcp_read_fir(p, &f))
        return;
    for (unsigned i = 0; i < f.n; i++)
        refresh(m, s, rtcp_fir_ssrc(&f, i));
}

static void remb(struct media *m, struct session *s, const struct rtcp_packet *p)
{
    struct rtcp_remb r;
    if (!rtcp_read_remb(p, &r))
        return;
    s->remb = r.bitrate;
    bandwidth_remb(m, s, r.bitrate);
}

static void dispatch(struct media *m, struct session *s, const struct rtcp_packet *p)
{
    switch (p->kind) {
    case RTCP_SR:
    case RTCP_RR:
        report(m, s, p);
        break;
    case RTCP_XR:
        extended_report(m, s, p);
        break;
    case RTCP_NACK:
        nack(m, s, p);
        break;
    case RTCP_PLI:
        pli(m, s, p);
        break;
    case RTCP_FIR:
        fir(m, s, p);
        break;
    case RTCP_REMB:
        remb(m, s, p);
        break;
    case RTCP_TWCC:
        bandwidth_feedback(m, s, p);
        break;
    case RTCP_SDES:
    case RTCP_BYE:
    case RTCP_OTHER:
        break;
    }
}

void rtcp_receive(struct media *m, struct session *s, uint8_t *data, size_t len)
{
    size_t plain_len;
    switch (srtcp_unprotect(m->srtp, s->receive, &s->rtcp_in, data, len, &plain_len)) {
    case SRTP_OK:
        break;
    case SRTP_REPLAYED:
        count(m, COUNTER_DROP_SRTP_REPLAY);
        return;
    case SRTP_BAD_PACKET:
        count(m, COUNTER_DROP_RTCP_MALFORMED);
        return;
    case SRTP_BAD_AUTH:
        count(m, COUNTER_DROP_SRTCP_AUTH);
        return;
    }
    if (!rtcp_valid(data, plain_len)) {
        count(m, COUNTER_DROP_RTCP_MALFORMED);
        return;
    }
    struct rtcp_cursor c = rtcp_begin(data, plain_len);
    struct rtcp_packet p;
    while (rtcp_next(&c, &p))
        dispatch(m, s, &p);
    session_touch(m, s);
}
