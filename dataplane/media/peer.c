/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/media/peer.h"

#include "dataplane/media/engine.h"

#include <string.h>

/* A quarter of the slots is for frames that go back, so that returning never fails. */
static bool has_room(const struct ring *r)
{
    return ring_used(r) < (r->mask + 1) / 4 * 3;
}

static struct peer_message *reserve(struct media *m, unsigned peer)
{
    struct ring *r = m->rings.to_peer[peer];
    return r && has_room(r) ? ring_reserve(r) : NULL;
}

static void publish(struct media *m, unsigned peer)
{
    ring_publish(m->rings.to_peer[peer]);
    m->rung |= 1u << peer;
}

bool peer_tell(struct media *m, unsigned peer, const struct peer_message *msg)
{
    struct peer_message *slot = reserve(m, peer);
    if (!slot)
        return false;
    *slot = *msg;
    publish(m, peer);
    return true;
}

bool peer_lend(struct media *m, unsigned peer, const struct peer_message *msg)
{
    struct ring *r = m->rings.to_peer[peer];
    if (!r || m->peers[peer].lent >= (r->mask + 1) / 4 || !peer_tell(m, peer, msg))
        return false;
    m->peers[peer].lent++;
    frame_hold(msg->frame);
    return true;
}

void peer_tell_sender_report(struct media *m, const struct track *t, uint8_t layer, unsigned peer)
{
    struct peer_message msg = {.type = PEER_SENDER_REPORT,
                               .track = t->handle,
                               .layer = layer,
                               .clock = t->layers[layer].clock};
    if (msg.clock.ntp && !peer_tell(m, peer, &msg))
        count(m, COUNTER_DROP_RING_FULL);
}

void peer_fan_out(struct media *m, struct track *t, struct frame **frames, unsigned n)
{
    for (uint32_t left = t->readers; left; left &= left - 1) {
        unsigned peer = (unsigned)__builtin_ctz(left);
        if (peer >= m->config.workers || t->wanted[peer] == LAYER_NONE)
            continue;
        for (unsigned i = 0; i < n; i++) {
            struct peer_message msg = {.type = PEER_PACKET, .track = t->handle, .frame = frames[i]};
            if (frames[i]->info.layer <= t->wanted[peer] && !peer_lend(m, peer, &msg))
                count(m, COUNTER_DROP_RING_FULL);
        }
    }
}

void peer_hand_over(struct media *m, unsigned peer, const uint8_t *data, size_t len,
                    const struct net_path *path)
{
    struct frame *f = sizeof *path + len <= FRAME_DATA ? frame_take(&m->frames) : NULL;
    if (!f) {
        count(m,
              sizeof *path + len <= FRAME_DATA ? COUNTER_DROP_POOL_EMPTY : COUNTER_DROP_TRUNCATED);
        return;
    }
    memcpy(f->data, path, sizeof *path);
    memcpy(f->data + sizeof *path, data, len);
    f->len = (uint16_t)(sizeof *path + len);
    struct peer_message msg = {.type = PEER_STRAY, .frame = f};
    if (!peer_lend(m, peer, &msg))
        count(m, COUNTER_DROP_RING_FULL);
    frame_release(&m->frames, f); /* the loan holds it */
}

/* The datagram is copied once more, as it is decrypted into a frame of our own or in place. */
static void take_stray(struct media *m, const struct frame *f)
{
    struct net_path path;
    uint8_t data[FRAME_DATA];
    size_t len = f->len - sizeof path;
    memcpy(&path, f->data, sizeof path);
    memcpy(data, f->data + sizeof path, len);
    uint32_t session = addr_map_find(&m->remotes, &path.remote);
    if (session == ADDR_MAP_NONE)
        count(m, COUNTER_DROP_RTP_UNKNOWN_PEER);
    else
        demux_media(m, &m->sessions[session], data, len);
}

static void take_message(struct media *m, unsigned peer, const struct peer_message *msg)
{
    struct track *t = track_of(m, msg->track);
    struct feed *f = feed_of(m, msg->track);
    switch (msg->type) {
    case PEER_RETURN:
        m->peers[peer].lent--;
        frame_release(&m->frames, msg->frame);
        break;
    case PEER_STRAY:
        take_stray(m, msg->frame);
        break;
    case PEER_SENDER_REPORT:
        if (f)
            feed_sender_report(f, msg->layer, &msg->clock);
        break;
    case PEER_KEY_FRAME:
        if (t)
            key_frame_request(m, t, msg->layer, msg->urgent);
        break;
    case PEER_WANTED:
        if (t)
            t->wanted[peer] = msg->layer;
        break;
    case PEER_RETRANSMIT:
        retransmit_serve(m, peer, msg);
        break;
    case PEER_RETRANSMISSION:
        retransmit_arrive(m, msg);
        break;
    case PEER_PACKET:
        break;
    }
}

static bool lends(const struct peer_message *msg)
{
    return msg->type == PEER_PACKET || msg->type == PEER_STRAY || msg->type == PEER_RETRANSMISSION;
}

/* Packets of one track come one behind another: they are delivered as one run. */
struct run {
    handle_t track;
    unsigned n;
    struct frame *frames[PEER_TAKE_MAX];
};

static void end_run(struct media *m, struct run *r)
{
    struct feed *f = r->n ? feed_of(m, r->track) : NULL;
    if (f)
        feed_deliver(m, f, r->frames, r->n);
    r->n = 0;
}

static size_t take_from(struct media *m, unsigned peer)
{
    struct ring *ring = m->rings.from_peer[peer];
    struct peer_link *link = &m->peers[peer];
    struct run run = {.n = 0};
    struct peer_message *msg;
    size_t n = 0;
    for (; n < PEER_TAKE_MAX && link->n_borrowed < PEER_TAKE_MAX && (msg = ring_peek(ring)); n++) {
        if (lends(msg))
            link->borrowed[link->n_borrowed++] = msg->frame;
        if (run.n && (msg->type != PEER_PACKET || msg->track != run.track))
            end_run(m, &run);
        if (msg->type == PEER_PACKET) {
            run.track = msg->track;
            run.frames[run.n++] = msg->frame;
        } else {
            take_message(m, peer, msg);
        }
        ring_consume(ring);
    }
    end_run(m, &run);
    return n;
}

size_t peer_take(struct media *m)
{
    size_t n = 0;
    for (unsigned peer = 0; peer < m->config.workers; peer++) {
        if (m->rings.from_peer[peer])
            n += take_from(m, peer);
    }
    return n;
}

static void give_back(struct media *m, unsigned peer)
{
    struct peer_link *link = &m->peers[peer];
    while (link->n_borrowed > 0) {
        struct peer_message *slot = ring_reserve(m->rings.to_peer[peer]);
        if (!slot) /* not with rings of equal size both ways; kept for the next turn */
            return;
        *slot =
            (struct peer_message){.type = PEER_RETURN, .frame = link->borrowed[--link->n_borrowed]};
        publish(m, peer);
    }
}

void peer_settle(struct media *m)
{
    for (unsigned peer = 0; peer < m->config.workers; peer++) {
        if (m->peers[peer].n_borrowed)
            give_back(m, peer);
    }
    for (; m->rung; m->rung &= m->rung - 1) {
        unsigned peer = (unsigned)__builtin_ctz(m->rung);
        if (m->rings.peer_bells[peer])
            doorbell_ring(m->rings.peer_bells[peer]);
    }
}
