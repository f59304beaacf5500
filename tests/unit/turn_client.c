/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/turn_client.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct turn_datagram *d, const uint8_t *data, size_t len)
{
    if (len > sizeof(d->data))
        abort();
    d->len = len;
    if (len > 0)
        memcpy(d->data, data, len);
}

static void on_send(void *context, const struct turn_client *to, const uint8_t *data, size_t len)
{
    struct turn_world *w = context;
    w->sent_count++;
    w->sent.to = *to;
    put(&w->sent, data, len);
}

static void on_relay(void *context, const struct net_path *path, const uint8_t *data, size_t len)
{
    struct turn_world *w = context;
    w->relayed_count++;
    w->relayed.path = *path;
    put(&w->relayed, data, len);
}

static void on_closed(void *context, const struct net_path *path)
{
    struct turn_world *w = context;
    w->closed_count++;
    w->closed.path = *path;
}

struct net_addr turn_address(const char *ip, uint16_t port)
{
    struct net_addr a;
    if (!net_addr_parse(&a, ip, port))
        abort();
    return a;
}

void turn_world_open(struct turn_world *w, uint32_t allocations, uint32_t quota)
{
    memset(w, 0, sizeof(*w));
    const struct turn_engine_config config = {
        .allocations = allocations,
        .users = 16,
        .quota = quota,
        .workers = 2,
        .ports = {TURN_WORLD_PORT, TURN_WORLD_PORT + 1},
    };
    const struct turn_output out = {
        .context = w, .send = on_send, .relay = on_relay, .closed = on_closed};
    const struct net_addr own[] = {turn_address("192.0.2.1", 0), turn_address("2001:db8::1", 0)};
    w->now = 1000 * USEC_PER_SEC;
    w->engine = turn_engine_create(&config, &out, &w->counters);
    if (!w->engine)
        abort();
    turn_set_own(w->engine, own, 2);
}

void turn_world_close(struct turn_world *w)
{
    turn_engine_destroy(w->engine);
}

static void make_key(uint8_t key[static TURN_KEY], const char *name, const char *password)
{
    char text[128];
    unsigned len = TURN_KEY;
    int n = snprintf(text, sizeof(text), "%s:livekit:%s", name, password);
    if (EVP_Digest(text, (size_t)n, key, &len, EVP_md5(), NULL) != 1)
        abort();
}

void turn_world_user(struct turn_world *w, uint64_t n, usec_t lifetime)
{
    char name[32];
    uint8_t key[TURN_KEY];
    snprintf(name, sizeof(name), "user%llu", (unsigned long long)n);
    make_key(key, name, "password");
    turn_add_user(w->engine, n, name, key, lifetime, w->now);
}

void turn_asker_open(struct turn_asker *c, struct turn_world *w, uint64_t n, uint16_t port)
{
    *c = (struct turn_asker){.w = w, .password = "password"};
    c->client.remote = turn_address("198.51.100.1", port);
    c->client.local = turn_address("192.0.2.1", 3478);
    snprintf(c->name, sizeof(c->name), "user%llu", (unsigned long long)n);
}

static void add_wish(struct writer *b, const struct turn_wish *wish)
{
    for (size_t i = 0; wish->peers[i]; i++)
        stun_add_xor(b, TURN_XOR_PEER_ADDRESS, wish->peers[i]);
    if (wish->lifetime >= 0)
        stun_add_u32(b, TURN_LIFETIME, (uint32_t)wish->lifetime);
    if (wish->channel)
        stun_add_u32(b, TURN_CHANNEL_NUMBER, (uint32_t)wish->channel << 16);
    if (wish->transport)
        stun_add_u32(b, TURN_REQUESTED_TRANSPORT, (uint32_t)wish->transport << 24);
    if (wish->family)
        stun_add_u32(b, TURN_REQUESTED_ADDRESS_FAMILY, (uint32_t)wish->family << 24);
    if (wish->unknown)
        stun_add_u32(b, wish->unknown, 0);
}

static void add_credentials(struct writer *b, const struct turn_asker *c)
{
    uint8_t key[TURN_KEY];
    make_key(key, c->name, c->password);
    stun_add(b, STUN_USERNAME, c->name, strlen(c->name));
    stun_add(b, STUN_REALM, TURN_REALM, strlen(TURN_REALM));
    stun_add(b, STUN_NONCE, c->nonce, c->nonce_len);
    stun_add_integrity(b, (const char *)key, TURN_KEY);
}

static int ask(struct turn_asker *c, uint16_t method, const struct turn_wish *wish,
               bool credentials, struct turn_message *answer)
{
    uint8_t data[1024];
    const uint8_t transaction[STUN_TRANSACTION] = {c->transaction++,
                                                   (uint8_t)c->client.remote.port};
    struct writer b = writer_of(data, sizeof(data));
    struct turn_message m;
    unsigned before = c->w->sent_count;
    stun_begin_method(&b, STUN_REQUEST, method, transaction);
    add_wish(&b, wish);
    if (credentials)
        add_credentials(&b, c);
    stun_add_fingerprint(&b);
    turn_input(c->w->engine, &c->client, data, stun_end(&b), c->w->now);
    if (c->w->sent_count == before)
        return -1;
    if (!turn_parse(&m, c->w->sent.data, c->w->sent.len) || !m.stun.has_fingerprint ||
        memcmp(m.stun.transaction, transaction, sizeof(transaction)) != 0)
        abort();
    if (m.nonce && m.nonce_len <= sizeof(c->nonce)) {
        memcpy(c->nonce, m.nonce, m.nonce_len);
        c->nonce_len = m.nonce_len;
    }
    if (answer)
        *answer = m;
    return m.stun.error_code;
}

int turn_ask(struct turn_asker *c, uint16_t method, const struct turn_wish *wish,
             struct turn_message *answer)
{
    return ask(c, method, wish, true, answer);
}

int turn_ask_bare(struct turn_asker *c, uint16_t method, const struct turn_wish *wish)
{
    return ask(c, method, wish, false, NULL);
}

int turn_allocate(struct turn_asker *c)
{
    const struct turn_wish udp = {.lifetime = -1, .transport = TURN_PROTOCOL_UDP};
    int bare = turn_ask_bare(c, TURN_ALLOCATE, &udp);
    return bare == 401 ? turn_ask(c, TURN_ALLOCATE, &udp, NULL) : bare;
}

void turn_send_indication(struct turn_asker *c, const struct net_addr *peer, const void *data,
                          size_t len)
{
    uint8_t buf[1500];
    const uint8_t transaction[STUN_TRANSACTION] = {c->transaction++};
    struct writer b = writer_of(buf, sizeof(buf));
    stun_begin_method(&b, STUN_INDICATION, TURN_SEND, transaction);
    stun_add_xor(&b, TURN_XOR_PEER_ADDRESS, peer);
    stun_add(&b, TURN_DATA_VALUE, data, len);
    turn_input(c->w->engine, &c->client, buf, stun_end(&b), c->w->now);
}

void turn_channel_data(struct turn_asker *c, uint16_t channel, const void *data, size_t len)
{
    uint8_t buf[1500];
    struct writer b = writer_of(buf, sizeof(buf));
    write_be16(&b, channel);
    write_be16(&b, (uint16_t)len);
    write_bytes(&b, data, len);
    turn_input(c->w->engine, &c->client, buf, writer_length(&b), c->w->now);
}
