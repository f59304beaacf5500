/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/codecs.h"

#include <string.h>
#include <strings.h>

#define H264(mode, profile)                                                                        \
    "level-asymmetry-allowed=1;packetization-mode=" mode ";profile-level-id=" profile

static const struct sdp_codec_entry table[] = {
    {SDP_OPUS, 111, 0, 2, 48000, "minptime=10;useinbandfec=1", true},
    {SDP_RED, 63, 0, 2, 48000, "111/111", true},
    {SDP_PCMU, 0, 0, 1, 8000, "", true},
    {SDP_PCMA, 8, 0, 1, 8000, "", true},
    {SDP_VP8, 96, 97, 1, 90000, "", true},
    {SDP_VP9, 98, 99, 1, 90000, "profile-id=0", true},
    {SDP_VP9, 100, 101, 1, 90000, "profile-id=1", true},
    {SDP_H264, 125, 126, 1, 90000, H264("0", "42e01f"), true},
    {SDP_H264, 108, 109, 1, 90000, H264("1", "42e01f"), true},
    {SDP_H264, 104, 105, 1, 90000, H264("0", "42001f"), true},
    {SDP_H264, 102, 103, 1, 90000, H264("1", "42001f"), true},
    {SDP_H264, 123, 124, 1, 90000, H264("1", "640032"), false},
    {SDP_AV1, 35, 36, 1, 90000, "", true},
    {SDP_H265, 116, 117, 1, 90000, "", true},
};

static const struct {
    const char *name, *mime;
} names[SDP_CODEC_COUNT] = {
    [SDP_CODEC_UNKNOWN] = {"", ""},      [SDP_OPUS] = {"opus", "audio/opus"},
    [SDP_RED] = {"red", "audio/red"},    [SDP_PCMU] = {"PCMU", "audio/PCMU"},
    [SDP_PCMA] = {"PCMA", "audio/PCMA"}, [SDP_VP8] = {"VP8", "video/VP8"},
    [SDP_VP9] = {"VP9", "video/VP9"},    [SDP_H264] = {"H264", "video/H264"},
    [SDP_AV1] = {"AV1", "video/AV1"},    [SDP_H265] = {"H265", "video/H265"},
};

const struct sdp_codec_entry *sdp_codec_table(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}

enum sdp_codec sdp_codec_by_mime(const char *mime)
{
    for (int c = 1; c < SDP_CODEC_COUNT; c++)
        if (strcasecmp(mime, names[c].mime) == 0 || strcasecmp(mime, names[c].name) == 0)
            return (enum sdp_codec)c;
    return SDP_CODEC_UNKNOWN;
}

const char *sdp_codec_mime(enum sdp_codec codec)
{
    return codec < SDP_CODEC_COUNT ? names[codec].mime : "";
}

const char *sdp_codec_name(enum sdp_codec codec)
{
    return codec < SDP_CODEC_COUNT ? names[codec].name : "";
}

bool sdp_codec_is_video(enum sdp_codec codec)
{
    return codec >= SDP_VP8 && codec < SDP_CODEC_COUNT;
}

/* A parameter as it is or by its default. */
static struct sdp_text parameter(struct sdp_text fmtp, const char *key, const char *otherwise)
{
    struct sdp_text value;
    if (sdp_text_parameter(fmtp, key, &value))
        return value;
    return sdp_text_of(otherwise, strlen(otherwise));
}

/* Profile and its constraints are the first four digits (RFC 6184 8.1); the level is asymmetric. */
static bool h264_profile_fits(struct sdp_text a, struct sdp_text b)
{
    return a.len == 6 && b.len == 6 && strncasecmp(a.at, b.at, 4) == 0;
}

static bool parameters_fit(const struct sdp_codec_entry *e, struct sdp_text fmtp)
{
    struct sdp_text own = sdp_text_of(e->fmtp, strlen(e->fmtp));
    switch (e->codec) {
    case SDP_H264:
        return sdp_text_equal(parameter(fmtp, "packetization-mode", "0"),
                              parameter(own, "packetization-mode", "0")) &&
               h264_profile_fits(parameter(fmtp, "profile-level-id", "420010"),
                                 parameter(own, "profile-level-id", "420010"));
    case SDP_VP9:
        return sdp_text_equal(parameter(fmtp, "profile-id", "0"),
                              parameter(own, "profile-id", "0"));
    case SDP_AV1:
        return sdp_text_is(parameter(fmtp, "profile", "0"), "0");
    case SDP_H265:
        return sdp_text_is(parameter(fmtp, "profile-id", "1"), "1");
    default:
        return true;
    }
}

static bool is_opus(const struct sdp_section *s, uint64_t pt)
{
    const struct sdp_format *f = pt < 128 ? sdp_format_by_pt(s, (uint8_t)pt) : NULL;
    return f && sdp_text_is_nocase(f->name, "opus") && f->clock == 48000 && f->channels == 2;
}

/* "111/111": every generation must be Opus. */
static bool red_of_opus(const struct sdp_section *s, struct sdp_text fmtp)
{
    if (fmtp.len == 0)
        return false;
    while (fmtp.len) {
        uint64_t pt;
        if (!sdp_text_number(sdp_text_cut(&fmtp, '/'), 127, &pt) || !is_opus(s, pt))
            return false;
    }
    return true;
}

const struct sdp_codec_entry *sdp_codec_entry_of(const struct sdp_section *s,
                                                 const struct sdp_format *f)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct sdp_codec_entry *e = &table[i];
        if (sdp_codec_is_video(e->codec) == (s->kind == SDP_VIDEO) &&
            sdp_text_is_nocase(f->name, names[e->codec].name) && f->clock == e->clock &&
            f->channels == e->channels && parameters_fit(e, f->fmtp) &&
            (e->codec != SDP_RED || red_of_opus(s, f->fmtp)))
            return e;
    }
    return NULL;
}

enum sdp_codec sdp_codec_of(const struct sdp_section *s, const struct sdp_format *f)
{
    const struct sdp_codec_entry *e = sdp_codec_entry_of(s, f);
    return e ? e->codec : SDP_CODEC_UNKNOWN;
}

uint8_t sdp_rtx_of(const struct sdp_section *s, uint8_t pt)
{
    for (uint32_t i = 0; i < s->format_count; i++) {
        const struct sdp_format *f = &s->formats[i];
        struct sdp_text apt;
        uint64_t v;
        if (sdp_text_is_nocase(f->name, "rtx") && sdp_text_parameter(f->fmtp, "apt", &apt) &&
            sdp_text_number(apt, 127, &v) && v == pt)
            return f->pt;
    }
    return 0;
}
