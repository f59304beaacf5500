/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/publisher.h"

#include "bench/sluice-bench/stamp.h"
#include "common/random.h"
#include "dataplane/rtcp/build.h"
#include "dataplane/rtcp/parse.h"
#include "dataplane/rtp/extension.h"
#include "dataplane/rtp/packet.h"
#include "dataplane/rtp/vp8.h"

#include <stdio.h>
#include <string.h>

#define REPORT_INTERVAL (1 * USEC_PER_SEC)
#define KEY_INTERVAL    (300 * USEC_PER_MS) /* key frames of a layer at most so often */
#define LATE_MAX        (500 * USEC_PER_MS) /* what we are behind by more is left out */
#define EXTENSIONS_MAX  5

/* --- streams --- */

static struct publisher_stream *add_stream(struct publisher *p, uint32_t ssrc, int mid)
{
    struct publisher_stream *s = &p->streams[p->count++];
    *s = (struct publisher_stream){.enabled = true, .announce = true, .ssrc = ssrc};
    snprintf(s->mid, sizeof s->mid, "%d", mid & 0xff);
    s->seq = (uint16_t)(random_u32() & 0x3fff); /* far from wrapping: see RFC 3711 section 3.3.1 */
    s->ts_base = random_u32();
    s->picture_id = (uint16_t)(random_u32() & 0x7fff);
    return s;
}

static void add_audio(struct publisher *p, const struct settings *s, const struct offer *o)
{
    struct publisher_stream *a = add_stream(p, o->audio_ssrc, offer_find(o, OFFER_SEND_AUDIO));
    a->pt = OFFER_PT_OPUS;
    a->clock = 48000;
    a->interval = USEC_PER_SEC / s->audio_pps;
    audio_model_init(&a->audio, (uint16_t)s->audio_bytes, random_u32());
}

static void add_layer(struct publisher *p, const struct settings *s, const struct offer *o,
                      unsigned layer)
{
    struct publisher_stream *v =
        add_stream(p, o->video_ssrc + layer, offer_find(o, OFFER_SEND_VIDEO));
    v->video = true;
    v->layer = (uint8_t)layer;
    v->pt = OFFER_PT_VP8;
    v->clock = 90000;
    v->interval = USEC_PER_SEC / s->fps;
    video_model_init(&v->frames, s->kbps[layer] * 1000, s->fps, random_u32());
    if (s->recording.count > 0)
        video_model_play(&v->frames, &s->recording, s->kbps[layer] * 1000);
}

void publisher_init(struct publisher *p, const struct settings *s, const struct offer *o)
{
    *p = (struct publisher){0};
    if (offer_find(o, OFFER_SEND_AUDIO) >= 0)
        add_audio(p, s, o);
    for (unsigned i = 0; offer_find(o, OFFER_SEND_VIDEO) >= 0 && i < o->layers; i++)
        add_layer(p, s, o, i);
}

void publisher_start(struct publisher *p, usec_t now)
{
    if (p->running || p->count == 0)
        return;
    p->running = true;
    p->started = now;
    p->next_report = now + random_u32() % REPORT_INTERVAL;
    usec_t video_phase = random_u32() % 20000;
    for (unsigned i = 0; i < p->count; i++) {
        struct publisher_stream *s = &p->streams[i];
        s->next = now + (s->video ? video_phase : random_u32() % s->interval);
    }
}

void publisher_layers(struct publisher *p, unsigned wanted)
{
    for (unsigned i = 0; i < p->count; i++) {
        struct publisher_stream *s = &p->streams[i];
        bool enabled = !s->video || (wanted >> s->layer & 1);
        if (enabled && !s->enabled)
            s->frames.key_wanted = true;
        s->enabled = enabled;
    }
}

static struct publisher_stream *find_stream(struct publisher *p, uint32_t ssrc)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->streams[i].ssrc == ssrc)
            return &p->streams[i];
    }
    return NULL;
}

/* --- packets --- */

static uint32_t timestamp(const struct publisher *p, const struct publisher_stream *s, usec_t at)
{
    return s->ts_base + (uint32_t)((at - p->started) * s->clock / USEC_PER_SEC);
}

struct header_values {
    uint8_t send_time[ABS_SEND_TIME_LENGTH], transport_seq[TRANSPORT_CC_LENGTH], level;
};

static unsigned fill_extensions(struct publisher *p, const struct publisher_stream *s, uint64_t ntp,
                                struct header_values *v, struct rtp_extension *e)
{
    unsigned n = 0;
    if (s->video) {
        abs_send_time_put(v->send_time, ntp);
        e[n++] = (struct rtp_extension){OFFER_EXT_ABS_SEND_TIME, sizeof v->send_time, v->send_time};
        transport_cc_put(v->transport_seq, p->transport_seq++);
        e[n++] = (struct rtp_extension){OFFER_EXT_TRANSPORT_CC, sizeof v->transport_seq,
                                        v->transport_seq};
    } else {
        v->level = 0x80 | 30; /* voice at -30 dBov */
        e[n++] = (struct rtp_extension){OFFER_EXT_AUDIO_LEVEL, 1, &v->level};
    }
    if (!s->announce)
        return n;
    e[n++] =
        (struct rtp_extension){OFFER_EXT_MID, (uint8_t)strlen(s->mid), (const uint8_t *)s->mid};
    if (s->video)
        e[n++] = (struct rtp_extension){OFFER_EXT_RID, 1, (const uint8_t *)offer_rid(s->layer)};
    return n;
}

/* The start of a VP8 frame (RFC 6386 section 9.1) behind its payload descriptor. */
static void put_vp8_head(const struct publisher_stream *s, uint8_t *payload, bool key, bool start)
{
    static const uint8_t sizes[SETTINGS_LAYERS][4] = {
        {0x40, 0x01, 0xb4, 0x00}, {0x80, 0x02, 0x68, 0x01}, {0x00, 0x05, 0xd0, 0x02}};
    struct vp8_descriptor d = {.start = start,
                               .extended = true,
                               .has_picture_id = true,
                               .long_picture_id = true,
                               .picture_id = s->picture_id};
    size_t at = vp8_write(&d, payload, VP8_DESCRIPTOR_MAX);
    if (!start)
        return;
    payload[at] = key ? 0x10 : 0x11;
    payload[at + 1] = payload[at + 2] = 0;
    if (!key)
        return;
    memcpy(payload + at + 3, (const uint8_t[]){0x9d, 0x01, 0x2a}, 3);
    memcpy(payload + at + 6, sizes[s->layer], 4);
}

/* Opus: the table of contents of a 20 ms CELT frame (RFC 6716 section 3.1). */
static void put_payload(const struct publisher_stream *s, uint8_t *payload, size_t len, bool key,
                        bool start, uint64_t wall)
{
    if (s->video)
        put_vp8_head(s, payload, key, start);
    else
        payload[0] = 0xf8;
    stamp_put(payload + len, &(struct stamp){.sent = wall, .source = s->ssrc});
}

struct batch {
    struct srtp_job jobs[OUTBOX_MAX];
    size_t count;
};

static size_t add_packet(struct publisher *p, struct publisher_stream *s, struct outbox_datagram *d,
                         const struct rtp_header *h, size_t payload_len, uint64_t wall,
                         const struct transport *t, struct batch *b)
{
    struct header_values values;
    struct rtp_extension e[EXTENSIONS_MAX];
    unsigned n = fill_extensions(p, s, ntp_from_unix(wall / 1000), &values, e);
    size_t header_len = rtp_write_header(d->data, sizeof d->data, h, e, n);
    d->to = (struct net_addr){0};
    b->jobs[b->count++] = (struct srtp_job){.key = t->send,
                                            .out = d->data,
                                            .payload = d->data + header_len,
                                            .header_len = (uint16_t)header_len,
                                            .payload_len = (uint16_t)payload_len,
                                            .roc = s->roc};
    s->packets++;
    s->octets += payload_len;
    if (++s->seq == 0)
        s->roc++;
    return header_len;
}

static void send_frame(struct publisher *p, struct publisher_stream *s, struct transport *t,
                       uint64_t wall, struct outbox *out, struct counters *c)
{
    struct model_frame f =
        s->video ? video_model_next(&s->frames) : model_split(audio_model_next(&s->audio));
    struct batch b = {.count = 0};
    size_t tag = srtp_tag_length(srtp_key_profile(t->send)), bytes = 0;
    struct rtp_header h = {.pt = s->pt, .ts = timestamp(p, s, s->next), .ssrc = s->ssrc};
    for (unsigned i = 0; i < f.packets; i++) {
        size_t len = i + 1 < f.packets ? f.each : f.last;
        struct outbox_datagram *d = outbox_next(out);
        h.seq = s->seq;
        h.marker = s->video && i + 1 == f.packets;
        size_t header_len = add_packet(p, s, d, &h, len, wall, t, &b);
        put_payload(s, d->data + header_len, len, f.key, i == 0, wall);
        outbox_commit(out, header_len + len + tag);
        bytes += header_len + len + tag;
    }
    srtp_protect(t->engine, b.jobs, b.count);
    s->picture_id = (s->picture_id + 1) & 0x7fff;
    counter_add(&c->sent_packets, f.packets);
    counter_add(&c->sent_bytes, bytes);
    counter_add(&c->key_frames, f.key);
}

/* --- reports --- */

static void send_report(const struct publisher *p, const struct publisher_stream *s,
                        struct transport *t, usec_t now, uint64_t wall, struct outbox *out)
{
    struct outbox_datagram *d = outbox_next(out);
    if (!d || s->packets == 0)
        return;
    struct writer w = writer_of(d->data, sizeof d->data - SRTCP_EXPAND_MAX);
    struct rtcp_sender_info sr = {.ssrc = s->ssrc,
                                  .ntp = ntp_from_unix(wall / 1000),
                                  .rtp_ts = timestamp(p, s, now),
                                  .packets = (uint32_t)s->packets,
                                  .octets = (uint32_t)s->octets};
    struct rtcp_sdes_chunk chunk = {.ssrc = s->ssrc, .cname = "sluice-bench"};
    rtcp_write_sr(&w, &sr, NULL, 0);
    rtcp_write_sdes(&w, &chunk, 1);
    transport_send_rtcp(t, out, writer_length(&w));
}

static void want_key_frame(struct publisher *p, uint32_t ssrc, usec_t now, struct counters *c)
{
    struct publisher_stream *s = find_stream(p, ssrc);
    counter_add(&c->plis, 1);
    if (!s || !s->video || now - s->last_key < KEY_INTERVAL)
        return;
    s->last_key = now;
    s->frames.key_wanted = true;
}

static void take_report(struct publisher *p, const struct rtcp_packet *packet, struct counters *c)
{
    struct rtcp_report r;
    if (!rtcp_read_report(packet, &r))
        return;
    counter_add(&c->reports_in, 1);
    for (unsigned i = 0; i < r.n_blocks; i++) {
        struct publisher_stream *s = find_stream(p, rtcp_report_block_at(&r, i).ssrc);
        if (s)
            s->announce = false;
    }
}

static void take_feedback(struct publisher *p, const struct rtcp_packet *packet, usec_t now,
                          struct counters *c)
{
    struct rtcp_feedback f;
    struct rtcp_fir fir;
    if (packet->kind == RTCP_PLI && rtcp_read_feedback(packet, &f))
        want_key_frame(p, f.media, now, c);
    if (packet->kind == RTCP_FIR && rtcp_read_fir(packet, &fir)) {
        for (unsigned i = 0; i < fir.n; i++)
            want_key_frame(p, rtcp_fir_ssrc(&fir, i), now, c);
    }
    counter_add(&c->nacks, packet->kind == RTCP_NACK);
    counter_add(&c->twccs, packet->kind == RTCP_TWCC);
}

void publisher_rtcp(struct publisher *p, const uint8_t *data, size_t len, usec_t now,
                    struct counters *c)
{
    struct rtcp_cursor at = rtcp_begin(data, len);
    struct rtcp_packet packet;
    while (rtcp_next(&at, &packet)) {
        if (packet.kind == RTCP_RR || packet.kind == RTCP_SR)
            take_report(p, &packet, c);
        else
            take_feedback(p, &packet, now, c);
    }
}

/* --- time --- */

usec_t publisher_deadline(const struct publisher *p)
{
    usec_t at = p->running ? p->next_report : USEC_NEVER;
    for (unsigned i = 0; p->running && i < p->count; i++)
        at = p->streams[i].next < at ? p->streams[i].next : at;
    return at;
}

static void run_stream(struct publisher *p, struct publisher_stream *s, struct transport *t,
                       usec_t now, uint64_t wall, struct outbox *out, struct counters *c)
{
    if (now - s->next > LATE_MAX) {
        s->next = now;
        counter_add(&c->late_frames, 1);
    }
    if (s->enabled)
        send_frame(p, s, t, wall, out, c);
    else if (s->frames.recording)
        video_model_next(&s->frames); /* its clock goes on */
    s->next += s->video && s->frames.recording ? s->frames.interval : s->interval;
}

void publisher_run(struct publisher *p, struct transport *t, usec_t now, uint64_t wall,
                   struct outbox *out, struct counters *c)
{
    if (!p->running)
        return;
    for (unsigned i = 0; i < p->count; i++) {
        struct publisher_stream *s = &p->streams[i];
        if (s->next <= now && OUTBOX_MAX - out->count > MODEL_FRAME_MAX)
            run_stream(p, s, t, now, wall, out, c);
    }
    if (now < p->next_report || OUTBOX_MAX - out->count < p->count)
        return;
    p->next_report = now + REPORT_INTERVAL;
    for (unsigned i = 0; i < p->count; i++)
        send_report(p, &p->streams[i], t, now, wall, out);
}
