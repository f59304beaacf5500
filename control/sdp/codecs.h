/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codecs that this server forwards: their names, default payload types and profiles, and how
 * formats of a description are recognised as one of them.
 */
#ifndef SLUICE_CONTROL_SDP_CODECS_H
#define SLUICE_CONTROL_SDP_CODECS_H

#include "control/sdp/description.h"

/* Same numbers as sluice.link.Codec. */
enum sdp_codec {
    SDP_CODEC_UNKNOWN,
    SDP_OPUS,
    SDP_RED, /* RFC 2198 of Opus */
    SDP_PCMU,
    SDP_PCMA,
    SDP_VP8,
    SDP_VP9,
    SDP_H264,
    SDP_AV1,
    SDP_H265,
    SDP_CODEC_COUNT,
};

/* A set of codecs: bit 1 << codec. */
typedef uint32_t sdp_codec_set;

#define SDP_CODECS_ALL ((sdp_codec_set)((1u << SDP_CODEC_COUNT) - 2))

/* A line of the server's own table: what it offers, in order of preference. */
struct sdp_codec_entry {
    enum sdp_codec codec;
    uint8_t pt, rtx_pt; /* rtx_pt 0: none */
    uint8_t channels;
    uint32_t clock;
    const char *fmtp; /* "" : none */
    bool offered;     /* in own offers; else only accepted from publishers */
};

const struct sdp_codec_entry *sdp_codec_table(size_t *count);

/* "video/VP8" or "VP8", any case. SDP_CODEC_UNKNOWN for others, also for "video/rtx". */
enum sdp_codec sdp_codec_by_mime(const char *mime);

/* "video/VP8", as in TrackInfo.mime_type; "" for SDP_CODEC_UNKNOWN. */
const char *sdp_codec_mime(enum sdp_codec codec);

/* "VP8", as in a=rtpmap. */
const char *sdp_codec_name(enum sdp_codec codec);
bool sdp_codec_is_video(enum sdp_codec codec);

/* The entry that `f` of section s matches: NULL if none fits.
 * See sdp_codec_of() for what is compared. */
const struct sdp_codec_entry *sdp_codec_entry_of(const struct sdp_section *s,
                                                 const struct sdp_format *f);

/* What `f` of section s is, SDP_CODEC_UNKNOWN if no entry of the table fits (name, clock, channels,
 * and for H264 packetization-mode and profile, VP9 profile-id, AV1 profile). RED only if it is
 * RED of an Opus format of the section. */
enum sdp_codec sdp_codec_of(const struct sdp_section *s, const struct sdp_format *f);

/* The payload type of the RTX format whose apt is pt, 0: none. */
uint8_t sdp_rtx_of(const struct sdp_section *s, uint8_t pt);

#endif
