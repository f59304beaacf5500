/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/source.h"

#include "control/room/heap.h"
#include "control/room/payloads.h"
#include "control/room/track_info.h"

#include <stdlib.h>
#include <string.h>

void sources_init(struct publication *t)
{
    size_t n = t->info->n_codecs < TRACK_CODECS_MAX ? t->info->n_codecs : TRACK_CODECS_MAX;
    t->source_count = n > 0 ? (uint32_t)n : 1;
    for (uint32_t i = 0; i < t->source_count; i++)
        t->source[i].track = t;
}

void sources_free(struct publication *t)
{
    for (uint32_t i = 0; i < t->source_count; i++) {
        source_clear(&t->source[i]);
        if (t->source[i].index.id)
            index_remove(&t->owner->room->rooms->sources, &t->source[i].index);
    }
}

uint32_t source_number(const struct source *s)
{
    return (uint32_t)(s - s->track->source);
}

enum sdp_codec source_codec(const struct source *s)
{
    return track_codec_at(s->track->info, source_number(s));
}

void source_set_facts(struct source *s, const struct sdp_negotiated *facts)
{
    if (!s->facts)
        s->facts = heap_new(sizeof *s->facts);
    *s->facts = *facts;
    if (s->index.id)
        return;
    s->index.id = index_new_id();
    index_add(&s->track->owner->room->rooms->sources, &s->index);
}

void source_clear(struct source *s)
{
    free(s->facts);
    s->facts = NULL;
}

struct source *source_sent(struct publication *t)
{
    for (uint32_t i = 0; i < t->source_count; i++)
        if (t->source[i].facts)
            return &t->source[i];
    return NULL;
}

static bool has_codec(const struct sdp_negotiated *facts, enum sdp_codec codec)
{
    return codec != SDP_CODEC_UNKNOWN && sdp_negotiated_payload(facts, codec);
}

static bool listed(const struct sdp_payload *list, uint32_t n, uint8_t pt)
{
    for (uint32_t i = 0; i < n; i++)
        if (list[i].pt == pt)
            return true;
    return false;
}

static uint32_t add_others(const struct sdp_negotiated *facts, struct sdp_payload *out, uint32_t n)
{
    for (uint32_t i = 0; i < facts->payload_count && n < SDP_PAYLOADS_MAX; i++)
        if (!listed(out, n, facts->payloads[i].pt))
            out[n++] = facts->payloads[i];
    return n;
}

/* In the order in which they are to be tried. */
static struct source *nth(struct publication *t, uint32_t n)
{
    return &t->source[t->regressed ? t->source_count - 1 - n : n];
}

struct source *source_for(struct publication *t, const struct sdp_negotiated *facts,
                          struct sdp_payload out[static SDP_PAYLOADS_MAX], uint32_t *count)
{
    *count = 0;
    if (facts->rejected)
        return NULL;
    for (uint32_t i = 0; i < t->source_count; i++) {
        struct source *s = nth(t, i);
        if (!s->facts || (*count = payloads_match(s->facts, facts, out)) == 0)
            continue;
        if (t->source_count > 1)
            *count = add_others(facts, out, *count);
        return s;
    }
    for (uint32_t i = 0; i < t->source_count; i++)
        if (!t->source[i].facts && has_codec(facts, source_codec(&t->source[i])))
            return &t->source[i];
    return NULL;
}

bool source_regresses(const struct publication *t)
{
    const struct room *r = t->owner->room;
    uint32_t threshold = r->rooms->config.codec_regression_threshold;
    switch (t->info->backup_codec_policy) {
    case LIVEKIT__BACKUP_CODEC_POLICY__REGRESSION:
        return true;
    case LIVEKIT__BACKUP_CODEC_POLICY__PREFER_REGRESSION:
        return threshold == 0 || r->participant_count < threshold;
    default:
        return false;
    }
}
