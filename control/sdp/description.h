/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session description (RFC 8866) as browsers and libwebrtc write it (RFC 8829), in a structure of
 * fixed size. Texts point into the parsed bytes: the caller keeps these as long as the description.
 *
 * The structure is large (about 1 MiB): make one at start and use it again for each description.
 */
#ifndef SLUICE_CONTROL_SDP_DESCRIPTION_H
#define SLUICE_CONTROL_SDP_DESCRIPTION_H

#include "control/sdp/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More of anything is refused. A Chromium video section takes 5.5 KiB, an audio section 1 KiB. */
#define SDP_SIZE_MAX     (1024 * 1024)
#define SDP_LINE_MAX     4096
#define SDP_SECTIONS_MAX 256
#define SDP_CODECS_MAX   64 /* per section */
#define SDP_EXTMAPS_MAX  32
#define SDP_RIDS_MAX     8
#define SDP_SSRCS_MAX    16
#define SDP_MID_MAX      16  /* with NUL */
#define SDP_RID_MAX      16  /* with NUL */
#define SDP_ICE_MAX      257 /* with NUL: RFC 8839 allows 256 characters */

#define SDP_FINGERPRINT_SIZE 32

enum sdp_kind {
    SDP_OTHER, /* a protocol or medium that is always rejected */
    SDP_AUDIO,
    SDP_VIDEO,
    SDP_DATA, /* SCTP over DTLS */
};

enum sdp_direction {
    SDP_SENDRECV, /* the default, RFC 8866 6.7 */
    SDP_SENDONLY,
    SDP_RECVONLY,
    SDP_INACTIVE,
};

enum sdp_setup {
    SDP_SETUP_NONE, /* no such line */
    SDP_SETUP_ACTPASS,
    SDP_SETUP_ACTIVE,
    SDP_SETUP_PASSIVE,
};

/* a=rtcp-fb, as a set. */
enum sdp_feedback {
    SDP_FB_NACK = 1,
    SDP_FB_PLI = 2, /* nack pli */
    SDP_FB_FIR = 4, /* ccm fir */
    SDP_FB_REMB = 8,
    SDP_FB_TRANSPORT_CC = 16,
};

/* One payload type of an m-line. */
struct sdp_format {
    uint8_t pt;
    uint8_t channels; /* 1 if not said */
    uint8_t feedback; /* enum sdp_feedback; those for "*" are included */
    uint32_t clock;
    struct sdp_text name; /* "VP8"; empty: no rtpmap, and not a static type we know */
    struct sdp_text fmtp;
};

struct sdp_extmap {
    uint8_t id;        /* 1..255 */
    uint8_t direction; /* enum sdp_direction of the offerer */
    struct sdp_text uri;
};

struct sdp_rid {
    struct sdp_text id;
    bool send; /* else recv */
};

struct sdp_source {
    uint32_t ssrc;
    uint32_t rtx_ssrc; /* from ssrc-group:FID, 0: none */
};

/* ICE credentials and certificate; of the session level where the section has none of its own. */
struct sdp_transport {
    struct sdp_text ufrag, pwd;
    bool has_fingerprint;
    uint8_t fingerprint[SDP_FINGERPRINT_SIZE]; /* SHA-256 */
    enum sdp_setup setup;
    bool ice_lite;
};

struct sdp_section {
    enum sdp_kind kind;
    enum sdp_direction direction;
    uint16_t port;
    bool bundled; /* its mid is in a=group:BUNDLE */
    bool rtcp_mux;
    bool bundle_only;
    bool extmap_allow_mixed;
    struct sdp_text media, protocol; /* of the m-line, for the rejection */
    struct sdp_text first_format;    /* likewise */
    struct sdp_text mid;
    struct sdp_text stream_id, track_id; /* a=msid; empty: none */
    struct sdp_transport transport;
    uint16_t sctp_port;        /* data: 0 if not said */
    uint32_t max_message_size; /* data: 65536 if not said (RFC 8841), 0: any */
    uint32_t candidates;       /* how many lines */
    bool end_of_candidates;
    uint16_t format_count, extmap_count, rid_count, source_count;
    struct sdp_format formats[SDP_CODECS_MAX];
    struct sdp_extmap extmaps[SDP_EXTMAPS_MAX];
    struct sdp_rid rids[SDP_RIDS_MAX];        /* in a=simulcast order, else as listed */
    struct sdp_source sources[SDP_SSRCS_MAX]; /* media only, in order; RTX is in its primary */
};

struct sdp_description {
    bool extmap_allow_mixed;
    uint32_t section_count;
    struct sdp_section sections[SDP_SECTIONS_MAX];
};

struct sdp_error {
    uint32_t line;    /* from 1; 0: about the whole */
    char reason[120]; /* for the log: "fingerprint: only sha-256 is supported" */
};

/* Reads a whole description. False with *e filled if it is malformed, exceeds a limit above or
 * lacks what a transport needs (see sdp_remote_of() in remote.h for the credentials themselves).
 * Unknown attributes are skipped. Lines end in CRLF or LF. */
bool sdp_parse(struct sdp_description *d, const char *text, size_t len, struct sdp_error *e);

/* NULL if there is none. */
const struct sdp_section *sdp_section_by_mid(const struct sdp_description *d, struct sdp_text mid);
const struct sdp_format *sdp_format_by_pt(const struct sdp_section *s, uint8_t pt);

/* The offerer may send (receive) in this section. */
bool sdp_section_sends(const struct sdp_section *s);
bool sdp_section_receives(const struct sdp_section *s);

/* It is bundled, and not rejected by the offerer (port 0 without bundle-only). */
bool sdp_section_lives(const struct sdp_section *s);

#endif
