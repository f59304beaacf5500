/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of our own: a second of Opus silence when audio is switched off, so that the listener's
 * jitter buffer does not stretch the last sound; and at the end of a downtrack a fifth of a second
 * of silence or of tiny black pictures, so that the decoder is left clean.
 */
#include "dataplane/media/engine.h"
#include "dataplane/rtp/opus.h"
#include "dataplane/rtp/red.h"

#include <string.h>

#define SILENCE_INTERVAL (20 * USEC_PER_MS)
#define FLUSH_AUDIO      10
#define FLUSH_VIDEO      6
#define VIDEO_FRAME_TS   3000 /* 33 ms */
#define BLANK_LENGTH     31
#define PAYLOAD_MAX      (VP8_DESCRIPTOR_MAX + OPUS_SILENCE_LENGTH + 1 + MEDIA_SIF_MAX)

/* An 8x8 black VP8 key frame; clients' end-to-end encryption knows these very bytes. */
static const uint8_t blank_vp8[BLANK_LENGTH] = {
    0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x08, 0x00, 0x08, 0x00, 0x00, 0x47, 0x08, 0x85, 0x85, 0x88,
    0x85, 0x84, 0x88, 0x02, 0x02, 0x00, 0x0c, 0x0d, 0x60, 0x00, 0xfe, 0xff, 0xab, 0x50, 0x80,
};

static void put_trailer(const struct downtrack *d, struct writer *w)
{
    if (d->config.encrypted)
        write_bytes(w, d->config.sif_trailer, d->config.sif_trailer_len);
}

static uint8_t opus_pt(const struct downtrack *d)
{
    for (unsigned i = 0; i < d->config.n_payloads; i++) {
        if (d->config.payloads[i].codec == MEDIA_OPUS)
            return d->config.payloads[i].pt;
    }
    return 0;
}

static bool is_opus(const struct downtrack *d)
{
    return d->pt_codec == MEDIA_OPUS || d->pt_codec == MEDIA_RED;
}

static void send_own(struct media *m, struct downtrack *d, const struct writer *payload,
                     uint32_t ts_step)
{
    uint8_t header[RTP_HEADER_MIN + 16];
    uint64_t sent = munger_insert(&d->munger, d->timeline.ts + ts_step);
    d->timeline.ts += ts_step;
    d->timeline.source_ts += ts_step;
    d->timeline.at = m->now;
    size_t payload_len = writer_length(payload);
    size_t header_len = transmit_header(m, d, header, sent, true);
    uint8_t *out = outbox_room(m, d->session, header_len + payload_len + d->session->tag_length);
    if (!out)
        return;
    memcpy(out, header, header_len);
    memcpy(out + header_len, payload->begin, payload_len);
    outbox_rtp(m, d->session, out, header_len, out + header_len, payload_len,
               (uint32_t)(sent >> 16));
    bandwidth_sent(m, d->session, d, header_len + payload_len + d->session->tag_length);
    sender_stats_packet(&d->stats, payload_len);
    count(m, COUNTER_TX_RTP);
}

static void send_silence(struct media *m, struct downtrack *d)
{
    uint8_t payload[PAYLOAD_MAX];
    struct writer w = writer_of(payload, sizeof payload);
    if (d->pt_codec == MEDIA_RED)
        write_u8(&w, red_primary_header(opus_pt(d)));
    write_bytes(&w, opus_silence, OPUS_SILENCE_LENGTH);
    put_trailer(d, &w);
    send_own(m, d, &w, OPUS_FRAME_TS);
}

static void send_blank(struct media *m, struct downtrack *d)
{
    uint8_t payload[PAYLOAD_MAX], descriptor[VP8_DESCRIPTOR_MAX];
    struct writer w = writer_of(payload, sizeof payload);
    struct vp8_descriptor form = d->vp8_form;
    vp8_munger_insert(&d->vp8, &form);
    write_bytes(&w, descriptor, vp8_write(&form, descriptor, sizeof descriptor));
    write_bytes(&w, blank_vp8, sizeof blank_vp8);
    put_trailer(d, &w);
    send_own(m, d, &w, VIDEO_FRAME_TS);
}

static bool can_send(const struct downtrack *d)
{
    return d->started && d->session->send && d->session->path.remote.family;
}

void silence_start(struct media *m, struct downtrack *d)
{
    if (!can_send(d) || !is_opus(d))
        return;
    d->silence_left = SILENCE_FRAMES;
    d->next_silence = m->now;
    silence_due(m, d);
}

void silence_due(struct media *m, struct downtrack *d)
{
    d->next_silence = USEC_NEVER;
    if (!can_send(d) || d->silence_left == 0)
        return;
    send_silence(m, d);
    if (--d->silence_left > 0)
        d->next_silence = m->now + SILENCE_INTERVAL;
}

void silence_flush(struct media *m, struct downtrack *d)
{
    if (!can_send(d))
        return;
    for (unsigned i = 0; !d->video && is_opus(d) && i < FLUSH_AUDIO; i++)
        send_silence(m, d);
    for (unsigned i = 0; d->video && d->pt_codec == MEDIA_VP8 && i < FLUSH_VIDEO; i++)
        send_blank(m, d);
}
