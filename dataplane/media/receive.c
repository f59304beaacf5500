/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One RTP packet of a publisher: decrypted into the frame where it stays, bound to its layer,
 * restored if it came by RTX, counted, described, and queued for delivery at the end of the burst.
 */
#include "dataplane/media/engine.h"
#include "dataplane/rtp/extension.h"

#define INTERRUPTION  (500 * USEC_PER_MS)
#define RTX_AHEAD_MAX 100 /* how far RTX may be ahead of the stream that it belongs to */

/* A packet on its way in. */
struct arrival {
    struct session *session;
    struct binding b;
    struct frame *frame;
    struct rtp_packet rtp; /* of frame->data */
    size_t wire_len;
    bool bound_before;
    char rid[MEDIA_RID_MAX];
};

/* Header extensions of interest, found in one pass. */
struct extensions {
    struct rtp_extension transport_cc, audio_level, dd; /* len 0: not there */
};

static struct extensions read_extensions(const struct rtp_packet *p, const struct track *t)
{
    const struct media_extensions *ids = &t->config.extensions;
    struct extensions x = {0};
    struct rtp_extension e;
    if (!p->extension)
        return x;
    struct rtp_extension_cursor c = rtp_extensions(p);
    while (rtp_extension_next(&c, &e)) {
        if (e.id == ids->transport_cc)
            x.transport_cc = e;
        else if (e.id == ids->audio_level)
            x.audio_level = e;
        else if (e.id == ids->dependency_descriptor)
            x.dd = e;
    }
    return x;
}

/* A frame to decrypt into; the layer's own history gives way when the pool is used up. */
static struct frame *take_frame(struct media *m, struct layer *l)
{
    struct frame *f = m->n_batch_frames < TURN_FRAMES_MAX ? frame_take(&m->frames) : NULL;
    if (!f && m->n_batch_frames < TURN_FRAMES_MAX) {
        history_shed(&l->history, &m->frames);
        f = frame_take(&m->frames);
    }
    if (!f) {
        count(m, COUNTER_DROP_POOL_EMPTY);
        publish_refusal(m, STATS_POOL_FRAMES);
    }
    return f;
}

static bool decrypt(struct media *m, struct arrival *a, const uint8_t *data, size_t len)
{
    struct srtp_stream fresh = {0};
    struct srtp_stream *stream = a->bound_before ? &a->b.stream->srtp : &fresh;
    size_t plain_len, header_len = a->rtp.header_len;
    uint64_t index;
    switch (srtp_unprotect(m->srtp, a->session->receive, stream, data, len, header_len,
                           a->frame->data, &plain_len, &index)) {
    case SRTP_OK:
        break;
    case SRTP_REPLAYED:
        count(m, COUNTER_DROP_SRTP_REPLAY);
        return false;
    case SRTP_BAD_PACKET:
        count(m, COUNTER_DROP_RTP_MALFORMED);
        return false;
    case SRTP_BAD_AUTH:
        count(m, COUNTER_DROP_SRTP_AUTH);
        return false;
    }
    if (!a->bound_before) {
        if (!binding_make(m, a->session, &a->b, a->rtp.ssrc, a->rid))
            return false;
        a->b.stream->srtp = fresh;
    }
    a->frame->len = (uint16_t)plain_len;
    if (!rtp_parse(&a->rtp, a->frame->data, plain_len)) {
        count(m, COUNTER_DROP_RTP_MALFORMED);
        return false;
    }
    return true;
}

static void note_transport_cc(struct media *m, struct arrival *a, const struct extensions *x)
{
    uint16_t seq;
    if (x->transport_cc.len && transport_cc_get(&x->transport_cc, &seq))
        twcc_recorder_record(a->session->twcc, seq, a->rtp.ssrc, a->rtp.marker, m->now);
}

/* False if there is no packet inside, or one that is here already. */
static bool restore(struct media *m, struct arrival *a)
{
    struct layer *l = a->b.layer;
    bool rtx;
    const struct media_payload *payload = track_payload(a->b.track, a->rtp.pt, &rtx);
    count(m, COUNTER_RX_RTX);
    if (!payload || !rtx) {
        count(m, COUNTER_DROP_RTP_PAYLOAD_TYPE);
        return false;
    }
    if (a->rtp.payload_len == 0) /* padding: a probe of the publisher's */
        return false;
    if (!l->media.bound || !l->seq.highest) {
        count(m, COUNTER_DROP_RTP_UNKNOWN_SSRC);
        return false;
    }
    if (!rtx_restore(&a->rtp, a->frame->data, l->media.ssrc, payload->pt)) {
        count(m, COUNTER_DROP_RTX_MALFORMED);
        return false;
    }
    uint64_t seq = sequence_peek(&l->seq, a->rtp.seq);
    if (seq + l->history.size <= l->seq.highest || seq > l->seq.highest + RTX_AHEAD_MAX ||
        history_get(&l->history, seq)) {
        count(m, COUNTER_DROP_RTP_DUPLICATE);
        return false;
    }
    return true;
}

/* The stream goes on after a break that swallowed packets: nothing can be decoded before a key
 * frame, and subscribers' decoders would take seconds to ask for one. */
static void note_arrival(struct media *m, struct arrival *a, uint64_t before, uint64_t seq)
{
    struct layer *l = a->b.layer;
    bool broken = before && seq > before + 1 && m->now - l->arrived_at >= INTERRUPTION;
    l->arrived_at = m->now;
    if (!broken || !a->b.track->config.video)
        return;
    l->pli_at = 0; /* what was asked for in the meantime was lost as well */
    key_frame_seed(m, a->b.track, l);
}

/* Sequence, statistics, and what is missing. False for a duplicate. */
static bool take_note(struct media *m, struct arrival *a, bool *in_order)
{
    struct layer *l = a->b.layer;
    uint64_t before = l->seq.highest;
    uint64_t seq = sequence_extend(&l->seq, a->rtp.seq);
    *in_order = seq > before;
    if (!*in_order && !a->b.rtx && history_get(&l->history, seq)) {
        count(m, COUNTER_DROP_RTP_DUPLICATE);
        return false;
    }
    if (a->b.rtx) {
        receiver_stats_recovered(&l->stats);
        l->tally.recovered++;
    } else {
        note_arrival(m, a, before, seq);
        receiver_stats_packet(&l->stats, seq, a->rtp.ts, a->wire_len, *in_order, m->now);
    }
    if (a->b.track->config.nack)
        nack_generator_received(&l->nack, seq, m->now);
    a->frame->info.seq = seq;
    return true;
}

static void queue(struct media *m, struct track *t, struct frame *f)
{
    f->next = NULL;
    if (!t->batch) {
        t->batch = f;
        t->next_batched = m->batched;
        m->batched = t;
    } else {
        *t->batch_end = f;
    }
    t->batch_end = &f->next;
}

static void announce(struct media *m, const struct binding *b)
{
    struct layer *l = b->layer;
    if (b->rtx ? !l->rtx_told && l->told : !l->told)
        binding_announce(m, b->track, l);
}

/* A layer's first packet: unless a key frame starts with it, one is asked for. */
static void begin_layer(struct media *m, const struct binding *b, bool key_frame)
{
    if (b->layer->begun)
        return;
    b->layer->begun = true;
    if (b->track->config.video && !key_frame)
        key_frame_seed(m, b->track, b->layer);
}

static void note_level(struct media *m, struct arrival *a, const struct extensions *x,
                       const struct media_payload *payload)
{
    uint8_t level;
    bool voice;
    if (x->audio_level.len && audio_level_get(&x->audio_level, &level, &voice))
        audio_level_note(m, a->b.track, level, a->rtp.ts, payload->clock_rate);
}

/* True if the frame was queued. */
static bool process(struct media *m, struct arrival *a)
{
    struct track *t = a->b.track;
    struct extensions x = read_extensions(&a->rtp, t);
    bool rtx, in_order;
    note_transport_cc(m, a, &x);
    announce(m, &a->b);
    if (a->b.rtx && !restore(m, a))
        return false;
    const struct media_payload *payload = track_payload(t, a->rtp.pt, &rtx);
    if (!payload || rtx) {
        count(m, COUNTER_DROP_RTP_PAYLOAD_TYPE);
        return false;
    }
    if (!take_note(m, a, &in_order))
        return false;
    if (!t->config.video)
        note_level(m, a, &x, payload);
    a->frame->info.recovered = a->b.rtx;
    bool clear = describe(m, t, a->b.layer, a->frame, &a->rtp, payload, in_order, &x.dd);
    begin_layer(m, &a->b, clear && a->frame->info.key_frame);
    if (!clear)
        return false;
    if (a->frame->info.key_frame) {
        key_frame_came(a->b.layer);
        a->b.layer->tally.key_frames++;
    }
    history_put(&a->b.layer->history, &m->frames, a->frame);
    if (!t->config.muted)
        queue(m, t, a->frame);
    return true;
}

/* Where the session's video has its transport-wide sequence numbers; 0: nowhere. */
static uint8_t transport_cc_id(const struct session *s)
{
    const struct track *t;
    LIST_FOREACH(t, &s->tracks, link)
    {
        if (t->config.video && t->config.extensions.transport_cc)
            return t->config.extensions.transport_cc;
    }
    return 0;
}

/* A probe counts for transport feedback and nothing else. */
static bool receive_probe(struct media *m, struct session *s, const struct rtp_packet *p,
                          const uint8_t *data, size_t len)
{
    uint8_t plain[FRAME_DATA];
    size_t plain_len;
    uint64_t index;
    uint16_t seq;
    struct rtp_extension e;
    if (p->ssrc != 0 || !rtp_extension_find(p, transport_cc_id(s), &e) ||
        !transport_cc_get(&e, &seq) ||
        srtp_unprotect(m->srtp, s->receive, &s->probes, data, len, p->header_len, plain, &plain_len,
                       &index) != SRTP_OK)
        return false;
    twcc_recorder_record(s->twcc, seq, p->ssrc, p->marker, m->now);
    session_touch(m, s);
    return true;
}

void receive_rtp(struct media *m, struct session *s, const uint8_t *data, size_t len)
{
    struct arrival a = {.session = s, .wire_len = len};
    if (len > FRAME_DATA || !rtp_parse_header(&a.rtp, data, len)) {
        count(m, COUNTER_DROP_RTP_MALFORMED);
        return;
    }
    a.bound_before = binding_find(m, s, a.rtp.ssrc, &a.b);
    if (!a.bound_before && !binding_guess(s, &a.rtp, &a.b, a.rid)) {
        if (!receive_probe(m, s, &a.rtp, data, len))
            count(m, COUNTER_DROP_RTP_UNKNOWN_SSRC);
        return;
    }
    a.frame = take_frame(m, a.b.layer);
    if (!a.frame)
        return;
    if (decrypt(m, &a, data, len)) {
        if (s->next_report == USEC_NEVER)
            s->next_report = m->now + REPORT_INTERVAL / 4;
        session_touch(m, s);
        if (process(m, &a)) {
            m->batch_frames[m->n_batch_frames++] = a.frame;
            return;
        }
    }
    frame_release(&m->frames, a.frame);
}
