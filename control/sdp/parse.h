/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the parser: its state, and the attributes by what they are about. An attribute function
 * returns false after it has called sdp_parse_fail().
 */
#ifndef SLUICE_CONTROL_SDP_PARSE_H
#define SLUICE_CONTROL_SDP_PARSE_H

#include "control/sdp/description.h"

struct sdp_parser {
    struct sdp_description *d;
    struct sdp_section *section;  /* NULL: session level */
    struct sdp_transport session; /* defaults of the session level */
    enum sdp_direction direction; /* likewise */
    struct sdp_text bundle;       /* the mids of a=group:BUNDLE */
    bool has_bundle;
    uint32_t foreign_hash;     /* line of a fingerprint that is not SHA-256 */
    uint8_t any_feedback;      /* a=rtcp-fb:* of this section */
    struct sdp_text simulcast; /* the ids of "send" in a=simulcast of this section */
    uint32_t line;
    struct sdp_error *error;
};

/* Records the reason for the current line; always false. */
bool sdp_parse_fail(struct sdp_parser *p, const char *reason);

struct sdp_attribute {
    const char *name;
    bool (*parse)(struct sdp_parser *p, struct sdp_text value);
};

/* Runs the function of the attribute in the table; *known tells whether there is one. */
bool sdp_parse_attribute(struct sdp_parser *p, const struct sdp_attribute *table, size_t count,
                         struct sdp_text name, struct sdp_text value, bool *known);

/* parse_transport.c: ice-*, fingerprint, setup, candidate, group; both levels. */
bool sdp_parse_transport(struct sdp_parser *p, struct sdp_text name, struct sdp_text value,
                         bool *known);

/* parse_media.c: the m-line, and what describes the section. */
bool sdp_parse_section(struct sdp_parser *p, struct sdp_text value);
bool sdp_parse_media(struct sdp_parser *p, struct sdp_text name, struct sdp_text value,
                     bool *known);

/* parse_format.c: rtpmap, fmtp, rtcp-fb, extmap. */
bool sdp_parse_format(struct sdp_parser *p, struct sdp_text name, struct sdp_text value,
                      bool *known);

/* parse_source.c: rid, simulcast, ssrc, ssrc-group, msid. */
bool sdp_parse_source(struct sdp_parser *p, struct sdp_text name, struct sdp_text value,
                      bool *known);

/* After the last line of a section: what depends on several lines. */
void sdp_finish_formats(struct sdp_parser *p);
void sdp_finish_rids(struct sdp_parser *p);

#endif
