/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks from rooms to receivers over real HTTP: bodies, signatures, order, isolation, restart.
 */
#include "tests/unit/signal_stage.h"

#include "common/base64.h"
#include "common/jwt/token.h"
#include "control/http/http.h"
#include "control/room/participant.h"
#include "control/webhook/webhook.h"

#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "secret-of-at-least-thirty-two-bytes"

static struct loop *loop;
static struct http_server *receiver;
static int status; /* that the receiver answers */
static json_t *bodies[64];
static size_t body_count;

static struct api_keys keys;
static char dir[64], path[96], ledger[96], url[64], dead_url[64];
static struct stage stage;
static struct actor alice, bob;
static struct webhook *hook;

static void check_signature(struct http_request *r)
{
    const char *token = http_header(r, "authorization");
    assert_non_null(token);
    struct claims claims;
    char *wrong = token_verify(&keys, token, strlen(token),
                               (int64_t)(clock_realtime() / USEC_PER_SEC), &claims);
    assert_null(wrong);
    uint8_t hash[SHA256_DIGEST_LENGTH];
    struct http_text body = http_body(r);
    SHA256((const uint8_t *)body.at, body.length, hash);
    char text[64];
    base64_encode(hash, sizeof hash, BASE64_STANDARD, true, text);
    assert_string_equal(claims.sha256, text);
    assert_string_equal(claims.api_key, "key");
    assert_string_equal(http_header(r, "content-type"), "application/webhook+json");
    claims_free(&claims);
}

static void on_post(struct http_request *r, void *arg)
{
    (void)arg;
    assert_string_equal(http_method(r), "POST");
    check_signature(r);
    struct http_text body = http_body(r);
    if (status == 200)
        bodies[body_count++] = json_loadb(body.at, body.length, 0, NULL);
    http_respond_text(r, status, "");
}

static void open_hook(void)
{
    struct webhook_config c = {.urls = {url, dead_url},
                               .url_count = 2,
                               .keys = &keys,
                               .api_key = "key",
                               .events = UINT32_MAX,
                               .path = path,
                               .ledger_path = ledger};
    hook = webhook_create(loop, &c);
    assert_non_null(hook);
}

static void on_event(void *ctx, enum room_event e, const struct room *r,
                     const struct participant *p, const struct publication *t)
{
    (void)ctx;
    webhook_event(hook, e, r, p, t);
}

static void on_command(void *ctx, Sluice__Link__Command *c)
{
    (void)ctx;
    (void)c;
}

static int open_all(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/sluice-webhook-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/webhooks.journal", dir);
    snprintf(ledger, sizeof ledger, "%s/webhooks.ledger", dir);
    api_keys_add(&keys, "key", SECRET);
    loop = loop_create();
    receiver = http_server_create(loop, &(struct http_config){0});
    struct net_addr at;
    net_addr_parse(&at, "127.0.0.1", 0);
    assert_int_equal(http_server_listen(receiver, &at), 0);
    http_route(receiver, NULL, "/hook", HTTP_EXACT, on_post, NULL);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/hook", http_server_port(receiver, 0));
    snprintf(dead_url, sizeof dead_url, "http://127.0.0.1:1/hook");
    status = 200;
    body_count = 0;
    open_hook();
    stage_open(&stage);
    struct signalling_output out = {.command = on_command, .event = on_event};
    signalling_set_output(stage.g, &out);
    actor_open(&alice, &stage, "alice");
    actor_open(&bob, &stage, "bob");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    actor_close(&alice);
    actor_close(&bob);
    stage_close(&stage);
    webhook_destroy(hook);
    http_server_destroy(receiver);
    loop_destroy(loop);
    for (size_t i = 0; i < body_count; i++)
        json_decref(bodies[i]);
    unlink(path);
    unlink(ledger);
    return rmdir(dir);
}

/* Until so many bodies have come, 5 s at most. */
static void wait_for(size_t count)
{
    usec_t end = clock_monotonic() + 5 * USEC_PER_SEC;
    while (body_count < count && clock_monotonic() < end)
        loop_turn(loop, 10 * USEC_PER_MS);
    assert_int_equal(body_count, count);
}

/* Until the sender knows of so many. */
static void wait_until_delivered(uint64_t count)
{
    for (int i = 0; i < 100 && webhook_counters(hook, 0)->delivered < count; i++)
        loop_turn(loop, 10 * USEC_PER_MS);
    assert_int_equal(webhook_counters(hook, 0)->delivered, count);
}

static const char *text(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));
    return s ? s : "";
}

static void expect_events(const char *expected)
{
    char names[1024] = "";
    for (size_t i = 0; i < body_count; i++) {
        strcat(names, text(bodies[i], "event"));
        strcat(names, " ");
    }
    assert_string_equal(names, expected);
}

static void a_call_is_told_in_order(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_add_track(&alice, "mic", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC, 2);
    actor_leave(&alice);
    stage_pass(&stage, 21 * USEC_PER_SEC);
    wait_for(6);
    expect_events("room_started participant_joined track_published track_unpublished "
                  "participant_left room_finished ");
    const json_t *room = json_object_get(bodies[0], "room");
    assert_string_equal(text(room, "name"), "room");
    assert_true(json_is_string(json_object_get(room, "creationTime")));
    assert_int_equal(json_array_size(json_object_get(room, "enabledCodecs")), 10);
    assert_null(json_object_get(bodies[0], "participant"));
    assert_memory_equal(text(bodies[0], "id"), "EV_", 3);
    const json_t *p = json_object_get(bodies[1], "participant");
    assert_string_equal(text(p, "state"), "ACTIVE");
    assert_in_range(json_integer_value(json_object_get(p, "version")), 1, 2);
    assert_int_equal(json_object_size(json_object_get(bodies[2], "room")), 2);
    assert_int_equal(json_object_size(json_object_get(bodies[2], "participant")), 2);
    assert_string_equal(text(json_object_get(bodies[2], "track"), "source"), "MICROPHONE");
    p = json_object_get(bodies[4], "participant");
    assert_string_equal(text(p, "disconnectReason"), "CLIENT_INITIATED");
    assert_string_equal(text(p, "state"), "DISCONNECTED");
    assert_null(json_object_get(p, "tracks"));
    wait_until_delivered(6);
    /* the other URL has had nothing yet */
    assert_int_equal(webhook_counters(hook, 0)->delivered, 6);
    assert_int_equal(webhook_counters(hook, 1)->delivered, 0);
    assert_int_equal(webhook_counters(hook, 1)->waiting, 6);
}

static void tracks_follow_their_participant(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_add_track(&alice, "mic", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC, 2);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    wait_for(3);
    expect_events("room_started participant_joined track_published ");
}

static void who_was_never_connected_aborted(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_add_track(&alice, "mic", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC, 2);
    actor_cut(&alice);
    wait_for(2);
    expect_events("room_started participant_connection_aborted ");
    assert_string_equal(text(json_object_get(bodies[1], "participant"), "disconnectReason"),
                        "SIGNAL_CLOSE");
}

static void the_old_session_leaves_before_the_new_one_joins(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    struct actor again;
    actor_open(&again, &stage, "alice");
    actor_join(&again, OFFER_JOIN);
    actor_transport(&again, SLUICE__LINK__CONNECTION__CONNECTED);
    wait_for(4);
    expect_events("room_started participant_joined participant_left participant_joined ");
    assert_string_equal(text(json_object_get(bodies[2], "participant"), "disconnectReason"),
                        "DUPLICATE_IDENTITY");
    actor_close(&again);
}

static void what_waits_outlives_the_process(void **state)
{
    (void)state;
    status = 503;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 5 * USEC_PER_MS);
    assert_int_equal(webhook_counters(hook, 0)->delivered, 0);
    webhook_destroy(hook);
    status = 200;
    open_hook();
    actor_leave(&alice);
    wait_for(3);
    expect_events("room_started participant_joined participant_left ");
}

/* Control and dataplane both died: nobody is there any more. */
static void what_is_gone_after_a_restart_is_told(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_add_track(&alice, "mic", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC, 2);
    wait_until_delivered(3);
    webhook_destroy(hook);
    open_hook();
    webhook_settle(hook, stage.rooms); /* all are there */
    struct rooms none;
    rooms_init(&none, &stage.config, &(struct room_output){0});
    webhook_settle(hook, &none);
    webhook_settle(hook, &none);
    rooms_free(&none);
    wait_for(6);
    expect_events("room_started participant_joined track_published track_unpublished "
                  "participant_left room_finished ");
    const json_t *p = json_object_get(bodies[4], "participant");
    assert_string_equal(text(p, "state"), "DISCONNECTED");
    assert_string_equal(text(p, "disconnectReason"), "STATE_MISMATCH");
    assert_string_equal(text(json_object_get(bodies[5], "room"), "name"), "room");
    assert_string_not_equal(text(bodies[5], "id"), text(bodies[0], "id"));
}

static void filters_choose_events(void **state)
{
    (void)state;
    static const char include[2][256] = {"participant_left", "room_started"};
    static const char exclude[1][256] = {"room_started"};
    assert_int_equal(webhook_events(include, 2, exclude, 1), 1u << PARTICIPANT_LEFT);
    assert_int_equal(webhook_events(NULL, 0, exclude, 1), 0x7e);
    assert_int_equal(webhook_events(NULL, 0, NULL, 0), 0x7f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_told_in_order),
        TEST(tracks_follow_their_participant),
        TEST(who_was_never_connected_aborted),
        TEST(the_old_session_leaves_before_the_new_one_joins),
        TEST(what_waits_outlives_the_process),
        TEST(what_is_gone_after_a_restart_is_told),
        cmocka_unit_test(filters_choose_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
