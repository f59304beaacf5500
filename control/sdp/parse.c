/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/parse.h"

#include <stdio.h>
#include <string.h>

bool sdp_parse_fail(struct sdp_parser *p, const char *reason)
{
    p->error->line = p->line;
    snprintf(p->error->reason, sizeof p->error->reason, "%s", reason);
    return false;
}

bool sdp_parse_attribute(struct sdp_parser *p, const struct sdp_attribute *table, size_t count,
                         struct sdp_text name, struct sdp_text value, bool *known)
{
    for (size_t i = 0; i < count; i++) {
        if (sdp_text_is(name, table[i].name)) {
            *known = true;
            return table[i].parse(p, value);
        }
    }
    *known = false;
    return true;
}

/* Session level: only the direction matters here; all else is about the transport. */
static bool session_attribute(struct sdp_parser *p, struct sdp_text name)
{
    static const char *const directions[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
        if (sdp_text_is(name, directions[i]))
            p->direction = (enum sdp_direction)i;
    if (sdp_text_is(name, "extmap-allow-mixed"))
        p->d->extmap_allow_mixed = true;
    return true;
}

static bool attribute(struct sdp_parser *p, struct sdp_text value)
{
    static bool (*const parsers[])(struct sdp_parser *, struct sdp_text, struct sdp_text,
                                   bool *) = {sdp_parse_format, sdp_parse_source, sdp_parse_media};
    struct sdp_text name = sdp_text_cut(&value, ':');
    bool known;
    if (!sdp_parse_transport(p, name, value, &known))
        return false;
    if (known)
        return true;
    if (!p->section)
        return session_attribute(p, name);
    for (size_t i = 0; i < sizeof parsers / sizeof *parsers && !known; i++)
        if (!parsers[i](p, name, value, &known))
            return false;
    return true;
}

static bool section_end(struct sdp_parser *p)
{
    if (!p->section)
        return true;
    if (p->section->mid.len == 0)
        return sdp_parse_fail(p, "section without mid");
    sdp_finish_formats(p);
    sdp_finish_rids(p);
    return true;
}

/* Attributes are ASCII (what we repeat of them goes into protobuf strings); names may be UTF-8. */
static bool characters(struct sdp_text line)
{
    bool ascii = line.len && (line.at[0] == 'a' || line.at[0] == 'm');
    for (uint32_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f || (ascii && c > 0x7f))
            return false;
    }
    return true;
}

static bool parse_line(struct sdp_parser *p, struct sdp_text line)
{
    if (line.len > SDP_LINE_MAX)
        return sdp_parse_fail(p, "line too long");
    if (!characters(line))
        return sdp_parse_fail(p, "control or non-ASCII character");
    if (line.len < 2 || line.at[1] != '=')
        return sdp_parse_fail(p, "not a type=value line");
    if (p->line == 1 && !sdp_text_is(line, "v=0"))
        return sdp_parse_fail(p, "does not begin with v=0");
    struct sdp_text value = sdp_text_of(line.at + 2, line.len - 2);
    switch (line.at[0]) {
    case 'm':
        return section_end(p) && sdp_parse_section(p, value);
    case 'a':
        return attribute(p, value);
    default:
        return true;
    }
}

static bool parse_lines(struct sdp_parser *p, struct sdp_text rest)
{
    while (rest.len) {
        struct sdp_text line = sdp_text_cut(&rest, '\n');
        p->line++;
        if (line.len && line.at[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0 && rest.len == 0)
            break;
        if (!parse_line(p, line))
            return false;
    }
    return section_end(p);
}

static void mark_bundled(struct sdp_parser *p)
{
    struct sdp_text mids = p->bundle;
    while (mids.len) {
        struct sdp_text mid = sdp_text_cut(&mids, ' ');
        for (uint32_t i = 0; i < p->d->section_count; i++)
            if (sdp_text_equal(p->d->sections[i].mid, mid))
                p->d->sections[i].bundled = true;
    }
    /* A lone section needs no group. */
    if (!p->has_bundle && p->d->section_count == 1)
        p->d->sections[0].bundled = true;
}

static bool finish(struct sdp_parser *p)
{
    mark_bundled(p);
    for (uint32_t i = 0; i < p->d->section_count; i++) {
        const struct sdp_section *s = &p->d->sections[i];
        if (sdp_section_lives(s) && !s->transport.has_fingerprint && p->foreign_hash) {
            p->line = p->foreign_hash;
            return sdp_parse_fail(p, "fingerprint: only sha-256 is supported");
        }
    }
    return true;
}

bool sdp_parse(struct sdp_description *d, const char *text, size_t len, struct sdp_error *e)
{
    struct sdp_parser p = {.d = d, .error = e};
    d->section_count = 0;
    d->extmap_allow_mixed = false;
    *e = (struct sdp_error){0};
    if (len > SDP_SIZE_MAX)
        return sdp_parse_fail(&p, "description too large");
    if (len == 0)
        return sdp_parse_fail(&p, "description is empty");
    return parse_lines(&p, sdp_text_of(text, len)) && finish(&p);
}
