/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/answer.h"

#include "control/sdp/agree.h"

#include <stdio.h>
#include <string.h>

enum sdp_role sdp_default_role(const struct sdp_section *s)
{
    if (!sdp_section_lives(s) || s->kind == SDP_OTHER)
        return SDP_ROLE_REJECT;
    if (s->kind == SDP_DATA)
        return SDP_ROLE_DATA;
    if (sdp_section_sends(s))
        return SDP_ROLE_PUBLISH;
    return sdp_section_receives(s) ? SDP_ROLE_IDLE : SDP_ROLE_ENDED;
}

/* What the offer allows of the role that was planned. */
static enum sdp_role possible_role(const struct sdp_section *s, enum sdp_role planned)
{
    enum sdp_role natural = sdp_default_role(s);
    if (natural == SDP_ROLE_REJECT || planned == SDP_ROLE_REJECT)
        return SDP_ROLE_REJECT;
    if (natural == SDP_ROLE_DATA || planned == SDP_ROLE_DATA)
        return natural == planned ? SDP_ROLE_DATA : SDP_ROLE_REJECT;
    if (!s->rtcp_mux)
        return SDP_ROLE_REJECT;
    if (planned == SDP_ROLE_PUBLISH)
        return sdp_section_sends(s) ? SDP_ROLE_PUBLISH : SDP_ROLE_ENDED;
    return sdp_section_receives(s) ? planned : SDP_ROLE_ENDED;
}

static enum sdp_direction direction_of(enum sdp_role role)
{
    switch (role) {
    case SDP_ROLE_PUBLISH:
        return SDP_RECVONLY;
    case SDP_ROLE_SEND:
    case SDP_ROLE_IDLE:
        return SDP_SENDONLY;
    case SDP_ROLE_DATA:
        return SDP_SENDRECV;
    default:
        return SDP_INACTIVE;
    }
}

static const char *direction_name(enum sdp_direction d)
{
    static const char *const names[] = {[SDP_SENDRECV] = "sendrecv",
                                        [SDP_SENDONLY] = "sendonly",
                                        [SDP_RECVONLY] = "recvonly",
                                        [SDP_INACTIVE] = "inactive"};
    return names[d];
}

/* The layers that are received, in the order of the offer. Returns their number. */
static uint32_t layers_of(const struct sdp_section *s,
                          const struct sdp_rid *layers[static SDP_ENCODINGS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->rid_count && n < SDP_ENCODINGS_MAX; i++)
        if (s->rids[i].send)
            layers[n++] = &s->rids[i];
    return n;
}

/* Some clients list the highest layer first. */
static void sort_encodings(struct sdp_negotiated *n)
{
    for (uint32_t i = 1; i < n->encoding_count; i++) {
        for (uint32_t k = i; k && sdp_encoding_layer(n, k) < sdp_encoding_layer(n, k - 1); k--) {
            struct sdp_encoding e = n->encodings[k];
            n->encodings[k] = n->encodings[k - 1];
            n->encodings[k - 1] = e;
        }
    }
}

/* By rid if the client simulcasts, else the first stream that it signals. */
static void take_encodings(const struct sdp_section *s, struct sdp_negotiated *n)
{
    const struct sdp_rid *layers[SDP_ENCODINGS_MAX];
    uint32_t count = layers_of(s, layers);
    memset(n->encodings, 0, sizeof n->encodings);
    n->encoding_count = count ? count : 1;
    for (uint32_t i = 0; i < count; i++)
        sdp_text_copy(layers[i]->id, n->encodings[i].rid, sizeof n->encodings[i].rid);
    sort_encodings(n);
    if (count == 0 && s->source_count) {
        n->encodings[0].ssrc = s->sources[0].ssrc;
        n->encodings[0].rtx_ssrc = s->sources[0].rtx_ssrc;
    }
}

static void clear_facts(struct sdp_negotiated *n)
{
    memset(n, 0, offsetof(struct sdp_negotiated, payloads));
    n->extensions = (struct sdp_extensions){0};
    n->encoding_count = 0;
}

/* The section as it will be answered: the plan with a possible role, and its formats. */
struct outcome {
    const struct sdp_section *section;
    struct sdp_plan plan;
    uint32_t match_count;
    struct sdp_match match[SDP_PAYLOADS_MAX];
};

static void decide(const struct sdp_section *s, const struct sdp_policy *policy,
                   const struct sdp_plan *plan, struct outcome *o)
{
    *o = (struct outcome){.section = s, .plan = *plan};
    o->plan.role = possible_role(s, plan->role);
    if (o->plan.role == SDP_ROLE_REJECT || o->plan.role == SDP_ROLE_DATA)
        return;
    o->match_count = sdp_agree_formats(s, policy, &o->plan, o->match);
    if (o->match_count == 0)
        o->plan.role = SDP_ROLE_REJECT;
}

static void take_facts(const struct outcome *o, const struct sdp_policy *policy,
                       struct sdp_negotiated *n)
{
    clear_facts(n);
    sdp_text_copy(o->section->mid, n->mid, sizeof n->mid);
    n->kind = o->section->kind;
    n->direction = direction_of(o->plan.role);
    n->rejected = o->plan.role == SDP_ROLE_REJECT;
    if (n->rejected || n->kind == SDP_DATA)
        return;
    sdp_agree_facts(o->section, policy, &o->plan, o->match, o->match_count, n);
    if (o->plan.role == SDP_ROLE_PUBLISH)
        take_encodings(o->section, n);
}

static void write_rejected(struct sdp_writer *w, const struct sdp_section *s)
{
    sdp_write(w, "m=%.*s 0 %.*s %.*s\r\n", (int)s->media.len, s->media.at, (int)s->protocol.len,
              s->protocol.at, (int)s->first_format.len, s->first_format.at);
    sdp_write(w, "c=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:%.*s\r\n", (int)s->mid.len, s->mid.at);
}

/* Hints to a sender's own bandwidth estimator. */
static bool is_hint(struct sdp_text parameter)
{
    static const char prefix[] = "x-google-";
    size_t len = sizeof prefix - 1;
    return parameter.len >= len && memcmp(parameter.at, prefix, len) == 0;
}

/* As offered. Where we send, without hints: they come in a later offer, and a client's decoder that
 * gets other parameters begins anew and waits for a key frame. */
static void write_parameters(struct sdp_writer *w, const struct sdp_format *f, bool publish)
{
    struct sdp_text left = f->fmtp;
    bool first = true;
    while (left.len) {
        struct sdp_text p = sdp_text_trim(sdp_text_cut(&left, ';'));
        if (p.len == 0 || (!publish && is_hint(p)))
            continue;
        if (first)
            sdp_write(w, "a=fmtp:%u ", f->pt);
        sdp_write(w, "%s%.*s", first ? "" : ";", (int)p.len, p.at);
        first = false;
    }
    if (!first)
        sdp_write(w, "\r\n");
}

/* Opus is answered in our own words, with what the track wants; all else as it was offered. */
static void write_fmtp(struct sdp_writer *w, const struct sdp_match *m, const struct sdp_plan *plan)
{
    const struct sdp_format *f = &m->format;
    if (m->codec == SDP_OPUS) {
        const struct sdp_publishing *p = &plan->publishing;
        bool publish = plan->role == SDP_ROLE_PUBLISH, send = plan->role == SDP_ROLE_SEND;
        sdp_write(w, "a=fmtp:%u minptime=10;useinbandfec=1%s%s%s\r\n", f->pt,
                  publish && p->dtx ? ";usedtx=1" : "",
                  publish && p->stereo ? ";stereo=1;maxaveragebitrate=510000" : "",
                  send && plan->sending.stereo ? ";sprop-stereo=1" : "");
    } else {
        write_parameters(w, f, plan->role == SDP_ROLE_PUBLISH);
    }
}

static void write_format(struct sdp_writer *w, const struct sdp_match *m,
                         const struct sdp_plan *plan)
{
    const struct sdp_format *f = &m->format;
    sdp_write(w, "a=rtpmap:%u %s/%u%s\r\n", f->pt, sdp_codec_name(m->codec), f->clock,
              f->channels == 2 ? "/2" : "");
    write_fmtp(w, m, plan);
    sdp_write_feedback(w, f->pt, m->feedback);
    if (m->rtx_pt)
        sdp_write(w, "a=rtpmap:%u rtx/%u\r\na=fmtp:%u apt=%u\r\n", m->rtx_pt, f->clock, m->rtx_pt,
                  f->pt);
}

static void write_extensions(struct sdp_writer *w, const struct outcome *o,
                             const struct sdp_policy *policy)
{
    sdp_extension_set left = sdp_agree_extensions(o->section, policy, o->plan.role);
    for (uint32_t i = 0; i < o->section->extmap_count; i++) {
        const struct sdp_extmap *x = &o->section->extmaps[i];
        enum sdp_extension ext = sdp_extension_by_uri(x->uri);
        if (ext == SDP_EXT_COUNT || !(left & 1u << ext))
            continue;
        left &= ~(1u << ext);
        const char *direction = x->direction == SDP_SENDONLY   ? "/recvonly"
                                : x->direction == SDP_RECVONLY ? "/sendonly"
                                                               : "";
        sdp_write(w, "a=extmap:%u%s %s\r\n", x->id, direction, sdp_extension_uri(ext));
    }
}

static void write_simulcast(struct sdp_writer *w, const struct sdp_section *s)
{
    const struct sdp_rid *layers[SDP_ENCODINGS_MAX];
    uint32_t count = layers_of(s, layers);
    for (uint32_t i = 0; i < count; i++)
        sdp_write(w, "a=rid:%.*s recv\r\n", (int)layers[i]->id.len, layers[i]->id.at);
    for (uint32_t i = 0; i < count; i++)
        sdp_write(w, "%s%.*s", i ? ";" : "a=simulcast:recv ", (int)layers[i]->id.len,
                  layers[i]->id.at);
    if (count)
        sdp_write(w, "\r\n");
}

static void write_media_line(struct sdp_writer *w, const struct outcome *o)
{
    const struct sdp_section *s = o->section;
    sdp_write(w, "m=%s 9 %.*s", s->kind == SDP_AUDIO ? "audio" : "video", (int)s->protocol.len,
              s->protocol.at);
    for (uint32_t i = 0; i < o->match_count; i++) {
        sdp_write(w, " %u", o->match[i].format.pt);
        if (o->match[i].rtx_pt)
            sdp_write(w, " %u", o->match[i].rtx_pt);
    }
    sdp_write(w, "\r\nc=IN IP4 0.0.0.0\r\n");
}

static bool has_rtx(const struct outcome *o)
{
    for (uint32_t i = 0; i < o->match_count; i++)
        if (o->match[i].rtx_pt)
            return true;
    return false;
}

static void write_media(struct sdp_writer *w, const struct outcome *o,
                        const struct sdp_local *local, const struct sdp_policy *policy,
                        const struct sdp_negotiated *n, const char *setup)
{
    const struct sdp_sending *sending = &o->plan.sending;
    write_media_line(w, o);
    sdp_write(w, "a=setup:%s\r\na=mid:%s\r\n", setup, n->mid);
    sdp_write_credentials(w, local);
    sdp_write(w, "a=rtcp-mux\r\na=rtcp-rsize\r\n");
    for (uint32_t i = 0; i < o->match_count; i++)
        write_format(w, &o->match[i], &o->plan);
    write_extensions(w, o, policy);
    if (o->plan.role == SDP_ROLE_PUBLISH)
        write_simulcast(w, o->section);
    if (o->plan.role == SDP_ROLE_SEND)
        sdp_write_sending(w, sending, sending->rtx_ssrc && has_rtx(o));
    sdp_write(w, "a=%s\r\n", direction_name(n->direction));
}

static void write_section(struct sdp_writer *w, const struct outcome *o,
                          const struct sdp_local *local, const struct sdp_policy *policy,
                          const struct sdp_negotiated *n)
{
    /* The DTLS server unless the client insists on being that. */
    const char *setup = o->section->transport.setup == SDP_SETUP_PASSIVE ? "active" : "passive";
    if (n->rejected)
        write_rejected(w, o->section);
    else if (n->kind == SDP_DATA)
        sdp_write_data(w, local, n->mid, setup);
    else
        write_media(w, o, local, policy, n, setup);
}

static bool write_group(struct sdp_writer *w, const struct sdp_negotiated *facts, uint32_t count)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (facts[i].rejected)
            continue;
        sdp_write(w, live++ == 0 ? "a=group:BUNDLE %s" : " %s", facts[i].mid);
    }
    sdp_write(w, "\r\n");
    return live > 0;
}

static bool fail(struct sdp_error *e, const char *reason)
{
    *e = (struct sdp_error){0};
    snprintf(e->reason, sizeof e->reason, "%s", reason);
    return false;
}

bool sdp_answer(const struct sdp_description *offer, const struct sdp_local *local,
                const struct sdp_policy *policy, const struct sdp_plan *plans, struct sdp_writer *w,
                struct sdp_negotiated *facts, struct sdp_error *e)
{
    struct outcome o;
    for (uint32_t i = 0; i < offer->section_count; i++) {
        decide(&offer->sections[i], policy, &plans[i], &o);
        take_facts(&o, policy, &facts[i]);
    }
    sdp_write_session(w, local, offer->extmap_allow_mixed);
    if (!write_group(w, facts, offer->section_count))
        return fail(e, "no section can be answered");
    bool first = true;
    for (uint32_t i = 0; i < offer->section_count; i++) {
        decide(&offer->sections[i], policy, &plans[i], &o);
        write_section(w, &o, local, policy, &facts[i]);
        if (first && !facts[i].rejected) {
            sdp_write_candidates(w, local);
            first = false;
        }
    }
    return w->bad ? fail(e, "answer does not fit its buffer") : true;
}

void sdp_answer_tracks(const struct sdp_plan *plans, const struct sdp_negotiated *facts,
                       size_t count, void (*each)(void *arg, const char *mid, const char *sid),
                       void *arg)
{
    for (size_t i = 0; i < count; i++)
        if (plans[i].role == SDP_ROLE_SEND && !facts[i].rejected &&
            facts[i].direction == SDP_SENDONLY)
            each(arg, facts[i].mid, plans[i].sending.track_sid);
}
