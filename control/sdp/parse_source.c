/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8830 (msid), RFC 5576 (ssrc, ssrc-group), RFC 8851 (rid), RFC 8853 (simulcast). */
#include "control/sdp/parse.h"

#include <string.h>

static bool msid(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_section *s = p->section;
    if (s->track_id.len) /* one track, several streams: the first is its home */
        return true;
    s->stream_id = sdp_text_cut(&value, ' ');
    s->track_id = sdp_text_cut(&value, ' ');
    return true;
}

static struct sdp_source *source_by_ssrc(struct sdp_section *s, uint32_t ssrc)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        if (s->sources[i].ssrc == ssrc || s->sources[i].rtx_ssrc == ssrc)
            return &s->sources[i];
    return NULL;
}

static struct sdp_source *add_source(struct sdp_parser *p, uint32_t ssrc)
{
    struct sdp_section *s = p->section;
    struct sdp_source *known = source_by_ssrc(s, ssrc);
    if (known)
        return known;
    if (s->source_count == SDP_SSRCS_MAX) {
        sdp_parse_fail(p, "ssrc: too many");
        return NULL;
    }
    s->sources[s->source_count] = (struct sdp_source){.ssrc = ssrc};
    return &s->sources[s->source_count++];
}

static bool ssrc_number(struct sdp_text t, uint32_t *ssrc)
{
    uint64_t v;
    if (!sdp_text_number(t, UINT32_MAX, &v) || v == 0)
        return false;
    *ssrc = (uint32_t)v;
    return true;
}

static bool ssrc(struct sdp_parser *p, struct sdp_text value)
{
    uint32_t number;
    if (!ssrc_number(sdp_text_cut(&value, ' '), &number))
        return sdp_parse_fail(p, "ssrc: not a number");
    return add_source(p, number) != NULL;
}

static void remove_source(struct sdp_section *s, uint32_t ssrc)
{
    for (uint32_t i = 0; i < s->source_count; i++) {
        if (s->sources[i].ssrc == ssrc) {
            s->source_count--;
            memmove(&s->sources[i], &s->sources[i + 1], (s->source_count - i) * sizeof *s->sources);
            return;
        }
    }
}

static bool ssrc_group(struct sdp_parser *p, struct sdp_text value)
{
    if (!sdp_text_skip(&value, "FID "))
        return true;
    uint32_t primary, rtx;
    if (!ssrc_number(sdp_text_cut(&value, ' '), &primary) ||
        !ssrc_number(sdp_text_cut(&value, ' '), &rtx) || primary == rtx)
        return sdp_parse_fail(p, "ssrc-group: not two numbers");
    remove_source(p->section, rtx);
    struct sdp_source *s = add_source(p, primary);
    if (s && s->ssrc == primary)
        s->rtx_ssrc = rtx;
    return s != NULL;
}

static bool rid_name(struct sdp_text t)
{
    if (t.len == 0 || t.len >= SDP_RID_MAX)
        return false;
    for (uint32_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

static struct sdp_rid *rid_by_id(struct sdp_section *s, struct sdp_text id)
{
    for (uint32_t i = 0; i < s->rid_count; i++)
        if (sdp_text_equal(s->rids[i].id, id))
            return &s->rids[i];
    return NULL;
}

static bool rid(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_section *s = p->section;
    struct sdp_text id = sdp_text_cut(&value, ' ');
    if (!rid_name(id))
        return sdp_parse_fail(p, "rid: not an id of 1 to 15 letters and digits");
    if (rid_by_id(s, id))
        return sdp_parse_fail(p, "rid: used twice");
    if (s->rid_count == SDP_RIDS_MAX)
        return sdp_parse_fail(p, "rid: too many");
    s->rids[s->rid_count++] =
        (struct sdp_rid){.id = id, .send = sdp_text_is(sdp_text_cut(&value, ' '), "send")};
    return true;
}

static bool simulcast(struct sdp_parser *p, struct sdp_text value)
{
    value = sdp_text_trim(value);
    while (value.len) {
        struct sdp_text direction = sdp_text_cut(&value, ' ');
        struct sdp_text ids = sdp_text_cut(&value, ' ');
        if (sdp_text_is(direction, "send"))
            p->simulcast = ids;
    }
    return true;
}

bool sdp_parse_source(struct sdp_parser *p, struct sdp_text name, struct sdp_text value,
                      bool *known)
{
    static const struct sdp_attribute table[] = {
        {"msid", msid}, {"ssrc", ssrc},           {"ssrc-group", ssrc_group},
        {"rid", rid},   {"simulcast", simulcast},
    };
    return sdp_parse_attribute(p, table, sizeof table / sizeof *table, name, value, known);
}

/* The order of layers is that of a=simulcast. Of alternatives ("a,b") the first counts; "~a" begins
 * paused, which is no matter to us. */
void sdp_finish_rids(struct sdp_parser *p)
{
    struct sdp_section *s = p->section;
    struct sdp_text layers = p->simulcast;
    uint32_t sorted = 0;
    while (layers.len) {
        struct sdp_text alternatives = sdp_text_cut(&layers, ';');
        struct sdp_text id = sdp_text_cut(&alternatives, ',');
        sdp_text_skip(&id, "~");
        struct sdp_rid *r = rid_by_id(s, id);
        if (!r || r < &s->rids[sorted])
            continue;
        struct sdp_rid first = *r;
        *r = s->rids[sorted];
        s->rids[sorted++] = first;
    }
    if (sorted)
        s->rid_count = (uint16_t)sorted;
}
