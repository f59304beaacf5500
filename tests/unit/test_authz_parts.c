/* SPDX-License-Identifier: Apache-2.0 */
/* Small parts of delegation and of the two ways to the SFU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/delegation/outcome.h"
#include "authz/delegation/pace.h"
#include "authz/delegation/redis_record.h"
#include "authz/http/routes.h"
#include "authz/sfu/events.h"
#include "authz/sfu/request.h"
#include "common/jwt/token.h"
#include "common/proto/livekit/room.pb-c.h"
#include "control/internal/feed.h"

static void outcomes(void **state)
{
    (void)state;
    const struct {
        int status;
        const char *retry_after, *body;
        enum outcome outcome;
        usec_t wait;
    } cases[] = {
        {200, "", "{}", OUTCOME_DONE, 0},
        {204, "", "", OUTCOME_DONE, 0},
        {404, "", "", OUTCOME_GONE, 0},
        {409, "", "", OUTCOME_CONFLICT, 0},
        {401, "", "", OUTCOME_FORBIDDEN, 0},
        {403, "", "", OUTCOME_FORBIDDEN, 0},
        {429, "3", "{\"retry_after_ms\":9000}", OUTCOME_LATER, 3 * USEC_PER_SEC},
        {429, "", "{\"retry_after_ms\":2001}", OUTCOME_LATER, 3 * USEC_PER_SEC},
        {429, "x", "{\"retry_after_ms\":-1}", OUTCOME_LATER, 0},
        {429, "", "no", OUTCOME_LATER, 0},
        {500, "9", "", OUTCOME_TRANSIENT, 0},
        {302, "", "", OUTCOME_TRANSIENT, 0},
        {0, "", "", OUTCOME_TRANSIENT, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outcome_of_call o = outcome_of(cases[i].status, cases[i].retry_after, cases[i].body,
                                              strlen(cases[i].body), 0);
        assert_int_equal(o.outcome, cases[i].outcome);
        assert_int_equal(o.wait, cases[i].wait);
    }
}

static void urls_of_delayed_events(void **state)
{
    (void)state;
    char url[DELAYED_EVENT_URL], id[DELAY_ID_MAX + 2];
    delayed_event_url("https://a", false, "a/../b?c%\xc3\xa4", DELAYED_EVENT_SEND, url);
    assert_string_equal(url, "https://a/_matrix/client/unstable/org.matrix.msc4140/delayed_events/"
                             "a%2F..%2Fb%3Fc%25%C3%A4/send");
    delayed_event_url("https://a", true, "x~-_.1", DELAYED_EVENT_RESTART, url);
    assert_string_equal(url, "https://a/_matrix/client/v1/delayed_events/x~-_.1/restart");
    memset(id, 'x', sizeof(id));
    id[DELAY_ID_MAX] = 0;
    assert_true(delay_id_valid(id));
    id[DELAY_ID_MAX] = 'x';
    id[DELAY_ID_MAX + 1] = 0;
    assert_false(delay_id_valid(id));
    assert_false(delay_id_valid(""));
    assert_false(delay_id_valid("."));
    assert_false(delay_id_valid(".."));
    assert_true(delay_id_valid("..."));
}

static void pace(void **state)
{
    (void)state;
    struct pace p;
    usec_t now = 100 * USEC_PER_SEC;
    pace_init(&p, 0);
    for (int i = 0; i < PACE_BURST; i++)
        assert_int_equal(pace_take(&p, now), now);
    for (unsigned i = 1; i <= 5; i++)
        assert_int_equal(pace_take(&p, now), now + i * USEC_PER_SEC);
    pace_close(&p, now + 60 * USEC_PER_SEC);
    assert_int_equal(pace_take(&p, now), now + 60 * USEC_PER_SEC);
    now += 3600 * USEC_PER_SEC;
    assert_int_equal(pace_take(&p, now), now);
    pace_init(&p, 100);
    for (int i = 0; i < PACE_BURST; i++)
        pace_take(&p, now);
    assert_int_equal(pace_take(&p, now), now + USEC_PER_SEC / 100);
}

static struct job_record got;
static char got_texts[4][64];

static void take_record(void *arg, const struct job_record *r)
{
    (void)arg;
    got = *r;
    snprintf(got_texts[0], 64, "%s", r->room);
    snprintf(got_texts[1], 64, "%s", r->identity);
    snprintf(got_texts[2], 64, "%s", r->server);
    snprintf(got_texts[3], 64, "%s", r->delay_id);
}

static bool read_record(const char *value)
{
    return redis_record_read(value, strlen(value), take_record, NULL);
}

static void redis_records(void **state)
{
    (void)state;
    const struct job_record r = {"room",           "@a:b:D", "hs", "d1", 3600 * USEC_PER_SEC,
                                 1795406739123456, true,     false};
    char *field = redis_record_field(r.room, r.identity), *value = redis_record_value(&r);
    assert_string_equal(field, "[\"room\",\"@a:b:D\"]");
    assert_true(read_record(value));
    assert_string_equal(got_texts[0], "room");
    assert_string_equal(got_texts[1], "@a:b:D");
    assert_string_equal(got_texts[2], "hs");
    assert_string_equal(got_texts[3], "d1");
    assert_int_equal(got.timeout, r.timeout);
    assert_int_equal(got.restarted_at, r.restarted_at);
    assert_true(got.restricted);
    assert_false(got.joined);
    free(field);
    free(value);
#define PARAMS                                                                                     \
    "{\"Params\":{\"DelayId\":\"d\",\"DelayTimeout\":1000000,\"ServerName\":\"s\","                \
    "\"LiveKitRoom\":\"r\",\"LiveKitIdentity\":\"i\"},\"RestartedAt\":"
    assert_true(read_record(PARAMS "\"2026-11-23T04:05:39+01:00\"}"));
    assert_int_equal(got.restarted_at, 1795403139 * USEC_PER_SEC);
    assert_true(got.joined);
    assert_true(read_record(PARAMS "\"2026-11-23T03:05:39.5Z\"}"));
    assert_int_equal(got.restarted_at, 1795403139 * USEC_PER_SEC + 500000);
    assert_false(read_record(PARAMS "\"yesterday\"}"));
    assert_false(read_record(PARAMS "7}"));
    assert_false(read_record("{}"));
    assert_false(read_record("x"));
}

/* --- the SFU --- */

static void api_urls(void **state)
{
    (void)state;
    char out[64];
    assert_true(sfu_api_url("wss://a/livekit/sfu/", out, sizeof(out)));
    assert_string_equal(out, "https://a/livekit/sfu");
    assert_true(sfu_api_url("ws://a:7880", out, sizeof(out)));
    assert_string_equal(out, "http://a:7880");
    assert_true(sfu_api_url("https://a", out, sizeof(out)));
    assert_false(sfu_api_url("ftp://a", out, sizeof(out)));
    assert_false(sfu_api_url("wss://", out, sizeof(out)));
    assert_false(sfu_api_url("", out, sizeof(out)));
    assert_false(sfu_api_url("wss://aaaaaaaaaa", out, 12));
}

static void twirp_messages(void **state)
{
    (void)state;
    struct sfu_message m;
    assert_true(sfu_twirp_message(&m, "room", NULL));
    Livekit__CreateRoomRequest *q = livekit__create_room_request__unpack(NULL, m.length, m.body);
    assert_string_equal(q->name, "room");
    assert_int_equal(q->empty_timeout, 300);
    assert_int_equal(q->departure_timeout, 20);
    assert_int_equal(q->max_participants, 0);
    livekit__create_room_request__free_unpacked(q, NULL);
    sfu_message_free(&m);
    assert_true(sfu_local_message(&m, "a b+", "@u:h&"));
    assert_string_equal(m.query, "?room=a%20b%2B&identity=%40u%3Ah%26");
    sfu_message_free(&m);
}

static void presence(void **state)
{
    (void)state;
    const char not_found[] = "{\"code\":\"not_found\",\"msg\":\"x\"}", html[] = "<html>404";
    assert_int_equal(sfu_twirp_presence(404, not_found, strlen(not_found)), PRESENCE_GONE);
    assert_int_equal(sfu_twirp_presence(404, html, strlen(html)), PRESENCE_UNKNOWN);
    assert_int_equal(sfu_twirp_presence(404, "{\"code\":\"bad_route\"}", 20), PRESENCE_UNKNOWN);
    assert_int_equal(sfu_twirp_presence(500, not_found, strlen(not_found)), PRESENCE_UNKNOWN);
    assert_int_equal(sfu_twirp_presence(200, "\x18\x02", 2), PRESENCE_HERE);
    assert_int_equal(sfu_twirp_presence(200, "\x18\x03", 2), PRESENCE_GONE);
    assert_int_equal(sfu_twirp_presence(200, "\xff", 1), PRESENCE_UNKNOWN);
    assert_int_equal(sfu_local_presence(200, "{\"present\":true}", 16), PRESENCE_HERE);
    assert_int_equal(sfu_local_presence(200, "{\"present\":false}", 17), PRESENCE_GONE);
    assert_int_equal(sfu_local_presence(503, "{\"present\":false}", 17), PRESENCE_UNKNOWN);
    assert_int_equal(sfu_local_presence(200, "{}", 2), PRESENCE_UNKNOWN);
}

static void webhooks(void **state)
{
    (void)state;
    struct api_keys keys = {0}, others = {0};
    struct sfu_event e;
    const char body[] =
        "{\"event\":\"participant_left\",\"room\":{\"name\":\"r\"},\"participant\":{"
        "\"identity\":\"i\",\"disconnectReason\":\"CLIENT_INITIATED\"}}";
    api_keys_add(&keys, "k", "s");
    api_keys_add(&others, "k", "other");
    char *token = token_sign_body(&keys, "k", body, strlen(body), 1000, 60);
    char *forged = token_sign_body(&others, "k", body, strlen(body), 1000, 60);
    assert_true(webhook_authentic(&keys, token, body, strlen(body), 1000));
    assert_false(webhook_authentic(&keys, token, body, strlen(body) - 1, 1000));
    assert_false(webhook_authentic(&keys, token, body, strlen(body), 2000));
    assert_false(webhook_authentic(&keys, forged, body, strlen(body), 1000));
    assert_false(webhook_authentic(&keys, "", body, strlen(body), 1000));
    assert_false(webhook_authentic(&keys, NULL, body, strlen(body), 1000));
    free(token);
    free(forged);
    assert_true(webhook_read(body, strlen(body), &e));
    assert_int_equal(e.kind, SFU_EVENT_LEFT);
    assert_int_equal(e.reason, SFU_REASON_CLIENT_INITIATED);
    assert_string_equal(e.room, "r");
    assert_string_equal(e.identity, "i");
    assert_true(webhook_read("{\"event\":\"room_started\"}", 24, &e));
    assert_int_equal(e.kind, SFU_EVENT_OTHER);
    assert_false(webhook_read("{\"event\":\"participant_joined\"}", 30, &e));
    assert_false(webhook_read("[]", 2, &e));
}

/* --- what control tells and what authz understands --- */

static unsigned heard;
static struct sfu_event last_heard;

static void hear(void *ctx, const struct sfu_event *e)
{
    (void)ctx;
    heard++;
    last_heard = *e;
}

static struct sfu_events_answer ask(const struct feed *f, const char *epoch, uint64_t after)
{
    struct sfu_events_answer a;
    json_t *body = feed_since(f, epoch, after);
    char *text = json_dumps(body, 0);
    heard = 0;
    assert_true(sfu_events_read(text, strlen(text), &a, hear, NULL));
    free(text);
    json_decref(body);
    return a;
}

static void a_feed_of_events(void **state)
{
    (void)state;
    static struct feed f;
    feed_init(&f);
    struct sfu_events_answer a = ask(&f, "", 0);
    assert_true(a.missed);
    assert_false(feed_has(&f, a.epoch, a.next));
    feed_add(&f, "joined", "", "r", "i");
    feed_add(&f, "left", "SERVER_SHUTDOWN", "r2", "i2");
    assert_true(feed_has(&f, a.epoch, a.next));
    a = ask(&f, a.epoch, a.next);
    assert_false(a.missed);
    assert_int_equal(heard, 2);
    assert_int_equal(last_heard.kind, SFU_EVENT_LEFT);
    assert_int_equal(last_heard.reason, SFU_REASON_SERVER_SHUTDOWN);
    assert_string_equal(last_heard.room, "r2");
    assert_string_equal(last_heard.identity, "i2");
    for (unsigned i = 0; i < FEED_EVENTS; i++)
        feed_add(&f, "aborted", "JOIN_FAILURE", "r", "i");
    struct sfu_events_answer all = ask(&f, a.epoch, a.next);
    assert_false(all.missed);
    assert_int_equal(heard, FEED_EVENTS);
    feed_add(&f, "joined", "", "r", "i");
    assert_true(ask(&f, a.epoch, a.next).missed);
    assert_true(ask(&f, a.epoch, a.next + 100000).missed);
    assert_true(ask(&f, "another", 1).missed);
    feed_free(&f);
}

static void paths(void **state)
{
    (void)state;
    assert_int_equal(path_of("/sfu/get"), PATH_SFU_GET);
    assert_int_equal(path_of("//sfu//get//"), PATH_SFU_GET);
    assert_int_equal(path_of("/livekit/jwt/get_token"), PATH_GET_TOKEN);
    assert_int_equal(path_of("/x/delegate_delayed_leave/"), PATH_DELEGATE);
    assert_int_equal(path_of("/sfu_webhook"), PATH_WEBHOOK);
    assert_int_equal(path_of("/healthz"), PATH_HEALTH);
    assert_int_equal(path_of("/xhealthz"), PATH_UNKNOWN);
    assert_int_equal(path_of("/get_token/x"), PATH_UNKNOWN);
    assert_int_equal(path_of("/"), PATH_UNKNOWN);
    assert_int_equal(path_of(""), PATH_UNKNOWN);
    assert_int_equal(path_of("/_matrix/client/v1/rtc/transports"), PATH_TRANSPORTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes),
        cmocka_unit_test(urls_of_delayed_events),
        cmocka_unit_test(pace),
        cmocka_unit_test(redis_records),
        cmocka_unit_test(api_urls),
        cmocka_unit_test(twirp_messages),
        cmocka_unit_test(presence),
        cmocka_unit_test(webhooks),
        cmocka_unit_test(a_feed_of_events),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
