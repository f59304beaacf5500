/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/offer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const uris[] = {
    [OFFER_EXT_AUDIO_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    [OFFER_EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    [OFFER_EXT_TRANSPORT_CC] =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    [OFFER_EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
    [OFFER_EXT_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    [OFFER_EXT_REPAIRED_RID] = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
};

bool offer_add(struct offer *o, enum offer_section kind, unsigned n)
{
    if (n > OFFER_SECTIONS_MAX - o->count)
        return false;
    while (n-- > 0)
        o->sections[o->count++] = (uint8_t)kind;
    return true;
}

int offer_find(const struct offer *o, enum offer_section kind)
{
    for (unsigned i = 0; i < o->count; i++) {
        if (o->sections[i] == kind)
            return (int)i;
    }
    return -1;
}

const char *offer_rid(unsigned layer)
{
    static const char *const rids[] = {"q", "h", "f"};
    return layer < sizeof rids / sizeof *rids ? rids[layer] : "";
}

static void write_head(const struct offer *o, FILE *f)
{
    fprintf(f, "v=0\r\no=- %" PRIu64 " %u IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", o->session,
            o->version);
    fprintf(f, "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\na=group:BUNDLE");
}

static void write_session(const struct offer *o, FILE *f)
{
    write_head(o, f);
    for (unsigned i = 0; i < o->count; i++)
        fprintf(f, " %u", i);
    fprintf(f, "\r\n");
}

static void write_keys(const struct offer *o, FILE *f, const char *setup)
{
    fprintf(f, "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n");
    fprintf(f, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=ice-options:trickle\r\n", o->ufrag, o->pwd);
    fprintf(f, "a=fingerprint:sha-256 ");
    for (unsigned i = 0; i < sizeof o->fingerprint; i++)
        fprintf(f, "%s%02X", i > 0 ? ":" : "", o->fingerprint[i]);
    fprintf(f, "\r\na=setup:%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", setup);
}

static void write_transport(const struct offer *o, FILE *f, unsigned mid)
{
    write_keys(o, f, "actpass");
    fprintf(f, "a=mid:%u\r\n", mid);
}

static void write_extension(FILE *f, unsigned id)
{
    fprintf(f, "a=extmap:%u %s\r\n", id, uris[id]);
}

static void write_opus(FILE *f)
{
    fprintf(f, "a=rtpmap:%d opus/48000/2\r\na=fmtp:%d minptime=10;useinbandfec=1\r\n",
            OFFER_PT_OPUS, OFFER_PT_OPUS);
}

static void write_vp8(FILE *f, bool sends)
{
    static const char *const feedback[] = {"goog-remb", "ccm fir", "nack", "nack pli"};
    fprintf(f, "a=rtpmap:%d VP8/90000\r\n", OFFER_PT_VP8);
    for (size_t i = 0; i < sizeof feedback / sizeof *feedback; i++)
        fprintf(f, "a=rtcp-fb:%d %s\r\n", OFFER_PT_VP8, feedback[i]);
    if (sends)
        fprintf(f, "a=rtcp-fb:%d transport-cc\r\n", OFFER_PT_VP8);
    fprintf(f, "a=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n", OFFER_PT_RTX, OFFER_PT_RTX,
            OFFER_PT_VP8);
}

static void write_receive_audio(const struct offer *o, FILE *f, unsigned mid)
{
    fprintf(f, "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\n", OFFER_PT_OPUS);
    write_transport(o, f, mid);
    write_extension(f, OFFER_EXT_MID);
    fprintf(f, "a=recvonly\r\n");
    write_opus(f);
}

static void write_receive_video(const struct offer *o, FILE *f, unsigned mid)
{
    fprintf(f, "m=video 9 UDP/TLS/RTP/SAVPF %d %d\r\n", OFFER_PT_VP8, OFFER_PT_RTX);
    write_transport(o, f, mid);
    write_extension(f, OFFER_EXT_MID);
    write_extension(f, OFFER_EXT_ABS_SEND_TIME);
    fprintf(f, "a=recvonly\r\n");
    write_vp8(f, false);
}

static void write_source(FILE *f, uint32_t ssrc, const char *cid)
{
    fprintf(f, "a=ssrc:%u cname:sluice-bench\r\na=ssrc:%u msid:- %s\r\n", ssrc, ssrc, cid);
}

static void write_send_audio(const struct offer *o, FILE *f, unsigned mid)
{
    fprintf(f, "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\n", OFFER_PT_OPUS);
    write_transport(o, f, mid);
    write_extension(f, OFFER_EXT_AUDIO_LEVEL);
    write_extension(f, OFFER_EXT_MID);
    fprintf(f, "a=sendonly\r\na=msid:- %s\r\n", o->audio_cid);
    write_opus(f);
    write_source(f, o->audio_ssrc, o->audio_cid);
}

static void write_simulcast(const struct offer *o, FILE *f)
{
    for (unsigned i = 0; i < o->layers; i++)
        fprintf(f, "a=rid:%s send\r\n", offer_rid(i));
    fprintf(f, "a=simulcast:send ");
    for (unsigned i = 0; i < o->layers; i++)
        fprintf(f, "%s%s", i > 0 ? ";" : "", offer_rid(i));
    fprintf(f, "\r\n");
}

static void write_send_video(const struct offer *o, FILE *f, unsigned mid)
{
    fprintf(f, "m=video 9 UDP/TLS/RTP/SAVPF %d %d\r\n", OFFER_PT_VP8, OFFER_PT_RTX);
    write_transport(o, f, mid);
    write_extension(f, OFFER_EXT_ABS_SEND_TIME);
    write_extension(f, OFFER_EXT_TRANSPORT_CC);
    write_extension(f, OFFER_EXT_MID);
    write_extension(f, OFFER_EXT_RID);
    write_extension(f, OFFER_EXT_REPAIRED_RID);
    fprintf(f, "a=sendonly\r\na=msid:- %s\r\n", o->video_cid);
    write_vp8(f, true);
    if (o->layers > 1)
        write_simulcast(o, f);
    else
        write_source(f, o->video_ssrc, o->video_cid);
}

char *offer_write(struct offer *o)
{
    static void (*const writers[])(const struct offer *, FILE *, unsigned) = {
        [OFFER_RECEIVE_AUDIO] = write_receive_audio,
        [OFFER_RECEIVE_VIDEO] = write_receive_video,
        [OFFER_SEND_AUDIO] = write_send_audio,
        [OFFER_SEND_VIDEO] = write_send_video,
    };
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        return NULL;
    o->version++;
    write_session(o, f);
    for (unsigned i = 0; i < o->count; i++)
        writers[o->sections[i]](o, f, i);
    if (fclose(f) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* --- answers --- */

static const struct sdp_format *find_format(const struct sdp_section *s, const char *name)
{
    for (unsigned i = 0; i < s->format_count; i++) {
        if (sdp_text_is_nocase(s->formats[i].name, name))
            return &s->formats[i];
    }
    return NULL;
}

static void answer_section(const struct offer *o, FILE *f, const struct sdp_section *s)
{
    bool video = s->kind == SDP_VIDEO;
    const struct sdp_format *format = find_format(s, video ? "VP8" : "opus");
    if (!format || (!video && s->kind != SDP_AUDIO)) {
        fprintf(f, "m=%.*s 0 %.*s 0\r\nc=IN IP4 0.0.0.0\r\na=mid:%.*s\r\n", (int)s->media.len,
                s->media.at, (int)s->protocol.len, s->protocol.at, (int)s->mid.len, s->mid.at);
        return;
    }
    unsigned pt = format->pt;
    fprintf(f, "m=%s 9 UDP/TLS/RTP/SAVPF %u\r\n", video ? "video" : "audio", pt);
    write_keys(o, f, "active");
    fprintf(f, "a=mid:%.*s\r\na=recvonly\r\n", (int)s->mid.len, s->mid.at);
    if (video)
        fprintf(f,
                "a=rtpmap:%u VP8/90000\r\na=rtcp-fb:%u nack\r\na=rtcp-fb:%u nack pli\r\n"
                "a=rtcp-fb:%u ccm fir\r\na=rtcp-fb:%u goog-remb\r\n",
                pt, pt, pt, pt, pt);
    else
        fprintf(f, "a=rtpmap:%u opus/48000/2\r\n", pt);
}

char *offer_answer(struct offer *o, const struct sdp_description *d)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        return NULL;
    o->version++;
    write_head(o, f);
    for (uint32_t i = 0; i < d->section_count; i++)
        fprintf(f, " %.*s", (int)d->sections[i].mid.len, d->sections[i].mid.at);
    fprintf(f, "\r\n");
    for (uint32_t i = 0; i < d->section_count; i++)
        answer_section(o, f, &d->sections[i]);
    if (fclose(f) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
