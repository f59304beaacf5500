/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load generator's offers and its transport, against the product's SDP parser and a server made
 * of its STUN and DTLS.
 */
#include "bench/sluice-bench/offer.h"
#include "bench/sluice-bench/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OWN_PWD    "0123456789abcdef01234567"
#define SERVER_PWD "76543210fedcba9876543210"
#define ROUNDS     50

struct world {
    struct transport transport;
    struct dtls_context *context;
    struct srtp_engine *engine;
    struct dtls *server; /* DTLS of the other side */
    struct net_addr address;
    struct outbox out;
    usec_t now;
    unsigned requests, nominations;
    bool mute; /* the server does not answer checks */
};

static int set_up(void **state)
{
    char error[DTLS_ERROR_TEXT];
    struct world *w = calloc(1, sizeof *w);
    w->context = dtls_context_create(error);
    w->engine = srtp_engine_create(NULL);
    w->now = clock_monotonic();
    net_addr_parse(&w->address, "192.0.2.1", 7882);
    transport_init(&w->transport, w->context, w->engine, OWN_PWD);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    transport_free(&w->transport);
    if (w->server)
        dtls_destroy(w->server);
    dtls_context_destroy(w->context);
    srtp_engine_destroy(w->engine);
    free(w);
    return 0;
}

static void begin(struct world *w, bool we_are_client)
{
    struct sdp_remote remote = {.ufrag = "srv", .pwd = SERVER_PWD};
    dtls_context_fingerprint(w->context, remote.fingerprint);
    w->server = dtls_create(w->context, !we_are_client, NULL, w->now);
    dtls_set_fingerprint(w->server, remote.fingerprint);
    transport_remote(&w->transport, "own", &remote, we_are_client, w->now);
    connectivity_candidate(&w->transport.ice, &w->address);
    connectivity_candidate(&w->transport.ice, &w->address);
}

static void give(struct world *w, uint8_t *data, size_t len)
{
    transport_input(&w->transport, &w->address, data, &len, w->now, &w->out);
}

static void answer_check(struct world *w, const struct stun_message *m)
{
    uint8_t data[200];
    struct writer b = writer_of(data, sizeof data);
    assert_true(stun_verify(m, SERVER_PWD, strlen(SERVER_PWD)));
    assert_true(m->controlling);
    assert_int_equal(m->username_len, 7);
    assert_memory_equal(m->username, "srv:own", 7);
    w->requests++;
    w->nominations += m->use_candidate;
    stun_begin(&b, STUN_SUCCESS, m->transaction);
    stun_add_xor_address(&b, &w->address);
    stun_add_integrity(&b, SERVER_PWD, strlen(SERVER_PWD));
    stun_add_fingerprint(&b);
    if (!w->mute)
        give(w, data, stun_end(&b));
}

/* The server's side of one round: takes what was sent, sends what it has. */
static void serve(struct world *w)
{
    struct outbox sent = w->out;
    uint8_t data[DTLS_MTU];
    size_t len;
    w->out.count = 0;
    for (size_t i = 0; i < sent.count; i++) {
        struct stun_message m;
        const struct outbox_datagram *d = &sent.datagrams[i];
        if (stun_is_message(d->data, d->len)) {
            assert_true(stun_parse(&m, d->data, d->len));
            answer_check(w, &m);
        } else {
            dtls_input(w->server, d->data, d->len, w->now);
        }
    }
    while (w->requests > 0 && (len = dtls_output(w->server, data)) > 0)
        give(w, data, len);
}

static void converse(struct world *w, usec_t step)
{
    for (int i = 0; i < ROUNDS; i++, w->now += step) {
        transport_run(&w->transport, w->now, &w->out);
        serve(w);
    }
}

static void check_keys(struct world *w)
{
    struct srtp_master receive, send;
    assert_int_equal(w->transport.state, TRANSPORT_CONNECTED);
    assert_true(dtls_srtp_masters(w->server, &receive, &send));
    struct srtp_key *key = srtp_key_create(w->engine, &receive);
    struct srtcp_stream in = {0};
    w->out.count = 0;
    memcpy(w->out.datagrams[0].data, "\x80\xc9\0\1\0\0\0\7", 8);
    transport_send_rtcp(&w->transport, &w->out, 8);
    size_t len;
    assert_int_equal(w->out.count, 1);
    assert_int_equal(srtcp_unprotect(w->engine, key, &in, w->out.datagrams[0].data,
                                     w->out.datagrams[0].len, &len),
                     SRTP_OK);
    srtp_key_destroy(key);
}

static void connects_as_dtls_client(void **state)
{
    struct world *w = *state;
    begin(w, true);
    converse(w, USEC_PER_MS);
    check_keys(w);
    assert_int_equal(w->nominations, w->requests);
}

static void connects_as_dtls_server(void **state)
{
    struct world *w = *state;
    begin(w, false);
    converse(w, USEC_PER_MS);
    check_keys(w);
}

static void answers_checks_of_the_server(void **state)
{
    struct world *w = *state;
    begin(w, true);
    static const uint8_t id[STUN_TRANSACTION] = {1, 2, 3};
    for (int good = 0; good < 2; good++) {
        const char *pwd = good ? OWN_PWD : SERVER_PWD;
        uint8_t data[200];
        struct writer b = writer_of(data, sizeof data);
        stun_begin(&b, STUN_REQUEST, id);
        stun_add(&b, STUN_USERNAME, "own:srv", 7);
        stun_add_integrity(&b, pwd, strlen(pwd));
        stun_add_fingerprint(&b);
        give(w, data, stun_end(&b));
        assert_int_equal(w->out.count, good);
    }
    struct stun_message m;
    assert_true(stun_parse(&m, w->out.datagrams[0].data, w->out.datagrams[0].len));
    assert_int_equal(m.class, STUN_SUCCESS);
    assert_memory_equal(m.transaction, id, sizeof id);
    assert_true(net_addr_equal(&m.mapped, &w->address));
}

static void gives_up_on_a_silent_server(void **state)
{
    struct world *w = *state;
    begin(w, true);
    w->mute = true;
    converse(w, USEC_PER_SEC);
    assert_int_equal(w->transport.state, TRANSPORT_FAILED);
    assert_string_equal(transport_error(&w->transport), "no candidate answered");
}

static void loses_consent(void **state)
{
    struct world *w = *state;
    begin(w, true);
    converse(w, USEC_PER_MS);
    w->mute = true;
    converse(w, USEC_PER_SEC);
    assert_int_equal(w->transport.state, TRANSPORT_FAILED);
    assert_string_equal(transport_error(&w->transport), "ICE consent lost");
}

static void refuses_another_certificate(void **state)
{
    struct world *w = *state;
    begin(w, true);
    w->transport.fingerprint[0] ^= 1;
    converse(w, USEC_PER_MS);
    assert_int_equal(w->transport.state, TRANSPORT_FAILED);
}

static void offers_parse(void **state)
{
    (void)state;
    struct sdp_description *d = malloc(sizeof *d);
    struct sdp_error error;
    struct sdp_remote remote;
    struct offer o = {.ufrag = "abcdefgh",
                      .pwd = OWN_PWD,
                      .fingerprint = {7},
                      .audio_cid = "audio-1",
                      .video_cid = "video-1",
                      .audio_ssrc = 4711,
                      .layers = 3};
    assert_true(offer_add(&o, OFFER_RECEIVE_AUDIO, 2) && offer_add(&o, OFFER_RECEIVE_VIDEO, 1) &&
                offer_add(&o, OFFER_SEND_AUDIO, 1) && offer_add(&o, OFFER_SEND_VIDEO, 1));
    char *text = offer_write(&o);
    assert_true(sdp_parse(d, text, strlen(text), &error));
    assert_true(sdp_remote_of(d, &remote, &error));
    assert_string_equal(remote.pwd, OWN_PWD);
    assert_int_equal(remote.fingerprint[0], 7);
    assert_int_equal(d->section_count, 5);
    assert_int_equal(d->sections[0].direction, SDP_RECVONLY);
    assert_int_equal(d->sections[2].kind, SDP_VIDEO);
    assert_true(sdp_text_is(d->sections[3].track_id, "audio-1"));
    assert_int_equal(d->sections[3].sources[0].ssrc, 4711);
    assert_int_equal(d->sections[4].direction, SDP_SENDONLY);
    assert_int_equal(d->sections[4].rid_count, 3);
    assert_true(sdp_text_is(d->sections[4].rids[2].id, "f"));
    assert_false(offer_add(&o, OFFER_RECEIVE_AUDIO, OFFER_SECTIONS_MAX - 4));
    free(text);
    free(d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(connects_as_dtls_client),
        TEST(connects_as_dtls_server),
        TEST(answers_checks_of_the_server),
        TEST(gives_up_on_a_silent_server),
        TEST(loses_consent),
        TEST(refuses_another_certificate),
        cmocka_unit_test(offers_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
