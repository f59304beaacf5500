/* SPDX-License-Identifier: Apache-2.0 */
/* Data between clients and our media ports (RFC 8656 sections 11 and 12). */
#include "dataplane/turn/state.h"

#include "common/random.h"

static void count_drop(struct turn_engine *t, enum counter reason)
{
    counters_add(t->counters, reason, 1);
}

static void relay(struct turn_engine *t, const struct allocation *a, const struct turn_peer *peer,
                  const uint8_t *data, size_t len)
{
    struct net_path path = allocation_path(a, &peer->addr);
    counters_add(t->counters, COUNTER_TURN_RX, 1);
    t->out.relay(t->out.context, &path, data, len);
}

static bool channel_is_bound(const struct turn_peer *p, usec_t now)
{
    return p && p->channel != 0 && p->channel_expires > now;
}

void turn_relay_channel(struct turn_engine *t, const struct turn_client *from, const uint8_t *data,
                        size_t len, usec_t now)
{
    uint16_t channel;
    const uint8_t *payload;
    size_t payload_len;
    if (!turn_channel_parse(data, len, &channel, &payload, &payload_len)) {
        count_drop(t, COUNTER_DROP_TURN_MALFORMED);
        return;
    }
    struct allocation *a = turn_allocation(t, from, now);
    struct turn_peer *peer = a ? allocation_peer_of_channel(a, channel) : NULL;
    if (channel_is_bound(peer, now))
        relay(t, a, peer, payload, payload_len);
    else
        count_drop(t, COUNTER_DROP_TURN_PERMISSION);
}

void turn_relay_send(struct turn_request *r)
{
    struct turn_engine *t = r->t;
    struct allocation *a = r->allocation;
    const struct net_addr *to = &r->m.peers[0];
    if (r->m.n_peers != 1 || !r->m.data || r->m.n_unknown > 0) {
        count_drop(t, COUNTER_DROP_TURN_MALFORMED);
        return;
    }
    if (!a || !allocation_permits(a, to, r->now) || !turn_is_own(t, to)) {
        count_drop(t, COUNTER_DROP_TURN_PERMISSION);
        return;
    }
    struct turn_peer *peer = allocation_add_peer(a, to);
    if (peer)
        relay(t, a, peer, r->m.data, r->m.data_len);
    else
        count_drop(t, COUNTER_DROP_TURN_FULL);
}

/* ---- towards the client ---- */

static size_t write_channel(struct turn_engine *t, const struct allocation *a, uint16_t channel,
                            const uint8_t *data, size_t len)
{
    struct writer w = writer_of(t->buffer, sizeof(t->buffer));
    write_be16(&w, channel);
    write_be16(&w, (uint16_t)len);
    write_bytes(&w, data, len);
    if (a->client.stream != 0)
        write_bytes(&w, "\0\0\0", -len & 3);
    return w.bad ? 0 : writer_length(&w);
}

static size_t write_indication(struct turn_engine *t, const struct net_addr *from,
                               const uint8_t *data, size_t len)
{
    uint8_t transaction[STUN_TRANSACTION];
    random_bytes(transaction, sizeof(transaction));
    struct writer w = writer_of(t->buffer, sizeof(t->buffer));
    stun_begin_method(&w, STUN_INDICATION, TURN_DATA, transaction);
    stun_add_xor(&w, TURN_XOR_PEER_ADDRESS, from);
    stun_add(&w, TURN_DATA_VALUE, data, len);
    return stun_end(&w);
}

void turn_send(struct turn_engine *t, const struct net_path *path, const uint8_t *data, size_t len,
               usec_t now)
{
    struct allocation *a = allocation_by_id(&t->allocations, path->tcp);
    if (!a || a->expires <= now) {
        count_drop(t, COUNTER_DROP_TURN_PERMISSION);
        return;
    }
    const struct turn_peer *peer = allocation_peer(a, &path->local);
    size_t n = 0;
    if (channel_is_bound(peer, now)) {
        n = write_channel(t, a, peer->channel, data, len);
    } else if (allocation_permits(a, &path->local, now)) {
        n = write_indication(t, &path->local, data, len);
    } else {
        count_drop(t, COUNTER_DROP_TURN_PERMISSION);
        return;
    }
    if (n == 0) {
        count_drop(t, COUNTER_DROP_TX_TOO_LONG);
        return;
    }
    counters_add(t->counters, COUNTER_TURN_TX, 1);
    t->out.send(t->out.context, &a->client, t->buffer, n);
}
