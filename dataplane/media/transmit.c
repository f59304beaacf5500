/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packets of one downtrack: which of a run go out, under which numbers, and how they are
 * written. The payload is encrypted from the shared frame straight into the transmit memory, unless
 * bytes in front of it change.
 */
#include "dataplane/media/engine.h"
#include "dataplane/rtp/extension.h"
#include "dataplane/rtp/red.h"

#include <string.h>

#define ONE_BYTE_ID_MAX 14
#define HEADER_MAX      (RTP_HEADER_MIN + 4 + DD_LENGTH_MAX + 2 + 8)
#define PREFIX_MAX      (RTX_OSN_LENGTH + VP8_DESCRIPTOR_MAX)
#define PICTURE_ID_MASK 0x7fff
#define STAMP_MAX       3
#define PADDING         255

/* A packet about to be written. */
struct outgoing {
    struct rtp_header header;
    uint32_t roc;
    const uint8_t *payload; /* in a frame */
    uint16_t payload_len;
    uint8_t prefix_len; /* of what stands in front of it */
    uint8_t prefix[PREFIX_MAX];
    uint8_t dd_len;
    uint8_t dd[DD_LENGTH_MAX];
};

bool transmit_payload_type(struct downtrack *d, uint8_t codec, uint8_t variant)
{
    if (d->pt_codec == codec && d->pt_variant == variant)
        return true;
    for (unsigned i = 0; i < d->config.n_payloads; i++) {
        const struct media_payload *p = &d->config.payloads[i];
        if (p->codec != codec || p->variant != variant)
            continue;
        d->pt = p->pt;
        d->rtx_pt = p->rtx_pt;
        d->pt_codec = codec;
        d->pt_variant = variant;
        d->timeline.clock_rate = p->clock_rate;
        return true;
    }
    return false;
}

/* Who has no RED gets of it what is new, as Opus: says how much of the payload goes. */
static bool fit_payload_type(struct downtrack *d, const struct packet_info *p, uint16_t *cut)
{
    *cut = 0;
    if (transmit_payload_type(d, p->codec, p->variant))
        return true;
    if (p->codec != MEDIA_RED || !p->red_primary)
        return false;
    *cut = p->red_primary;
    return transmit_payload_type(d, MEDIA_OPUS, 0);
}

/* ---- writing ---- */

/* The send time, or the transport-wide number, three bytes in all; returns how many count. */
static uint8_t put_stamp(const struct media *m, const struct downtrack *d, uint8_t out[STAMP_MAX])
{
    if (!d->numbered) {
        abs_send_time_put(out, m->ntp);
        return ABS_SEND_TIME_LENGTH;
    }
    transport_cc_put(out, d->session->cc.next);
    out[TRANSPORT_CC_LENGTH] = 0; /* padding */
    return TRANSPORT_CC_LENGTH;
}

/* The usual header: at most the stamp, in the one-byte form. */
static size_t write_plain_header(const struct media *m, const struct downtrack *d, uint8_t *out,
                                 const struct rtp_header *h)
{
    bool stamped = d->stamp != 0;
    out[0] = stamped ? 0x90 : 0x80;
    out[1] = (uint8_t)(h->marker << 7 | h->pt);
    be16_put(out + 2, h->seq);
    be32_put(out + 4, h->ts);
    be32_put(out + 8, h->ssrc);
    if (!stamped)
        return RTP_HEADER_MIN;
    be32_put(out + 12, (uint32_t)RTP_PROFILE_ONE_BYTE << 16 | 1);
    out[16] = (uint8_t)(d->stamp << 4 | (put_stamp(m, d, out + 17) - 1));
    return RTP_HEADER_MIN + 8;
}

static size_t write_header(const struct media *m, const struct downtrack *d, uint8_t *out,
                           const struct outgoing *o)
{
    if (o->dd_len == 0 && d->stamp <= ONE_BYTE_ID_MAX)
        return write_plain_header(m, d, out, &o->header);
    struct rtp_extension x[2];
    uint8_t stamp[STAMP_MAX];
    unsigned n = 0;
    if (d->stamp)
        x[n++] = (struct rtp_extension){d->stamp, put_stamp(m, d, stamp), stamp};
    if (o->dd_len)
        x[n++] = (struct rtp_extension){d->dependency_descriptor, o->dd_len, o->dd};
    return rtp_write_header(out, HEADER_MAX, &o->header, x, n);
}

size_t transmit_header(const struct media *m, const struct downtrack *d,
                       uint8_t out[static RTP_HEADER_MIN + 16], uint64_t sent, bool marker)
{
    struct outgoing o;
    o.dd_len = 0;
    o.header = (struct rtp_header){.pt = d->pt,
                                   .marker = marker,
                                   .seq = (uint16_t)sent,
                                   .ts = d->timeline.ts,
                                   .ssrc = d->ssrc};
    return write_header(m, d, out, &o);
}

/* False if there is no room. */
static bool write_packet(struct media *m, struct downtrack *d, const struct outgoing *o)
{
    struct session *s = d->session;
    uint8_t header[HEADER_MAX];
    size_t header_len = write_header(m, d, header, o);
    const uint8_t *payload = o->payload;
    size_t payload_len = (size_t)o->prefix_len + o->payload_len;
    uint8_t *out = outbox_room(m, s, header_len + payload_len + s->tag_length);
    if (!out)
        return false;
    memcpy(out, header, header_len);
    if (o->prefix_len) {
        memcpy(out + header_len, o->prefix, o->prefix_len);
        memcpy(out + header_len + o->prefix_len, payload, o->payload_len);
        payload = out + header_len;
    }
    outbox_rtp(m, s, out, header_len, payload, payload_len, o->roc);
    if (d->video)
        bandwidth_sent(m, s, d, header_len + payload_len + s->tag_length);
    return true;
}

/* The frame's payload from `cut` on. */
static void put_payload(struct outgoing *o, const struct frame *f, uint16_t cut)
{
    o->payload = f->data + f->info.payload_offset + cut;
    o->payload_len = (uint16_t)(f->info.payload_len - cut);
    o->prefix_len = o->dd_len = 0;
}

static void put_prefix(struct outgoing *o, const void *bytes, size_t len)
{
    memcpy(o->prefix + o->prefix_len, bytes, len);
    o->prefix_len = (uint8_t)(o->prefix_len + len);
}

static void put_vp8(struct outgoing *o, const struct vp8_descriptor *source,
                    const struct vp8_descriptor *sent)
{
    uint8_t bytes[VP8_DESCRIPTOR_MAX];
    put_prefix(o, bytes, vp8_write(sent, bytes, sizeof bytes));
    o->payload += source->len;
    o->payload_len = (uint16_t)(o->payload_len - source->len);
}

/* Leaves frame numbers as they are, as frames refer to each other by them; says which decode
 * targets are still to be expected. */
static bool put_dd(struct outgoing *o, const struct frame *f, uint32_t mask)
{
    const struct dependency_descriptor *dd = &f->svc.dd;
    bool whole = dd->has_structure && mask == dd->active_targets;
    o->dd_len =
        (uint8_t)dd_rewrite(o->dd, sizeof o->dd, dd, f->data + f->info.dd_offset, f->info.dd_len,
                            f->svc.targets.n, dd->frame_number, whole ? NULL : &mask);
    return o->dd_len > 0;
}

/* ---- choosing ---- */

static void choose_selector(struct downtrack *d, const struct packet_info *p)
{
    d->by_dd = d->svc && p->dd_len && d->dependency_descriptor;
    d->by_vp9 = d->svc && !d->by_dd && p->codec == MEDIA_VP9;
}

static enum selection choose(struct downtrack *d, const struct frame *f, bool *marker,
                             uint32_t *mask)
{
    const struct packet_info *p = &f->info;
    bool other = p->ssrc != d->source_ssrc;
    if (!d->video)
        return d->anew || other ? SELECT_SWITCH : SELECT_FORWARD;
    if (d->anew)
        choose_selector(d, p);
    if (d->svc && other) { /* begins anew */
        if (!p->key_frame)
            return SELECT_IGNORE;
        d->select.dd.started = false;
        d->select.vp9.spatial = LAYER_NONE;
    }
    if (p->key_frame || p->spatial > d->top_spatial)
        d->top_spatial = p->spatial;
    if (d->by_dd)
        return p->dd_len ? svc_select(&d->select.dd, p, &f->svc, marker, mask) : SELECT_IGNORE;
    if (d->by_vp9)
        return p->codec == MEDIA_VP9 ? vp9_select(&d->select.vp9, p, marker) : SELECT_IGNORE;
    if (other && p->layer == d->select.simulcast.current)
        simulcast_selector_restart(&d->select.simulcast);
    return simulcast_select(&d->select.simulcast, p);
}

/* A packet that is left out closes its number up, but for VP8 pictures of which parts have gone or
 * may still come. */
static bool left_out(struct downtrack *d, const struct packet_info *p)
{
    bool gap = p->seq != d->munger.highest + 1;
    if (p->codec == MEDIA_VP8 && !d->svc && !vp8_munger_drop(&d->vp8, &p->vp8, gap))
        return false;
    munger_drop(&d->munger, p->seq);
    return true;
}

static void begin_era(struct downtrack *d, uint32_t mask)
{
    sent_log_begin_era(&d->log, (struct sent_era){
                                    .first = d->munger.sent + 1,
                                    .ssrc = d->source_ssrc,
                                    .ts_offset = d->munger.ts_offset,
                                    .dd_mask = mask,
                                    .picture_offset = (uint32_t)d->vp8.offset,
                                    .tl0_offset = d->vp8.tl0_offset,
                                    .key_offset = d->vp8.key_offset,
                                });
    d->mask = mask;
}

static void switch_source(struct media *m, struct downtrack *d, const struct packet_info *p)
{
    static const struct source_clock unknown;
    const struct source_clock *from =
        d->clock_layer == LAYER_NONE ? &unknown : &d->feed->clocks[d->clock_layer];
    const struct source_clock *to = &d->feed->clocks[p->layer];
    bool same = from == to && p->ssrc != d->source_ssrc;
    uint32_t ts = p->ts;
    if (d->started)
        ts = timeline_switch(&d->timeline, from, same ? &unknown : to, p->ts, d->was_muted,
                             p->arrival);
    munger_switch(&d->munger, p->seq, p->ts, ts);
    if (p->codec == MEDIA_VP8) {
        vp8_munger_switch(&d->vp8, &p->vp8);
        d->vp8_form = p->vp8;
    }
    d->source_ssrc = p->ssrc;
    d->clock_layer = p->layer;
    d->anew = d->was_muted = false;
    begin_era(d, d->mask);
    feed_touch(m, d->feed);
}

static void note_sent(struct media *m, struct downtrack *d, const struct packet_info *p,
                      uint64_t sent, bool marker, uint8_t step)
{
    if (p->seq == d->munger.highest) {
        d->timeline.ts = d->munger.last_ts;
        d->timeline.source_ts = p->ts;
        d->timeline.at = p->arrival;
    }
    sender_stats_packet(&d->stats, p->payload_len);
    sent_log_put(&d->log, sent, p->seq, p->layer, marker, step, m->now);
    count(m, COUNTER_TX_RTP);
    if (!d->started)
        d->began_at = m->now;
    d->started = true;
    if (!d->told) {
        struct media_event e = {.type = MEDIA_DOWNTRACK_STARTED, .handle = d->handle};
        d->told = media_emit(m, &e);
    }
}

static void send_packet(struct media *m, struct downtrack *d, const struct frame *f, bool marker,
                        uint32_t mask, uint16_t cut)
{
    const struct packet_info *p = &f->info;
    struct vp8_descriptor vp8;
    bool rewrite = p->codec == MEDIA_VP8 && vp8_munger_concerns(&p->vp8);
    uint64_t sent;
    if (rewrite) {
        vp8 = p->vp8;
        if (!vp8_munger_forward(&d->vp8, &vp8))
            return;
    }
    if (!munger_forward(&d->munger, p->seq, p->ts, &sent))
        return;
    struct outgoing o;
    o.header = (struct rtp_header){.pt = d->pt,
                                   .marker = marker,
                                   .seq = (uint16_t)sent,
                                   .ts = munger_ts(&d->munger, p->ts),
                                   .ssrc = d->ssrc};
    o.roc = (uint32_t)(sent >> 16);
    put_payload(&o, f, cut);
    uint8_t step = 0;
    if (rewrite) {
        put_vp8(&o, &p->vp8, &vp8);
        uint32_t offset = (uint32_t)p->vp8.picture_id - vp8.picture_id;
        step = (uint8_t)(offset - sent_log_current_era(&d->log)->picture_offset);
    }
    if (d->by_dd && !put_dd(&o, f, mask))
        return;
    if (write_packet(m, d, &o))
        note_sent(m, d, p, sent, marker, step);
}

/* Where packets before this one are missing, its redundant blocks stand for them (RFC 2198): each
 * goes under its own number, if that has not gone yet. */
static void recover(struct media *m, struct downtrack *d, const struct frame *f)
{
    const struct packet_info *p = &f->info;
    struct red_payload r;
    uint64_t sent;
    if (!red_parse(&r, f->data + p->payload_offset, p->payload_len))
        return;
    for (unsigned i = 0; i < r.n_redundant; i++) {
        const struct red_block *b = &r.redundant[i];
        uint32_t ts = p->ts - b->ts_offset;
        if (b->len == 0 || !munger_forward(&d->munger, p->seq - (r.n_redundant - i), ts, &sent))
            continue;
        struct outgoing o = {.header = {.pt = d->pt,
                                        .seq = (uint16_t)sent,
                                        .ts = munger_ts(&d->munger, ts),
                                        .ssrc = d->ssrc},
                             .roc = (uint32_t)(sent >> 16),
                             .payload = b->data,
                             .payload_len = b->len};
        if (!write_packet(m, d, &o))
            continue;
        sender_stats_packet(&d->stats, b->len);
        count(m, COUNTER_TX_RTP);
    }
}

static void transmit_one(struct media *m, struct downtrack *d, const struct frame *f)
{
    const struct packet_info *p = &f->info;
    bool marker = p->marker;
    uint32_t mask = d->mask;
    uint16_t cut;
    if (p->payload_len == 0) { /* padding */
        if (p->ssrc == d->source_ssrc)
            munger_drop(&d->munger, p->seq);
        return;
    }
    if (!fit_payload_type(d, p, &cut)) {
        count(m, COUNTER_DROP_RTP_PAYLOAD_TYPE);
        return;
    }
    switch (choose(d, f, &marker, &mask)) {
    case SELECT_IGNORE:
        return;
    case SELECT_DROP:
        if (left_out(d, p))
            return;
        break;
    case SELECT_SWITCH:
        switch_source(m, d, p);
        break;
    case SELECT_FORWARD:
        break;
    }
    if (d->by_dd && mask != d->mask)
        begin_era(d, mask);
    bool gap = p->seq > d->munger.highest + 1;
    send_packet(m, d, f, marker, mask, cut);
    if (gap && cut)
        recover(m, d, f);
}

void transmit_run(struct media *m, struct downtrack *d, struct frame *const *frames, unsigned n)
{
    if (!downtrack_writable(d))
        return;
    uint64_t before = d->stats.packets;
    for (unsigned i = 0; i < n; i++)
        transmit_one(m, d, frames[i]);
    if (m->latency.on)
        latency_note(&m->latency, d->video ? STATS_VIDEO : STATS_AUDIO,
                     received_at(m, frames[0]->info.arrival), d->stats.packets - before);
}

/* ---- again ---- */

static void put_vp8_again(struct outgoing *o, const struct downtrack *d, const struct frame *f,
                          const struct sent_entry *e, const struct sent_era *era)
{
    struct vp8_descriptor vp8 = f->info.vp8;
    uint32_t offset = era->picture_offset + e->step;
    uint32_t picture = vp8.picture_id - offset;
    if (!vp8.long_picture_id)
        picture = (uint32_t)counter_near(d->vp8.sent, picture & 0x7f, 7);
    vp8.picture_id = picture & PICTURE_ID_MASK;
    vp8.long_picture_id = true;
    vp8.tl0_picture_index = (uint8_t)(vp8.tl0_picture_index - era->tl0_offset);
    vp8.key_index = (uint8_t)((vp8.key_index - era->key_offset) & 0x1f);
    put_vp8(o, &f->info.vp8, &vp8);
}

/* On the media SSRC a packet may only go again exactly as it went, as its index, and so the
 * cipher's nonce, is the same: that holds for audio, which has neither send time nor descriptor. */
static bool address_again(struct downtrack *d, struct outgoing *o, uint64_t sent)
{
    uint8_t osn[RTX_OSN_LENGTH];
    if (!d->config.rtx_ssrc || !d->rtx_pt) {
        o->header.ssrc = d->ssrc;
        o->header.pt = d->pt;
        o->header.seq = (uint16_t)sent;
        o->roc = (uint32_t)(sent >> 16);
        return !d->video;
    }
    be16_put(osn, (uint16_t)sent);
    put_prefix(o, osn, sizeof osn);
    o->header.ssrc = d->config.rtx_ssrc;
    o->header.pt = d->rtx_pt;
    o->header.seq = (uint16_t)d->rtx_next;
    o->roc = (uint32_t)(d->rtx_next >> 16);
    d->rtx_next++;
    return true;
}

void transmit_again(struct media *m, struct downtrack *d, const struct frame *f, uint64_t sent,
                    const struct sent_entry *e, const struct sent_era *era)
{
    const struct packet_info *p = &f->info;
    struct outgoing o;
    uint16_t cut;
    if (p->ssrc != era->ssrc || !fit_payload_type(d, p, &cut))
        return;
    o.header.marker = e->marker;
    o.header.ts = p->ts - era->ts_offset;
    put_payload(&o, f, cut);
    if (!address_again(d, &o, sent))
        return;
    if (p->codec == MEDIA_VP8 && vp8_munger_concerns(&p->vp8))
        put_vp8_again(&o, d, f, e, era);
    if (d->by_dd && (!p->dd_len || !put_dd(&o, f, era->dd_mask)))
        return;
    if (!write_packet(m, d, &o))
        return;
    count(m, COUNTER_TX_RTX);
    d->tally.retransmitted++;
    if (m->latency.on)
        latency_note(&m->latency, STATS_RETRANSMISSION, received_at(m, m->now), 1);
}

/* An RTX packet of nothing but padding (RFC 3550 section 5.1) is no packet of the original stream.
 */
bool transmit_padding(struct media *m, struct downtrack *d)
{
    static const uint8_t padding[PADDING] = {[PADDING - 1] = PADDING};
    uint8_t header[HEADER_MAX];
    struct session *s = d->session;
    uint8_t pt = d->rtx_pt ? d->rtx_pt : d->config.payloads[0].rtx_pt;
    if (!d->config.rtx_ssrc || !pt)
        return false;
    struct outgoing o = {.header = {.pt = pt,
                                    .seq = (uint16_t)d->rtx_next,
                                    .ts = d->timeline.ts,
                                    .ssrc = d->config.rtx_ssrc}};
    size_t header_len = write_header(m, d, header, &o);
    uint8_t *out = outbox_room(m, s, header_len + PADDING + s->tag_length);
    if (!out)
        return false;
    header[0] |= 0x20;
    memcpy(out, header, header_len);
    outbox_rtp(m, s, out, header_len, padding, PADDING, (uint32_t)(d->rtx_next >> 16));
    d->rtx_next++;
    bandwidth_sent(m, s, d, header_len + PADDING + s->tag_length);
    return true;
}
