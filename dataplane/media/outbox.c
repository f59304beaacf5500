/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where packets to peers are written: straight into pktio's memory, or, for an ICE-TCP connection,
 * into the ring to the session thread. RTP is encrypted in batches before pktio is flushed.
 */
#include "dataplane/media/engine.h"

#include <string.h>

void outbox_encrypt(struct media *m)
{
    if (m->n_jobs == 0)
        return;
    srtp_protect(m->srtp, m->jobs, m->n_jobs);
    m->n_jobs = 0;
}

static uint8_t *udp_room(struct media *m, const struct net_path *path, size_t len)
{
    uint8_t *room = pktio_send(m->io, path, len);
    if (room)
        return room;
    outbox_encrypt(m);
    pktio_flush(m->io, m->now);
    room = pktio_send(m->io, path, len);
    if (!room)
        count(m, COUNTER_DROP_TX_FULL);
    return room;
}

/* The slot is published by tcp_send(), before the next one is asked for. */
static uint8_t *tcp_room(struct media *m, const struct session *s, size_t len)
{
    struct packet_slot *slot = m->rings.packets_out ? ring_reserve(m->rings.packets_out) : NULL;
    if (!slot) {
        count(m, COUNTER_DROP_RING_FULL);
        return NULL;
    }
    slot->path = s->path;
    slot->session = s->handle;
    slot->to_peer = true;
    slot->len = (uint16_t)len;
    return slot->data;
}

static void tcp_send(struct media *m)
{
    ring_publish(m->rings.packets_out);
    m->ring_session = true;
}

uint8_t *outbox_room(struct media *m, struct session *s, size_t len)
{
    if (len > PKTIO_PAYLOAD_MAX) {
        count(m, COUNTER_DROP_TX_TOO_LONG);
        return NULL;
    }
    return s->path.tcp ? tcp_room(m, s, len) : udp_room(m, &s->path, len);
}

/* Written in place: a copy would have to wait for the header's bytes to reach the cache. */
void outbox_rtp(struct media *m, struct session *s, uint8_t *out, size_t header_len,
                const uint8_t *payload, size_t payload_len, uint32_t roc)
{
    struct srtp_job *job = &m->jobs[m->n_jobs++];
    job->key = s->send;
    job->out = out;
    job->payload = payload;
    job->header_len = (uint16_t)header_len;
    job->payload_len = (uint16_t)payload_len;
    job->roc = roc;
    if (s->path.tcp || m->n_jobs == SRTP_JOBS_MAX)
        outbox_encrypt(m);
    if (s->path.tcp)
        tcp_send(m);
}

void outbox_rtcp(struct media *m, struct session *s, uint8_t *compound, size_t len)
{
    if (!s->send || !s->path.remote.family || len == 0)
        return;
    len = srtcp_protect(m->srtp, s->send, compound, len, s->rtcp_index);
    s->rtcp_index = (s->rtcp_index + 1) & 0x7fffffff;
    uint8_t *room = outbox_room(m, s, len);
    if (!room)
        return;
    memcpy(room, compound, len);
    if (s->path.tcp)
        tcp_send(m);
    count(m, COUNTER_TX_RTCP);
}

void outbox_raw(struct media *m, const struct net_path *path, const uint8_t *data, size_t len)
{
    if (path->tcp || len == 0 || len > PKTIO_PAYLOAD_MAX) {
        count(m, COUNTER_DROP_TX_UNREACHABLE);
        return;
    }
    uint8_t *room = udp_room(m, path, len);
    if (room)
        memcpy(room, data, len);
}
