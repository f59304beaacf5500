/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing a packet's codec descriptor, once, into what forwarding looks at.
 */
#include "dataplane/media/engine.h"
#include "dataplane/rtp/av1.h"
#include "dataplane/rtp/h264.h"
#include "dataplane/rtp/h265.h"
#include "dataplane/rtp/red.h"
#include "dataplane/rtp/vp9.h"

#include <string.h>

static bool describe_vp8(struct packet_info *i, const struct rtp_packet *p)
{
    if (!vp8_parse(&i->vp8, p->payload, p->payload_len))
        return false;
    i->key_frame = i->vp8.key_frame;
    i->frame_start = i->vp8.start && i->vp8.partition == 0;
    i->temporal = i->vp8.has_temporal ? i->vp8.temporal : 0;
    return true;
}

static bool describe_vp9(struct packet_info *i, const struct rtp_packet *p, bool encrypted)
{
    struct vp9_descriptor d;
    if (!vp9_parse(&d, p->payload, p->payload_len))
        return false;
    i->key_frame = vp9_key_frame(&d, p->payload, p->payload_len, encrypted);
    i->frame_start = d.start;
    i->spatial = d.has_layers ? d.spatial : 0;
    i->temporal = d.has_layers ? d.temporal : 0;
    i->vp9 = (struct vp9_layer){.start = d.start,
                                .end = d.end,
                                .inter_predicted = d.inter_predicted,
                                .switching_up = d.switching_up,
                                .inter_layer = d.inter_layer};
    return true;
}

static bool describe_payload(struct packet_info *i, const struct rtp_packet *p, bool encrypted)
{
    switch (i->codec) {
    case MEDIA_VP8:
        return describe_vp8(i, p);
    case MEDIA_VP9:
        return describe_vp9(i, p, encrypted);
    case MEDIA_H264:
        i->key_frame = h264_key_frame(p->payload, p->payload_len);
        return true;
    case MEDIA_H265:
        i->key_frame = h265_key_frame(p->payload, p->payload_len);
        return true;
    case MEDIA_AV1:
        i->key_frame = av1_key_frame(p->payload, p->payload_len);
        return true;
    default:
        return true;
    }
}

static void copy_targets(struct svc_targets *t, const struct dd_structure *s)
{
    t->n = s->n_decode_targets;
    t->n_chains = s->n_chains;
    memcpy(t->spatial, s->target_spatial, sizeof t->spatial);
    memcpy(t->temporal, s->target_temporal, sizeof t->temporal);
    memcpy(t->protected_by, s->target_protected_by, sizeof t->protected_by);
}

/* Where the stream is scalable its descriptor must be readable; elsewhere it only tells the
 * temporal layer, and a packet goes without. */
static bool describe_dependencies(struct track *t, struct layer *l, struct frame *f,
                                  const struct rtp_extension *dd, bool in_order)
{
    struct packet_info *i = &f->info;
    enum dd_result r =
        dd_stream_read(&l->dd, &f->svc.dd, &f->svc.frame, in_order, dd->data, dd->len);
    if (r != DD_OK)
        return !t->config.svc;
    i->frame_start = f->svc.dd.start_of_frame;
    i->temporal = f->svc.dd.temporal;
    if (!t->config.svc)
        return true;
    i->spatial = f->svc.dd.spatial;
    i->key_frame = f->svc.dd.has_structure && f->svc.dd.start_of_frame;
    i->dd_offset = (uint16_t)(dd->data - f->data);
    i->dd_len = dd->len;
    copy_targets(&f->svc.targets, &l->dd.structure);
    return true;
}

static void describe_red(struct packet_info *i, const struct rtp_packet *p)
{
    struct red_payload r;
    if (red_parse(&r, p->payload, p->payload_len) && r.primary.len > 0)
        i->red_primary = (uint16_t)(r.primary.data - p->payload);
}

bool describe(struct media *m, struct track *t, struct layer *l, struct frame *f,
              const struct rtp_packet *p, const struct media_payload *payload, bool in_order,
              const struct rtp_extension *dd)
{
    f->info = (struct packet_info){
        .seq = f->info.seq,
        .recovered = f->info.recovered,
        .arrival = m->now,
        .ssrc = l->media.ssrc,
        .ts = p->ts,
        .payload_offset = (uint16_t)(p->payload - f->data),
        .payload_len = p->payload_len,
        .pt = p->pt,
        .codec = payload->codec,
        .variant = payload->variant,
        .layer = (uint8_t)(l - t->layers),
        .marker = p->marker,
    };
    if (payload->codec == MEDIA_RED && !t->config.encrypted)
        describe_red(&f->info, p);
    if (!t->config.video || p->payload_len == 0)
        return true;
    if (!describe_payload(&f->info, p, t->config.encrypted) ||
        (dd->len && !describe_dependencies(t, l, f, dd, in_order))) {
        count(m, COUNTER_DROP_RTP_DESCRIPTOR);
        return false;
    }
    return true;
}
