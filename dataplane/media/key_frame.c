/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking publishers for key frames: one PLI (RFC 4585 section 6.3.1) per layer and throttle
 * interval, however many ask; what is asked for too early is sent as soon as it may be, unless the
 * key frame has come by itself. A subscriber whose stream has just begun is served sooner: the
 * first key frame may have reached it before it could take media at all.
 */
#include "dataplane/media/engine.h"
#include "dataplane/rtcp/build.h"

#define SEED_INTERVAL (1 * USEC_PER_SEC)

#define URGENT_INTERVAL (100 * USEC_PER_MS)

static usec_t allowed_at(const struct media *m, const struct track *t, const struct layer *l)
{
    usec_t interval = m->config.pli_throttle[l - t->layers];
    if (l->key_frame_urgent && interval > URGENT_INTERVAL)
        interval = URGENT_INTERVAL;
    return l->pli_at ? l->pli_at + interval : DUE_NOW;
}

static void send_pli(struct media *m, struct track *t, struct layer *l)
{
    uint8_t buf[64];
    struct writer w = writer_of(buf, sizeof buf - SRTCP_EXPAND_MAX);
    l->pli_at = m->now;
    l->key_frame_pending = l->key_frame_urgent = false;
    if (!rtcp_write_pli(&w, l->media.ssrc, l->media.ssrc))
        return;
    outbox_rtcp(m, t->session, buf, writer_length(&w));
    count(m, COUNTER_PLI_OUT);
    l->tally.plis++;
}

static void ask(struct media *m, struct track *t, struct layer *l, bool urgent)
{
    if (!l->media.bound || t->config.muted)
        return;
    l->key_frame_urgent |= urgent;
    if (allowed_at(m, t, l) <= m->now) {
        send_pli(m, t, l);
        return;
    }
    l->key_frame_pending = true;
    wheel_advance(&m->wheel, &t->timer, allowed_at(m, t, l));
}

void key_frame_request(struct media *m, struct track *t, uint8_t layer, bool urgent)
{
    for (uint8_t i = 0; t->config.video && i < MEDIA_LAYERS_MAX; i++) {
        if (layer == LAYER_NONE || layer == i)
            ask(m, t, &t->layers[i], urgent);
    }
}

void key_frame_seed(struct media *m, struct track *t, struct layer *l)
{
    l->seeding = true;
    l->seed_until = m->now + KEY_FRAME_SEED_TIME;
    ask(m, t, l, false);
    wheel_advance(&m->wheel, &t->timer, m->now + SEED_INTERVAL);
}

void key_frame_came(struct layer *l)
{
    l->key_frame_pending = l->key_frame_urgent = l->seeding = false;
}

static usec_t layer_deadline(const struct media *m, const struct track *t, const struct layer *l)
{
    if (!l->media.bound)
        return USEC_NEVER;
    if (l->key_frame_pending)
        return allowed_at(m, t, l);
    return l->seeding && !t->config.muted ? l->pli_at + SEED_INTERVAL : USEC_NEVER;
}

usec_t key_frame_deadline(const struct media *m, const struct track *t)
{
    usec_t due = USEC_NEVER;
    for (unsigned i = 0; i < MEDIA_LAYERS_MAX; i++) {
        usec_t d = layer_deadline(m, t, &t->layers[i]);
        due = d < due ? d : due;
    }
    return due;
}

void key_frame_due(struct media *m, struct track *t)
{
    for (unsigned i = 0; i < MEDIA_LAYERS_MAX; i++) {
        struct layer *l = &t->layers[i];
        if (l->seeding && m->now >= l->seed_until)
            l->seeding = false;
        if (layer_deadline(m, t, l) <= m->now)
            ask(m, t, l, false);
        if (t->config.muted)
            l->key_frame_pending = false;
    }
}
