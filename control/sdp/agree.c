/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/agree.h"

#include <string.h>

#define FB_VIDEO (SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR)

#define EXT(name) (1u << SDP_EXT_##name)

static uint8_t wanted_feedback(const struct sdp_section *s, const struct sdp_policy *policy,
                               const struct sdp_plan *plan)
{
    if (s->kind == SDP_AUDIO) {
        bool without = plan->role == SDP_ROLE_SEND && plan->sending.red;
        return without ? 0 : SDP_FB_NACK;
    }
    switch (plan->role) {
    case SDP_ROLE_PUBLISH:
        return (uint8_t)(FB_VIDEO | SDP_FB_TRANSPORT_CC | (policy->single ? SDP_FB_REMB : 0));
    case SDP_ROLE_SEND:
        return (uint8_t)(FB_VIDEO | (policy->send_side_bwe ? SDP_FB_TRANSPORT_CC : SDP_FB_REMB));
    default: /* open until there is a track */
        return (uint8_t)(FB_VIDEO | SDP_FB_TRANSPORT_CC | SDP_FB_REMB);
    }
}

static bool flows(const struct sdp_extmap *x, enum sdp_role role);

/* We estimate what the client's line carries if it will tell what arrives; else it does. */
static struct sdp_policy fitted(const struct sdp_policy *policy, const struct sdp_section *s,
                                enum sdp_role role)
{
    struct sdp_policy p = *policy;
    bool feedback = false, numbers = false;
    for (uint32_t i = 0; i < s->format_count; i++)
        feedback |= (s->formats[i].feedback & SDP_FB_TRANSPORT_CC) != 0;
    for (uint32_t i = 0; i < s->extmap_count; i++)
        numbers |= sdp_extension_by_uri(s->extmaps[i].uri) == SDP_EXT_TRANSPORT_CC &&
                   flows(&s->extmaps[i], role);
    p.send_side_bwe &= feedback && numbers;
    return p;
}

static enum sdp_codec acceptable(const struct sdp_section *s, const struct sdp_format *f,
                                 const struct sdp_policy *policy, enum sdp_role role)
{
    const struct sdp_codec_entry *e = sdp_codec_entry_of(s, f);
    if (!e || !(policy->enabled & 1u << e->codec))
        return SDP_CODEC_UNKNOWN;
    if (role != SDP_ROLE_PUBLISH &&
        (!e->offered || (e->codec == SDP_RED && policy->no_red_downstream)))
        return SDP_CODEC_UNKNOWN;
    return e->codec;
}

/* Moves all formats of the codec to the front; the order is otherwise kept. Returns their number.
 */
static uint32_t prefer(struct sdp_match *match, uint32_t count, enum sdp_codec codec)
{
    uint32_t front = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (match[i].codec != codec)
            continue;
        struct sdp_match m = match[i];
        memmove(&match[front + 1], &match[front], (i - front) * sizeof *match);
        match[front++] = m;
    }
    return front;
}

static uint32_t order(struct sdp_match *match, uint32_t count, const struct sdp_policy *policy,
                      const struct sdp_section *s, const struct sdp_publishing *p)
{
    if (p->codec == SDP_CODEC_UNKNOWN && !p->red)
        return count;
    enum sdp_codec first = s->kind == SDP_AUDIO && p->red ? SDP_RED : p->codec;
    uint32_t chosen = prefer(match, count, first);
    bool alone = policy->only_chosen_codec && s->kind == SDP_VIDEO && chosen > 0;
    return alone ? chosen : count;
}

uint32_t sdp_agree_formats(const struct sdp_section *s, const struct sdp_policy *policy,
                           const struct sdp_plan *plan, struct sdp_match *match)
{
    struct sdp_policy mine = fitted(policy, s, plan->role);
    uint8_t wanted = wanted_feedback(s, &mine, plan);
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->format_count && count < SDP_PAYLOADS_MAX; i++) {
        const struct sdp_format *f = &s->formats[i];
        enum sdp_codec codec = acceptable(s, f, policy, plan->role);
        if (codec == SDP_CODEC_UNKNOWN)
            continue;
        match[count++] = (struct sdp_match){
            .format = *f,
            .codec = codec,
            .rtx_pt = sdp_codec_is_video(codec) ? sdp_rtx_of(s, f->pt) : 0,
            .feedback = f->feedback & wanted,
        };
    }
    return plan->role == SDP_ROLE_PUBLISH ? order(match, count, policy, s, &plan->publishing)
                                          : count;
}

static sdp_extension_set answered(const struct sdp_policy *policy, enum sdp_role role,
                                  enum sdp_kind kind)
{
    if (kind == SDP_AUDIO)
        return EXT(MID) | EXT(RID) | EXT(AUDIO_LEVEL) | EXT(ABS_CAPTURE_TIME);
    sdp_extension_set set = EXT(MID) | EXT(RID) | EXT(REPAIRED_RID) | EXT(TRANSPORT_CC) |
                            EXT(DEPENDENCY_DESCRIPTOR) | EXT(ABS_CAPTURE_TIME);
    if (policy->single || role != SDP_ROLE_PUBLISH)
        set |= EXT(ABS_SEND_TIME);
    if (policy->playout_delay && role != SDP_ROLE_PUBLISH)
        set |= EXT(PLAYOUT_DELAY);
    return set;
}

/* The offerer's direction must allow the one who sends: RFC 8285 5. */
static bool flows(const struct sdp_extmap *x, enum sdp_role role)
{
    if (role == SDP_ROLE_PUBLISH)
        return x->direction == SDP_SENDRECV || x->direction == SDP_SENDONLY;
    return x->direction == SDP_SENDRECV || x->direction == SDP_RECVONLY;
}

sdp_extension_set sdp_agree_extensions(const struct sdp_section *s, const struct sdp_policy *policy,
                                       enum sdp_role role)
{
    sdp_extension_set offered = 0;
    for (uint32_t i = 0; i < s->extmap_count; i++) {
        enum sdp_extension ext = sdp_extension_by_uri(s->extmaps[i].uri);
        if (ext < SDP_EXT_COUNT && flows(&s->extmaps[i], role))
            offered |= 1u << ext;
    }
    return offered & answered(policy, role, s->kind);
}

sdp_extension_set sdp_used_extensions(const struct sdp_policy *policy, enum sdp_role role,
                                      enum sdp_kind kind)
{
    if (role == SDP_ROLE_PUBLISH)
        return UINT32_MAX;
    if (kind == SDP_AUDIO)
        return EXT(MID) | EXT(ABS_CAPTURE_TIME);
    return EXT(MID) | EXT(DEPENDENCY_DESCRIPTOR) | EXT(ABS_CAPTURE_TIME) | EXT(PLAYOUT_DELAY) |
           (policy->send_side_bwe ? EXT(TRANSPORT_CC) : EXT(ABS_SEND_TIME));
}

static void payload_of(const struct sdp_match *m, struct sdp_payload *p)
{
    *p = (struct sdp_payload){
        .codec = m->codec, .pt = m->format.pt, .rtx_pt = m->rtx_pt, .clock = m->format.clock};
    sdp_text_copy(m->format.fmtp, p->fmtp, sizeof p->fmtp);
}

void sdp_agree_facts(const struct sdp_section *s, const struct sdp_policy *policy,
                     const struct sdp_plan *plan, const struct sdp_match *match, uint32_t count,
                     struct sdp_negotiated *n)
{
    struct sdp_policy mine = fitted(policy, s, plan->role);
    sdp_extension_set set = sdp_agree_extensions(s, policy, plan->role) &
                            sdp_used_extensions(&mine, plan->role, s->kind);
    for (uint32_t i = 0; i < count; i++)
        payload_of(&match[i], &n->payloads[i]);
    n->payload_count = count;
    n->nack = count > 0 && (match[0].feedback & SDP_FB_NACK);
    for (uint32_t i = 0; i < s->extmap_count; i++) {
        enum sdp_extension ext = sdp_extension_by_uri(s->extmaps[i].uri);
        if (ext < SDP_EXT_COUNT && (set & 1u << ext) && flows(&s->extmaps[i], plan->role))
            sdp_extensions_put(&n->extensions, ext, s->extmaps[i].id);
    }
}
