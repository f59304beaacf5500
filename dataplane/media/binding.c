/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which layer of which track an SSRC is: told by signalling, or learnt from the mid and rid that
 * the first packets carry (RFC 8843 section 9.2, RFC 8852), and kept from then on. Nothing is
 * learnt from a packet that does not authenticate.
 */
#include "dataplane/media/engine.h"
#include "dataplane/rtp/extension.h"

#include <string.h>

bool binding_find(struct media *m, struct session *s, uint32_t ssrc, struct binding *b)
{
    const struct ssrc_slot *slot = ssrc_map_find(&m->received, session_index(m, s), ssrc);
    if (!slot)
        return false;
    struct track *t = &m->tracks[slot->index];
    struct layer *l = &t->layers[slot->layer];
    *b = (struct binding){t, l, slot->rtx ? &l->rtx : &l->media, slot->rtx};
    return true;
}

static bool text(const struct rtp_packet *p, uint8_t id, char *out, size_t cap)
{
    struct rtp_extension e;
    return rtp_extension_find(p, id, &e) && sdes_text_get(&e, out, cap);
}

/* The encoding that the packet's rid names; without rids there is but one. */
static struct layer *layer_of(struct track *t, const struct rtp_packet *p, bool rtx,
                              char rid[static MEDIA_RID_MAX])
{
    const struct media_extensions *x = &t->config.extensions;
    if (!text(p, rtx ? x->repaired_rid : x->rid, rid, MEDIA_RID_MAX)) {
        rid[0] = '\0';
        return t->config.n_encodings <= 1 ? &t->layers[0] : NULL;
    }
    for (unsigned i = 0; i < t->config.n_encodings; i++) {
        if (strcmp(t->config.encodings[i].rid, rid) == 0)
            return &t->layers[i];
    }
    return NULL;
}

static bool guess_in(struct track *t, const struct rtp_packet *p, struct binding *b,
                     char rid[static MEDIA_RID_MAX])
{
    bool rtx;
    if (!track_payload(t, p->pt, &rtx))
        return false;
    struct layer *l = layer_of(t, p, rtx, rid);
    if (!l)
        return false;
    *b = (struct binding){t, l, rtx ? &l->rtx : &l->media, rtx};
    return true;
}

static bool guess_by_mid(struct session *s, const struct rtp_packet *p, struct binding *b,
                         char rid[static MEDIA_RID_MAX], bool *has_mid)
{
    struct track *t;
    char mid[MEDIA_MID_MAX];
    *has_mid = false;
    LIST_FOREACH(t, &s->tracks, link)
    {
        if (!text(p, t->config.extensions.mid, mid, sizeof mid))
            continue;
        *has_mid = true;
        if (strcmp(mid, t->config.mid) == 0)
            return guess_in(t, p, b, rid);
    }
    return false;
}

bool binding_guess(struct session *s, const struct rtp_packet *p, struct binding *b,
                   char rid[static MEDIA_RID_MAX])
{
    bool has_mid;
    if (p->ssrc == 0) /* probes */
        return false;
    if (guess_by_mid(s, p, b, rid, &has_mid))
        return true;
    if (has_mid)
        return false;
    /* Last resort of RFC 8843: a payload type that only one section has, and no stream yet. */
    struct track *t;
    struct binding one;
    unsigned n = 0;
    LIST_FOREACH(t, &s->tracks, link)
    {
        if (guess_in(t, p, &one, rid)) {
            *b = one;
            n++;
        }
    }
    return n == 1 && !b->stream->bound;
}

void binding_drop(struct media *m, struct track *t, struct stream *s)
{
    if (!s->bound)
        return;
    ssrc_map_remove(&m->received, session_index(m, t->session), s->ssrc, track_index(m, t));
    *s = (struct stream){0};
}

/* Another SSRC is another stream: what was counted of the old one does not hold. */
static void restart_layer(struct media *m, struct layer *l, uint32_t clock_rate)
{
    l->seq = (struct sequence){0};
    l->clock = (struct source_clock){0};
    memset(&l->dd, 0, sizeof l->dd);
    usec_t rtt = l->nack.rtt;
    publish_stream_ends(l);
    nack_generator_init(&l->nack);
    l->nack.rtt = rtt;
    receiver_stats_init(&l->stats, clock_rate);
    l->reported_received = l->reported_bytes = 0;
    l->reported_lost = 0;
    history_clear(&l->history, &m->frames);
    l->told = l->begun = false;
}

static void take_early_clock(struct media *m, struct session *s, const struct binding *b,
                             uint32_t ssrc)
{
    for (unsigned i = 0; i < EARLY_CLOCKS; i++) {
        const struct early_clock *e = &s->early[i];
        if (e->ssrc != ssrc || !e->clock.ntp)
            continue;
        receiver_stats_sender_report(&b->layer->stats, e->clock.ntp, e->clock.rtp,
                                     e->clock.arrival);
        track_clock(m, b->track, b->layer, &e->clock);
    }
}

bool binding_make(struct media *m, struct session *s, const struct binding *b, uint32_t ssrc,
                  const char *rid)
{
    struct track *t = b->track;
    binding_drop(m, t, b->stream);
    struct ssrc_slot slot = {.session = session_index(m, s),
                             .ssrc = ssrc,
                             .index = track_index(m, t),
                             .layer = (uint8_t)(b->layer - t->layers),
                             .rtx = b->rtx};
    if (!ssrc_map_put(&m->received, slot)) {
        count(m, COUNTER_DROP_POOL_EMPTY);
        publish_refusal(m, STATS_POOL_RECEIVED);
        return false;
    }
    *b->stream = (struct stream){.ssrc = ssrc, .bound = true};
    if (b->rtx) {
        b->layer->rtx_told = false;
        return true;
    }
    uint32_t clock_rate = t->config.n_payloads ? t->config.payloads[0].clock_rate : 0;
    restart_layer(m, b->layer, clock_rate);
    memcpy(b->layer->rid, rid, strnlen(rid, MEDIA_RID_MAX - 1) + 1);
    b->layer->rid[MEDIA_RID_MAX - 1] = '\0';
    take_early_clock(m, s, b, ssrc);
    return true;
}

void binding_announce(struct media *m, struct track *t, struct layer *l)
{
    struct media_event e = {
        .type = MEDIA_LAYER_SEEN,
        .handle = t->handle,
        .layer_seen = {.layer = (uint8_t)(l - t->layers),
                       .ssrc = l->media.ssrc,
                       .rtx_ssrc = l->rtx.bound ? l->rtx.ssrc : 0},
    };
    memcpy(e.layer_seen.rid, l->rid, MEDIA_RID_MAX);
    if (!media_emit(m, &e))
        return;
    l->told = true;
    l->rtx_told = l->rtx.bound;
}
