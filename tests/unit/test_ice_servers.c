/* SPDX-License-Identifier: Apache-2.0 */
/* Which STUN and TURN servers clients are told, with which credentials. */
#include "control/room/commands.h"
#include "control/room/ice_servers.h"
#include "control/room/participant.h"
#include "control/room/preference.h"
#include "control/room/turn_credentials.h"
#include "tests/unit/signal_stage.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct stage stage;
static struct actor alice;
static struct api_keys keys;

static const struct ice_server others[] = {
    {.url = "turn:a.example:3478?transport=udp",
     .username = "",
     .credential = "",
     .secret = "shared",
     .ttl = 14400},
    {.url = "turns:b.example:443?transport=tcp",
     .username = "bob",
     .credential = "builder",
     .secret = "",
     .tls = true},
    {.url = "stun:c.example:3478", .username = "", .credential = "", .secret = ""},
    {.url = "stun:d.example:3478", .username = "", .credential = "", .secret = ""},
};

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage);
    memset(&keys, 0, sizeof keys);
    api_keys_add(&keys, "APIkey", "a secret");
    stage.rooms->config.keys = &keys;
    actor_open(&alice, &stage, "alice");
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    actor_close(&alice);
    stage_close(&stage);
    return 0;
}

static void enable(uint16_t udp_port, uint16_t tls_port)
{
    stage.rooms->config.turn = (struct turn_settings){
        .udp_port = udp_port, .tls_port = tls_port, .domain = "turn.example", .ttl = 300};
}

static void add_others(void)
{
    stage.rooms->config.ice_servers = others;
    stage.rooms->config.ice_server_count = sizeof others / sizeof *others;
}

static const Livekit__JoinResponse *joined(void)
{
    actor_join(&alice, OFFER_JOIN);
    return actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)->join;
}

static const Sluice__Link__TurnUser *told_user(void)
{
    return stage_last(&stage, SLUICE__LINK__COMMAND__BODY_ADD_TURN_USER)->add_turn_user;
}

static void expect_key(const Livekit__ICEServer *s, const Sluice__Link__TurnUser *u)
{
    char text[1024];
    uint8_t key[EVP_MAX_MD_SIZE];
    unsigned len;
    int n = snprintf(text, sizeof text, "%s:livekit:%s", s->username, s->credential);
    assert_int_equal(EVP_Digest(text, (size_t)n, key, &len, EVP_md5(), NULL), 1);
    assert_string_equal(u->username, s->username);
    assert_int_equal(u->key.len, len);
    assert_memory_equal(u->key.data, key, len);
    assert_int_equal(u->lifetime, 300);
    assert_int_equal(u->participant, actor_participant(&alice)->index.id);
}

static void our_own_comes_first(void **state)
{
    (void)state;
    enable(3478, 443);
    add_others();
    net_addr_parse(&stage.rooms->addresses[1].at, "2001:db8::1", 0);
    stage.rooms->addresses[1].udp = true;
    stage.rooms->addresses[2] = stage.rooms->addresses[0];
    stage.rooms->addresses[2].at.port = 40000;
    net_addr_parse(&stage.rooms->addresses[3].at, "192.0.2.4", 0); /* for TCP alone */
    stage.rooms->address_count = 4;
    const Livekit__JoinResponse *m = joined();
    assert_int_equal(m->n_ice_servers, 4);
    const Livekit__ICEServer *own = m->ice_servers[0];
    assert_int_equal(own->n_urls, 3);
    assert_string_equal(own->urls[0], "turn:192.0.2.1:3478?transport=udp");
    assert_string_equal(own->urls[1], "turn:[2001:db8::1]:3478?transport=udp");
    assert_string_equal(own->urls[2], "turns:turn.example:443?transport=tcp");
    expect_key(own, told_user());
    assert_string_equal(m->ice_servers[2]->urls[0], "turns:b.example:443?transport=tcp");
    assert_string_equal(m->ice_servers[2]->username, "bob");
    assert_string_equal(m->ice_servers[2]->credential, "builder");
    assert_int_equal(m->ice_servers[3]->n_urls, 2);
    assert_string_equal(m->ice_servers[3]->urls[1], "stun:d.example:3478");
}

static void credentials_by_a_shared_secret(void **state)
{
    (void)state;
    struct rest_credentials expected;
    add_others();
    const Livekit__ICEServer *s = joined()->ice_servers[0];
    char *end;
    long long expiry = strtoll(s->username, &end, 10);
    long long now = (long long)(clock_realtime() / USEC_PER_SEC);
    assert_in_range(expiry, now + 14395, now + 14400);
    assert_int_equal(*end, ':');
    assert_string_equal(end + 1, actor_participant(&alice)->sid);
    assert_true(rest_credentials_make(&expected, "shared", end + 1, expiry));
    assert_string_equal(s->credential, expected.password);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_ADD_TURN_USER), 0);
}

/* HMAC-SHA1("secret", "1700000000:PA_x"), from openssl dgst. */
static void a_known_password(void **state)
{
    (void)state;
    struct rest_credentials c;
    assert_true(rest_credentials_make(&c, "secret", "PA_x", 1700000000));
    assert_string_equal(c.username, "1700000000:PA_x");
    assert_string_equal(c.password, "hGRbykIKGeoxGLzBGMhDb8AYud0=");
}

static void over_tls_only(void **state)
{
    (void)state;
    enable(3478, 443);
    add_others();
    joined();
    preference_set(actor_participant(&alice)->room, "alice", LIVEKIT__CANDIDATE_PROTOCOL__TLS);
    const Livekit__JoinResponse *m = joined();
    assert_int_equal(m->client_configuration->force_relay, LIVEKIT__CLIENT_CONFIG_SETTING__ENABLED);
    assert_int_equal(m->n_ice_servers, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(m->ice_servers[i]->n_urls, 1);
        assert_memory_equal(m->ice_servers[i]->urls[0], "turns:", 6);
    }
    /* the relay speaks UDP to us */
    assert_false(
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT)->open_transport->tcp_only);
}

static void resuming_renews_them(void **state)
{
    (void)state;
    enable(3478, 0);
    joined();
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_ADD_TURN_USER), 1);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_cut(&alice);
    actor_resume(&alice);
    stage_pass(&stage, USEC_PER_SEC);
    const Livekit__ReconnectResponse *m =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT)->reconnect;
    assert_int_equal(m->n_ice_servers, 1);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_ADD_TURN_USER), 2);
    expect_key(m->ice_servers[0], told_user());
}

static void what_may_be_relayed_to(void **state)
{
    (void)state;
    enable(3478, 0);
    struct turn_settings *t = &stage.rooms->config.turn;
    net_addr_parse(&stage.rooms->addresses[1].at, "10.1.2.3", 40000);
    net_addr_parse(&stage.rooms->addresses[2].at, "10.64.0.1", 0);
    for (size_t i = 0; i < 3; i++)
        stage.rooms->addresses[i].udp = true;
    stage.rooms->address_count = 3;
    t->denied[0].bits = 10;
    net_addr_parse(&t->denied[0].prefix, "10.64.0.0", 0);
    t->denied_count = 1;
    command_set_turn_peers(stage.rooms);
    const Sluice__Link__TurnPeers *m =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_SET_TURN_PEERS)->set_turn_peers;
    assert_int_equal(m->n_peers, 2);
    assert_string_equal(m->peers[0]->ip, "192.0.2.1");
    assert_int_equal(m->peers[0]->port, 0);
    assert_string_equal(m->peers[1]->ip, "10.1.2.3");
    assert_int_equal(m->peers[1]->port, 40000);
    size_t before = stage_count(&stage, SLUICE__LINK__COMMAND__BODY_SET_TURN_PEERS);
    stage_welcome(&stage, 2);
    stage_dump_end(&stage);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_SET_TURN_PEERS), before + 1);
}

static void texts_in_base_62(void **state)
{
    (void)state;
    char out[BASE62_SIZE(300)];
    uint8_t ones[300];
    assert_int_equal(base62_encode("", 0, out), 0);
    assert_string_equal(out, "");
    base62_encode("\x3d", 1, out);
    assert_string_equal(out, "z");
    base62_encode("\x3e", 1, out);
    assert_string_equal(out, "10");
    base62_encode("\xff\xff\xff\xff", 4, out);
    assert_string_equal(out, "4gfFC3");
    memset(ones, 0xff, sizeof ones);
    for (size_t n = 1; n <= sizeof ones; n++)
        assert_true(base62_encode(ones, n, out) < BASE62_SIZE(n));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(our_own_comes_first),  TEST(credentials_by_a_shared_secret),
        TEST(a_known_password),     TEST(over_tls_only),
        TEST(resuming_renews_them), TEST(what_may_be_relayed_to),
        TEST(texts_in_base_62),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
