/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a datagram is (RFC 7983, RFC 5761) and whose.
 */
#include "dataplane/media/engine.h"

#include <string.h>

enum datagram_class { CLASS_STUN, CLASS_DTLS, CLASS_MEDIA, CLASS_UNKNOWN };

static enum datagram_class classify(uint8_t first)
{
    if (first <= 3)
        return CLASS_STUN;
    if (first >= 20 && first <= 63)
        return CLASS_DTLS;
    return first >= 128 && first <= 191 ? CLASS_MEDIA : CLASS_UNKNOWN;
}

/* RTCP packet types are 192..223 in the place of marker and payload type (RFC 5761 section 4). */
static bool is_rtcp(const uint8_t *data)
{
    return data[1] >= 192 && data[1] <= 223;
}

/* STUN and DTLS are the session thread's, from wherever they come. */
static void pass_up(struct media *m, const uint8_t *data, size_t len, const struct net_path *path)
{
    struct packet_slot *slot = m->rings.packets_out ? ring_reserve(m->rings.packets_out) : NULL;
    if (len > MEDIA_PACKET_MAX || !slot) {
        count(m, slot ? COUNTER_DROP_TRUNCATED : COUNTER_DROP_RING_FULL);
        return;
    }
    uint32_t session = addr_map_find(&m->remotes, &path->remote);
    slot->path = *path;
    slot->session = session == ADDR_MAP_NONE ? HANDLE_NONE : m->sessions[session].handle;
    slot->len = (uint16_t)len;
    slot->to_peer = false;
    memcpy(slot->data, data, len);
    ring_publish(m->rings.packets_out);
    m->ring_session = true;
}

/* The worker at whose port it arrived, or `workers` if none's. */
static unsigned addressee(const struct media *m, const struct net_path *path)
{
    if (path->local.port == m->config.ports[m->config.worker])
        return m->config.worker;
    unsigned i = 0;
    while (i < m->config.workers && m->config.ports[i] != path->local.port)
        i++;
    return i;
}

static void media_datagram(struct media *m, uint8_t *data, size_t len, const struct net_path *path)
{
    unsigned worker = addressee(m, path);
    if (worker < m->config.workers && worker != m->config.worker) {
        count(m, COUNTER_RX_STRAY);
        peer_hand_over(m, worker, data, len, path);
        return;
    }
    uint32_t session = addr_map_find(&m->remotes, &path->remote);
    if (session == ADDR_MAP_NONE) {
        count(m, len >= 2 && is_rtcp(data) ? COUNTER_DROP_RTCP_UNKNOWN_PEER
                                           : COUNTER_DROP_RTP_UNKNOWN_PEER);
        return;
    }
    demux_media(m, &m->sessions[session], data, len);
}

void demux_datagram(struct media *m, uint8_t *data, size_t len, const struct net_path *path)
{
    if (len == 0) {
        count(m, COUNTER_DROP_EMPTY);
        return;
    }
    switch (classify(data[0])) {
    case CLASS_STUN:
        count(m, COUNTER_RX_STUN);
        pass_up(m, data, len, path);
        break;
    case CLASS_DTLS:
        count(m, COUNTER_RX_DTLS);
        pass_up(m, data, len, path);
        break;
    case CLASS_MEDIA:
        media_datagram(m, data, len, path);
        break;
    case CLASS_UNKNOWN:
        count(m, COUNTER_DROP_CLASS);
    }
}

static void note_heard(struct media *m, const struct session *s)
{
    uint32_t *n = &m->heard[s - m->sessions];
    __atomic_store_n(n, *n + 1, __ATOMIC_RELAXED); /* nobody else writes */
}

void demux_media(struct media *m, struct session *s, uint8_t *data, size_t len)
{
    if (len < 2 || classify(data[0]) != CLASS_MEDIA) {
        count(m, len == 0 ? COUNTER_DROP_EMPTY : COUNTER_DROP_CLASS);
    } else if (!s->receive) {
        count(m, COUNTER_DROP_SRTP_NO_KEYS);
    } else if (is_rtcp(data)) {
        count(m, COUNTER_RX_RTCP);
        note_heard(m, s);
        rtcp_receive(m, s, data, len);
    } else {
        count(m, COUNTER_RX_RTP);
        note_heard(m, s);
        receive_rtp(m, s, data, len);
    }
}
