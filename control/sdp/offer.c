/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/offer.h"

#include "control/sdp/agree.h"

#include <stdio.h>
#include <string.h>

static void attach(struct sdp_offer_section *s, enum sdp_kind kind, uint64_t owner,
                   const struct sdp_sending *sending)
{
    s->kind = kind;
    s->active = true;
    s->owner = owner;
    s->sending = *sending;
}

int sdp_offer_attach(struct sdp_offer_table *t, enum sdp_kind kind, uint64_t owner,
                     const struct sdp_sending *sending)
{
    int i = sdp_offer_find(t, owner);
    for (uint32_t k = 0; i < 0 && k < t->count; k++)
        if (!t->sections[k].active && t->sections[k].kind == kind)
            i = (int)k;
    if (i < 0 && t->count < SDP_OFFER_TRACKS_MAX)
        i = (int)t->count++;
    if (i >= 0)
        attach(&t->sections[i], kind, owner, sending);
    return i;
}

bool sdp_offer_detach(struct sdp_offer_table *t, uint64_t owner)
{
    int i = sdp_offer_find(t, owner);
    if (i >= 0)
        t->sections[i].active = false;
    return i >= 0;
}

int sdp_offer_find(const struct sdp_offer_table *t, uint64_t owner)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->sections[i].active && t->sections[i].owner == owner)
            return (int)i;
    return -1;
}

static void mid_of(uint32_t section, char mid[static SDP_MID_MAX])
{
    snprintf(mid, SDP_MID_MAX, "%u", section + 1);
}

static bool offered(const struct sdp_codec_entry *e, const struct sdp_policy *policy,
                    enum sdp_kind kind)
{
    return e->offered && sdp_codec_is_video(e->codec) == (kind == SDP_VIDEO) &&
           (policy->enabled & 1u << e->codec) &&
           !(e->codec == SDP_RED && policy->no_red_downstream);
}

/* Id of a header extension in our offers, 0: not offered. */
static uint8_t extension_id(enum sdp_extension ext, const struct sdp_policy *policy,
                            enum sdp_kind kind)
{
    bool video = kind == SDP_VIDEO;
    switch (ext) {
    case SDP_EXT_DEPENDENCY_DESCRIPTOR:
        return video ? 1 : 0;
    case SDP_EXT_ABS_CAPTURE_TIME:
        return 2;
    case SDP_EXT_ABS_SEND_TIME:
        return video && !policy->send_side_bwe ? 3 : 0;
    case SDP_EXT_TRANSPORT_CC:
        return video && policy->send_side_bwe ? 3 : 0;
    case SDP_EXT_PLAYOUT_DELAY:
        return video && policy->playout_delay ? 4 : 0;
    default:
        return 0;
    }
}

static uint8_t feedback_of(const struct sdp_codec_entry *e, const struct sdp_policy *policy,
                           const struct sdp_sending *sending)
{
    if (sdp_codec_is_video(e->codec))
        return (uint8_t)(SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR |
                         (policy->send_side_bwe ? SDP_FB_TRANSPORT_CC : SDP_FB_REMB));
    return e->codec == SDP_RED || (e->codec == SDP_OPUS && sending->red) ? 0 : SDP_FB_NACK;
}

static void write_codec(struct sdp_writer *w, const struct sdp_codec_entry *e, uint8_t feedback,
                        const char *more)
{
    sdp_write(w, "a=rtpmap:%u %s/%u%s\r\n", e->pt, sdp_codec_name(e->codec), e->clock,
              e->channels == 2 ? "/2" : "");
    if (e->fmtp[0])
        sdp_write(w, "a=fmtp:%u %s%s\r\n", e->pt, e->fmtp, more);
    sdp_write_feedback(w, e->pt, feedback);
    if (e->rtx_pt)
        sdp_write(w, "a=rtpmap:%u rtx/%u\r\na=fmtp:%u apt=%u\r\n", e->rtx_pt, e->clock, e->rtx_pt,
                  e->pt);
}

static void write_codecs(struct sdp_writer *w, const struct sdp_offer_section *s,
                         const struct sdp_policy *policy)
{
    size_t count;
    const struct sdp_codec_entry *table = sdp_codec_table(&count);
    for (size_t i = 0; i < count; i++) {
        bool stereo = table[i].codec == SDP_OPUS && s->active && s->sending.stereo;
        if (offered(&table[i], policy, s->kind))
            write_codec(w, &table[i], feedback_of(&table[i], policy, &s->sending),
                        stereo ? ";sprop-stereo=1" : "");
    }
}

static void write_media_line(struct sdp_writer *w, enum sdp_kind kind,
                             const struct sdp_policy *policy)
{
    size_t count;
    const struct sdp_codec_entry *table = sdp_codec_table(&count);
    sdp_write(w, "m=%s 9 UDP/TLS/RTP/SAVPF", kind == SDP_VIDEO ? "video" : "audio");
    for (size_t i = 0; i < count; i++) {
        if (!offered(&table[i], policy, kind))
            continue;
        sdp_write(w, " %u", table[i].pt);
        if (table[i].rtx_pt)
            sdp_write(w, " %u", table[i].rtx_pt);
    }
    sdp_write(w, "\r\nc=IN IP4 0.0.0.0\r\n");
}

static void write_track(struct sdp_writer *w, const struct sdp_offer_section *s, uint32_t index,
                        const struct sdp_local *local, const struct sdp_policy *policy)
{
    char mid[SDP_MID_MAX];
    mid_of(index, mid);
    write_media_line(w, s->kind, policy);
    sdp_write(w, "a=setup:actpass\r\na=mid:%s\r\n", mid);
    sdp_write_credentials(w, local);
    sdp_write(w, "a=rtcp-mux\r\na=rtcp-rsize\r\n");
    write_codecs(w, s, policy);
    for (enum sdp_extension ext = 0; ext < SDP_EXT_COUNT; ext++) {
        uint8_t id = extension_id(ext, policy, s->kind);
        if (id)
            sdp_write(w, "a=extmap:%u %s\r\n", id, sdp_extension_uri(ext));
    }
    if (s->active)
        sdp_write_sending(w, &s->sending, s->sending.rtx_ssrc != 0);
    sdp_write(w, "a=%s\r\n", s->active ? "sendrecv" : "recvonly");
}

bool sdp_offer(struct sdp_offer_table *t, const struct sdp_local *local,
               const struct sdp_policy *policy, struct sdp_writer *w)
{
    sdp_write_session(w, local, true);
    sdp_write(w, "a=group:BUNDLE 0");
    for (uint32_t i = 0; i < t->count; i++)
        sdp_write(w, " %u", i + 1);
    sdp_write(w, "\r\n");
    sdp_write_data(w, local, "0", "actpass");
    sdp_write_candidates(w, local);
    for (uint32_t i = 0; i < t->count; i++) {
        struct sdp_offer_section *s = &t->sections[i];
        write_track(w, s, i, local, policy);
        s->offered = s->active ? s->owner : 0;
    }
    t->offered_count = t->count;
    return !w->bad;
}

void sdp_offer_tracks(const struct sdp_offer_table *t,
                      void (*each)(void *arg, const char *mid, const char *sid), void *arg)
{
    for (uint32_t i = 0; i < t->count; i++) {
        char mid[SDP_MID_MAX];
        mid_of(i, mid);
        if (t->sections[i].active)
            each(arg, mid, t->sections[i].sending.track_sid);
    }
}

/* Only numbers that we offered count. */
static bool ours(const struct sdp_match *m, const struct sdp_policy *policy, enum sdp_kind kind)
{
    size_t count;
    const struct sdp_codec_entry *table = sdp_codec_table(&count);
    for (size_t i = 0; i < count; i++)
        if (table[i].pt == m->format.pt && table[i].codec == m->codec &&
            (m->rtx_pt == 0 || m->rtx_pt == table[i].rtx_pt))
            return offered(&table[i], policy, kind);
    return false;
}

static void keep_own_extensions(struct sdp_extensions *x, const struct sdp_policy *policy,
                                enum sdp_kind kind)
{
    struct sdp_extensions kept = {0}, given = *x;
    for (enum sdp_extension ext = 0; ext < SDP_EXT_COUNT; ext++) {
        uint8_t id = extension_id(ext, policy, kind);
        if (id && sdp_extensions_get(&given, ext) == id)
            sdp_extensions_put(&kept, ext, id);
    }
    *x = kept;
}

static void take_track(const struct sdp_offer_section *offer, const struct sdp_section *s,
                       const struct sdp_policy *policy, struct sdp_negotiated *n)
{
    struct sdp_plan plan = {.role = SDP_ROLE_SEND, .sending = offer->sending};
    struct sdp_match match[SDP_PAYLOADS_MAX];
    uint32_t count = sdp_agree_formats(s, policy, &plan, match), kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (ours(&match[i], policy, offer->kind))
            match[kept++] = match[i];
    if (!sdp_section_lives(s) || kept == 0)
        return;
    n->rejected = false;
    if (offer->active && offer->offered == offer->owner && sdp_section_receives(s))
        n->direction = SDP_SENDONLY;
    sdp_agree_facts(s, policy, &plan, match, kept, n);
    keep_own_extensions(&n->extensions, policy, offer->kind);
}

/* Rejected until the answer says otherwise; what was not offered is neither. */
static void clear_facts(struct sdp_negotiated *n, enum sdp_kind kind, uint32_t index, bool answered)
{
    *n = (struct sdp_negotiated){.kind = kind, .direction = SDP_INACTIVE, .rejected = answered};
    mid_of(index, n->mid);
}

static bool fail(struct sdp_error *e, const char *reason)
{
    *e = (struct sdp_error){0};
    snprintf(e->reason, sizeof e->reason, "%s", reason);
    return false;
}

/* The same sections in the same order (RFC 3264 6). */
static bool fits_offer(const struct sdp_offer_table *t, const struct sdp_description *answer)
{
    if (answer->section_count != t->offered_count + 1)
        return false;
    if (!sdp_text_is(answer->sections[0].mid, "0") || answer->sections[0].kind != SDP_DATA)
        return false;
    for (uint32_t i = 0; i < t->offered_count; i++) {
        char mid[SDP_MID_MAX];
        mid_of(i, mid);
        const struct sdp_section *s = &answer->sections[i + 1];
        if (!sdp_text_is(s->mid, mid) || s->kind != t->sections[i].kind)
            return false;
    }
    return true;
}

bool sdp_offer_apply(const struct sdp_offer_table *t, const struct sdp_policy *policy,
                     const struct sdp_description *answer, struct sdp_negotiated *facts,
                     struct sdp_remote *remote, struct sdp_error *e)
{
    if (!fits_offer(t, answer))
        return fail(e, "answer has other sections than the offer");
    if (!sdp_remote_of(answer, remote, e))
        return false;
    for (uint32_t i = 0; i < t->count; i++) {
        clear_facts(&facts[i], t->sections[i].kind, i, i < t->offered_count);
        if (i < t->offered_count)
            take_track(&t->sections[i], &answer->sections[i + 1], policy, &facts[i]);
    }
    return true;
}
