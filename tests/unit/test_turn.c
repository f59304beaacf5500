/* SPDX-License-Identifier: Apache-2.0 */
/* The TURN server's engine: who may do what, for how long, and where data goes. */
#include "dataplane/turn/nonce.h"
#include "tests/unit/turn_client.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOUR (3600 * USEC_PER_SEC)

static struct turn_world world;
static struct turn_asker alice;
static struct net_addr media, media6, stranger;

static int open_world(void **state)
{
    (void)state;
    turn_world_open(&world, 8, 3);
    turn_world_user(&world, 1, 300 * USEC_PER_SEC);
    turn_world_user(&world, 2, 300 * USEC_PER_SEC);
    turn_asker_open(&alice, &world, 1, 1000);
    media = turn_address("192.0.2.1", TURN_WORLD_PORT + 1);
    media6 = turn_address("2001:db8::1", TURN_WORLD_PORT);
    stranger = turn_address("203.0.113.5", TURN_WORLD_PORT);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    turn_world_close(&world);
    return 0;
}

static uint64_t counted(enum counter c)
{
    return counters_get(&world.counters, c);
}

static int bind_channel(const struct net_addr *peer, uint16_t channel)
{
    const struct turn_wish wish = {.lifetime = -1, .peers = {peer}, .channel = channel};
    return turn_ask(&alice, TURN_CHANNEL_BIND, &wish, NULL);
}

static int permit(const struct net_addr *peer)
{
    const struct turn_wish wish = {.lifetime = -1, .peers = {peer}};
    return turn_ask(&alice, TURN_CREATE_PERMISSION, &wish, NULL);
}

static int refresh(int lifetime, struct turn_message *answer)
{
    const struct turn_wish wish = {.lifetime = lifetime};
    return turn_ask(&alice, TURN_REFRESH, &wish, answer);
}

/* RFC 5769 section 2.4 */
static const uint8_t sample[] = {
    0x00, 0x01, 0x00, 0x60, 0x21, 0x12, 0xa4, 0x42, 0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72,
    0xc0, 0x29, 0xda, 0x41, 0x2e, 0x00, 0x06, 0x00, 0x12, 0xe3, 0x83, 0x9e, 0xe3, 0x83, 0x88,
    0xe3, 0x83, 0xaa, 0xe3, 0x83, 0x83, 0xe3, 0x82, 0xaf, 0xe3, 0x82, 0xb9, 0x00, 0x00, 0x00,
    0x15, 0x00, 0x1c, 0x66, 0x2f, 0x2f, 0x34, 0x39, 0x39, 0x6b, 0x39, 0x35, 0x34, 0x64, 0x36,
    0x4f, 0x4c, 0x33, 0x34, 0x6f, 0x4c, 0x39, 0x46, 0x53, 0x54, 0x76, 0x79, 0x36, 0x34, 0x73,
    0x41, 0x00, 0x14, 0x00, 0x0b, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72,
    0x67, 0x00, 0x00, 0x08, 0x00, 0x14, 0xf6, 0x70, 0x24, 0x65, 0x6d, 0xd6, 0x4a, 0x3e, 0x02,
    0xb8, 0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2, 0x8c, 0xa8, 0x96, 0x66};

static void the_long_term_vector(void **state)
{
    (void)state;
    struct turn_message m;
    char text[64];
    uint8_t key[EVP_MAX_MD_SIZE];
    unsigned key_len;
    assert_true(turn_parse(&m, sample, sizeof(sample)));
    assert_int_equal(m.realm_len, 11);
    assert_memory_equal(m.realm, "example.org", 11);
    assert_int_equal(m.nonce_len, 28);
    assert_int_equal(m.n_unknown, 0);
    int n = snprintf(text, sizeof(text), "%.*s:example.org:TheMatrIX", m.stun.username_len,
                     m.stun.username);
    assert_int_equal(EVP_Digest(text, (size_t)n, key, &key_len, EVP_md5(), NULL), 1);
    assert_true(stun_verify(&m.stun, (const char *)key, key_len));
    key[0] ^= 1;
    assert_false(stun_verify(&m.stun, (const char *)key, key_len));
}

static void nonces_are_ours_and_fresh(void **state)
{
    (void)state;
    static const uint8_t secret[NONCE_SECRET] = {1}, other[NONCE_SECRET] = {2};
    char nonce[NONCE_TEXT];
    nonce_make(nonce, secret, &media, HOUR);
    assert_true(nonce_check(nonce, NONCE_TEXT, secret, &media, HOUR));
    assert_true(nonce_check(nonce, NONCE_TEXT, secret, &media, HOUR + NONCE_LIFETIME - 1));
    assert_false(nonce_check(nonce, NONCE_TEXT, secret, &media, HOUR + NONCE_LIFETIME));
    assert_false(nonce_check(nonce, NONCE_TEXT, secret, &media, HOUR - 1));
    assert_false(nonce_check(nonce, NONCE_TEXT - 1, secret, &media, HOUR));
    assert_false(nonce_check(nonce, NONCE_TEXT, other, &media, HOUR));
    assert_false(nonce_check(nonce, NONCE_TEXT, secret, &stranger, HOUR));
    for (size_t i = 0; i < NONCE_TEXT; i++) {
        nonce[i] ^= 1;
        assert_false(nonce_check(nonce, NONCE_TEXT, secret, &media, HOUR));
        nonce[i] ^= 1;
    }
}

static void an_allocation(void **state)
{
    (void)state;
    struct turn_message m;
    const struct turn_wish udp = {.lifetime = -1, .transport = TURN_PROTOCOL_UDP};
    assert_int_equal(turn_ask_bare(&alice, TURN_ALLOCATE, &udp), 401);
    assert_int_equal(turn_ask(&alice, TURN_ALLOCATE, &udp, &m), 0);
    assert_true(net_addr_equal(&m.stun.mapped, &alice.client.remote));
    assert_true(m.has_lifetime && m.lifetime == TURN_LIFETIME_DEFAULT);
    assert_true(m.stun.integrity_at > 0);
    /* sent again: the same answer; another one: refused */
    alice.transaction--;
    assert_int_equal(turn_ask(&alice, TURN_ALLOCATE, &udp, NULL), 0);
    assert_int_equal(turn_ask(&alice, TURN_ALLOCATE, &udp, NULL), 437);
    assert_int_equal(counted(COUNTER_TURN_ALLOCATIONS), 1);
    assert_true(turn_has_allocation(world.engine, &alice.client));
}

static void what_allocate_must_say(void **state)
{
    (void)state;
    const struct {
        struct turn_wish wish;
        int code;
    } cases[] = {
        {{.lifetime = -1}, 400},
        {{.lifetime = -1, .transport = 6}, 442},
        {{.lifetime = -1, .transport = TURN_PROTOCOL_UDP, .family = 3}, 440},
        {{.lifetime = -1, .transport = TURN_PROTOCOL_UDP, .unknown = 0x001a}, 420},
        {{.lifetime = -1, .transport = TURN_PROTOCOL_UDP, .unknown = 0x8022, .family = 2}, 0},
    };
    turn_ask_bare(&alice, TURN_ALLOCATE, &cases[0].wish);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(turn_ask(&alice, TURN_ALLOCATE, &cases[i].wish, NULL), cases[i].code);
    assert_int_equal(permit(&media), 443);
    assert_int_equal(permit(&media6), 0);
    turn_set_own(world.engine, &media, 1);
    turn_asker_open(&alice, &world, 1, 1001);
    turn_ask_bare(&alice, TURN_ALLOCATE, &cases[0].wish);
    assert_int_equal(turn_ask(&alice, TURN_ALLOCATE, &cases[4].wish, NULL), 440);
    turn_set_own(world.engine, NULL, 0);
    assert_int_equal(turn_allocate(&alice), 508);
}

static void wrong_credentials(void **state)
{
    (void)state;
    strcpy(alice.password, "passwort");
    assert_int_equal(turn_allocate(&alice), 401);
    strcpy(alice.password, "password");
    strcpy(alice.name, "user9");
    assert_int_equal(turn_allocate(&alice), 401);
    assert_int_equal(counted(COUNTER_TURN_BAD_CREDENTIALS), 2);
    strcpy(alice.name, "user1");
    assert_int_equal(turn_allocate(&alice), 0);
    /* somebody else who is known has no say in it */
    strcpy(alice.name, "user2");
    assert_int_equal(refresh(0, NULL), 441);
    strcpy(alice.name, "user1");
    /* and from another address the nonce is stale, the allocation unknown */
    alice.client.remote.port++;
    assert_int_equal(refresh(0, NULL), 438);
    assert_int_equal(refresh(0, NULL), 437);
}

static void credentials_expire_but_not_for_what_they_made(void **state)
{
    (void)state;
    struct turn_message m;
    struct turn_asker late;
    assert_int_equal(turn_allocate(&alice), 0);
    world.now += 300 * USEC_PER_SEC;
    turn_asker_open(&late, &world, 1, 1001);
    assert_int_equal(turn_allocate(&late), 401);
    assert_int_equal(refresh(1200, &m), 0);
    assert_int_equal(m.lifetime, 1200);
    assert_int_equal(refresh(1000000, &m), 0);
    assert_int_equal(m.lifetime, TURN_LIFETIME_MAX);
    assert_int_equal(refresh(1, &m), 0);
    assert_int_equal(m.lifetime, TURN_LIFETIME_DEFAULT);
    world.now += NONCE_LIFETIME - 300 * USEC_PER_SEC;
    turn_tick(world.engine, world.now);
    assert_false(turn_has_allocation(world.engine, &alice.client));
    assert_true(turn_deadline(world.engine) == USEC_NEVER);
}

static void a_stale_nonce_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(turn_allocate(&alice), 0);
    assert_int_equal(refresh(3600, NULL), 0);
    world.now += NONCE_LIFETIME - USEC_PER_SEC;
    assert_int_equal(refresh(3600, NULL), 0);
    world.now += USEC_PER_SEC;
    assert_int_equal(refresh(3600, NULL), 438);
    assert_int_equal(refresh(3600, NULL), 0);
}

static void the_quota_of_a_participant(void **state)
{
    (void)state;
    struct turn_asker c;
    for (uint16_t i = 0; i < 3; i++) {
        turn_asker_open(&c, &world, 1, (uint16_t)(2000 + i));
        assert_int_equal(turn_allocate(&c), 0);
    }
    turn_asker_open(&alice, &world, 1, 2003);
    assert_int_equal(turn_allocate(&alice), 486);
    turn_asker_open(&c, &world, 2, 2004);
    assert_int_equal(turn_allocate(&c), 0);
    turn_forget(world.engine, 1);
    assert_int_equal(turn_allocate(&alice), 401);
    turn_world_user(&world, 1, HOUR);
    assert_int_equal(turn_allocate(&alice), 0);
    assert_true(turn_has_allocation(world.engine, &c.client));
}

static void the_pool_is_bounded(void **state)
{
    (void)state;
    struct turn_asker c;
    uint16_t made = 0;
    for (uint64_t n = 10; n < 13; n++)
        turn_world_user(&world, n, HOUR);
    for (uint16_t i = 0; i < 9; i++) {
        turn_asker_open(&c, &world, 10 + i / 3, (uint16_t)(3000 + i));
        made += turn_allocate(&c) == 0;
    }
    assert_int_equal(made, 8);
    assert_int_equal(turn_allocate(&c), 508);
    turn_forget(world.engine, 10);
    assert_int_equal(turn_allocate(&c), 0);
}

static void only_we_are_a_peer(void **state)
{
    (void)state;
    const struct net_addr other_port = turn_address("192.0.2.1", 22);
    assert_int_equal(turn_allocate(&alice), 0);
    assert_int_equal(permit(&stranger), 403);
    assert_int_equal(bind_channel(&stranger, 0x4000), 403);
    assert_int_equal(bind_channel(&other_port, 0x4000), 403);
    assert_int_equal(permit(&media6), 443);
    assert_int_equal(permit(&media), 0);
    turn_send_indication(&alice, &stranger, "x", 1);
    turn_send_indication(&alice, &other_port, "x", 1);
    assert_int_equal(world.relayed_count, 0);
    assert_int_equal(counted(COUNTER_DROP_TURN_PERMISSION), 2);
    const struct turn_wish both = {.lifetime = -1, .peers = {&media, &stranger}};
    assert_int_equal(turn_ask(&alice, TURN_CREATE_PERMISSION, &both, NULL), 403);
    const struct turn_wish none = {.lifetime = -1};
    assert_int_equal(turn_ask(&alice, TURN_CREATE_PERMISSION, &none, NULL), 400);
}

static void mapped_ports_are_ours_too(void **state)
{
    (void)state;
    const struct net_addr own[] = {turn_address("192.0.2.1", 0), turn_address("192.0.2.8", 40000)};
    const struct net_addr first = turn_address("192.0.2.8", 40000),
                          second = turn_address("192.0.2.8", 40001),
                          third = turn_address("192.0.2.8", 40002),
                          unmapped = turn_address("192.0.2.8", TURN_WORLD_PORT);
    turn_set_own(world.engine, own, 2);
    assert_int_equal(turn_allocate(&alice), 0);
    assert_int_equal(bind_channel(&first, 0x4000), 0);
    assert_int_equal(bind_channel(&second, 0x4001), 0);
    assert_int_equal(bind_channel(&third, 0x4002), 403);
    assert_int_equal(bind_channel(&unmapped, 0x4002), 403);
}

static void indications_there_and_back(void **state)
{
    (void)state;
    struct turn_message m;
    assert_int_equal(turn_allocate(&alice), 0);
    turn_send_indication(&alice, &media, "early", 5);
    assert_int_equal(world.relayed_count, 0);
    assert_int_equal(permit(&media), 0);
    turn_send_indication(&alice, &media, "hello", 5);
    assert_int_equal(world.relayed_count, 1);
    assert_memory_equal(world.relayed.data, "hello", 5);
    const struct net_path path = world.relayed.path;
    assert_true(path.tcp & NET_PATH_TURN);
    assert_true(net_addr_equal(&path.local, &media));
    assert_true(net_addr_same_ip(&path.remote, &media));
    turn_send(world.engine, &path, (const uint8_t *)"answer", 6, world.now);
    assert_true(turn_parse(&m, world.sent.data, world.sent.len));
    assert_int_equal(m.stun.method, TURN_DATA);
    assert_int_equal(m.stun.class, STUN_INDICATION);
    assert_true(net_addr_equal(&m.peers[0], &media));
    assert_int_equal(m.data_len, 6);
    assert_memory_equal(m.data, "answer", 6);
    world.now += TURN_PERMISSION_LIFETIME;
    unsigned sent = world.sent_count;
    turn_send(world.engine, &path, (const uint8_t *)"late", 4, world.now);
    turn_send_indication(&alice, &media, "late", 4);
    assert_int_equal(world.sent_count, sent);
    assert_int_equal(world.relayed_count, 1);
    assert_int_equal(counted(COUNTER_TURN_RX), 1);
    assert_int_equal(counted(COUNTER_TURN_TX), 1);
}

static void channels_there_and_back(void **state)
{
    (void)state;
    assert_int_equal(turn_allocate(&alice), 0);
    assert_int_equal(bind_channel(&media, 0x3fff), 400);
    assert_int_equal(bind_channel(&media, 0x5000), 400);
    assert_int_equal(bind_channel(&media, 0x4001), 0);
    turn_channel_data(&alice, 0x4001, "hello", 5);
    turn_channel_data(&alice, 0x4002, "hello", 5);
    assert_int_equal(world.relayed_count, 1);
    assert_int_equal(world.relayed.len, 5);
    turn_send(world.engine, &world.relayed.path, (const uint8_t *)"answer", 6, world.now);
    assert_int_equal(world.sent.len, 10);
    assert_memory_equal(world.sent.data,
                        "\x40\x01\x00\x06"
                        "answer",
                        10);
    world.now += TURN_CHANNEL_LIFETIME - USEC_PER_SEC;
    assert_int_equal(refresh(600, NULL), 0);
    assert_int_equal(bind_channel(&media, 0x4001), 0);
    world.now += USEC_PER_SEC;
    turn_channel_data(&alice, 0x4001, "still", 5);
    assert_int_equal(world.relayed_count, 2);
    world.now += TURN_CHANNEL_LIFETIME - 2 * USEC_PER_SEC;
    assert_int_equal(refresh(600, NULL), 0);
    world.now += USEC_PER_SEC;
    turn_channel_data(&alice, 0x4001, "late", 4);
    assert_int_equal(world.relayed_count, 2);
}

static void a_channel_belongs_to_one_peer(void **state)
{
    (void)state;
    const struct net_addr other = turn_address("192.0.2.1", TURN_WORLD_PORT);
    assert_int_equal(turn_allocate(&alice), 0);
    assert_int_equal(bind_channel(&media, 0x4001), 0);
    assert_int_equal(bind_channel(&other, 0x4001), 400);
    assert_int_equal(bind_channel(&media, 0x4002), 400);
    assert_int_equal(bind_channel(&other, 0x4002), 0);
    assert_int_equal(refresh(3600, NULL), 0);
    world.now += TURN_CHANNEL_LIFETIME;
    assert_int_equal(bind_channel(&other, 0x4001), 0);
    turn_channel_data(&alice, 0x4001, "x", 1);
    assert_true(net_addr_equal(&world.relayed.path.local, &other));
}

static void data_of_a_stream_is_padded(void **state)
{
    (void)state;
    alice.client.stream = 7;
    assert_int_equal(turn_allocate(&alice), 0);
    assert_int_equal(bind_channel(&media, 0x4001), 0);
    turn_channel_data(&alice, 0x4001, "hello", 5);
    turn_send(world.engine, &world.relayed.path, (const uint8_t *)"answer", 6, world.now);
    assert_int_equal(world.sent.len, 12);
    assert_int_equal(world.sent.to.stream, 7);
    turn_stream_closed(world.engine, &alice.client);
    assert_int_equal(world.closed_count, 1);
    assert_false(turn_has_allocation(world.engine, &alice.client));
}

static void ends_are_told(void **state)
{
    (void)state;
    struct turn_message m;
    assert_int_equal(turn_allocate(&alice), 0);
    assert_int_equal(bind_channel(&media, 0x4001), 0);
    turn_channel_data(&alice, 0x4001, "hello", 5);
    const struct net_path path = world.relayed.path;
    assert_int_equal(refresh(0, &m), 0);
    assert_int_equal(m.lifetime, 0);
    assert_int_equal(world.closed_count, 1);
    assert_int_equal(world.closed.path.tcp, path.tcp);
    /* whoever gets the place next is somebody else */
    assert_int_equal(turn_allocate(&alice), 0);
    assert_int_equal(bind_channel(&media, 0x4001), 0);
    unsigned sent = world.sent_count;
    turn_send(world.engine, &path, (const uint8_t *)"answer", 6, world.now);
    assert_int_equal(world.sent_count, sent);
    turn_channel_data(&alice, 0x4001, "hello", 5);
    assert_true(world.relayed.path.tcp != path.tcp);
    assert_true(turn_deadline(world.engine) <= world.now + 5 * USEC_PER_SEC);
    world.now += 600 * USEC_PER_SEC;
    turn_tick(world.engine, world.now);
    assert_int_equal(world.closed_count, 2);
}

static void bindings_are_answered(void **state)
{
    (void)state;
    const struct turn_wish plain = {.lifetime = -1}, odd = {.lifetime = -1, .unknown = 0x7fff};
    assert_int_equal(turn_ask_bare(&alice, STUN_BINDING, &plain), 0);
    assert_int_equal(turn_ask_bare(&alice, STUN_BINDING, &odd), 420);
    assert_int_equal(turn_ask_bare(&alice, 0x00a, &plain), 400);
}

static void the_newest_credentials_of_a_participant_stay(void **state)
{
    (void)state;
    struct turn_users u;
    struct turn_user user = {.participant = 1};
    assert_true(users_init(&u, 6));
    for (uint64_t i = 1; i <= USERS_PER_PARTICIPANT + 1; i++) {
        user.name = i;
        user.expires = 100 * i;
        assert_true(users_add(&u, &user, 1));
    }
    assert_null(users_find(&u, 1, 1));
    assert_non_null(users_find(&u, 2, 1));
    assert_null(users_find(&u, 2, 200));
    user = (struct turn_user){.name = 50, .participant = 2, .expires = 1000};
    assert_true(users_add(&u, &user, 1));
    user.name = 51;
    assert_true(users_add(&u, &user, 1));
    user = (struct turn_user){.name = 52, .participant = 3, .expires = 1000};
    assert_false(users_add(&u, &user, 1));
    assert_true(users_add(&u, &user, 200));
    users_forget(&u, 2);
    assert_null(users_find(&u, 50, 1));
    users_free(&u);
}

static void hostile_bytes(void **state)
{
    (void)state;
    const uint8_t none[] = {0}, channel[] = {0x40, 0x01, 0xff, 0xff, 1}, short_one[] = {0x40, 0x01},
                  media_like[] = {0x80, 0x60, 0, 1};
    turn_input(world.engine, &alice.client, none, 0, world.now);
    turn_input(world.engine, &alice.client, none, 1, world.now);
    turn_input(world.engine, &alice.client, channel, sizeof(channel), world.now);
    turn_input(world.engine, &alice.client, short_one, sizeof(short_one), world.now);
    turn_input(world.engine, &alice.client, media_like, sizeof(media_like), world.now);
    assert_int_equal(counted(COUNTER_DROP_TURN_MALFORMED), 5);
    assert_int_equal(world.sent_count, 0);
    assert_int_equal(turn_allocate(&alice), 0);
    struct turn_wish many = {.lifetime = -1};
    for (size_t i = 0; i <= TURN_PEER_ADDRESSES_MAX - 1; i++)
        many.peers[i] = &media;
    assert_int_equal(turn_ask(&alice, TURN_CREATE_PERMISSION, &many, NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_long_term_vector),
        TEST(nonces_are_ours_and_fresh),
        TEST(an_allocation),
        TEST(what_allocate_must_say),
        TEST(wrong_credentials),
        TEST(credentials_expire_but_not_for_what_they_made),
        TEST(a_stale_nonce_is_replaced),
        TEST(the_quota_of_a_participant),
        TEST(the_pool_is_bounded),
        TEST(only_we_are_a_peer),
        TEST(mapped_ports_are_ours_too),
        TEST(indications_there_and_back),
        TEST(channels_there_and_back),
        TEST(a_channel_belongs_to_one_peer),
        TEST(data_of_a_stream_is_padded),
        TEST(ends_are_told),
        TEST(bindings_are_answered),
        TEST(the_newest_credentials_of_a_participant_stay),
        TEST(hostile_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
