/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS against plain OpenSSL, over memory and in virtual time. */
#include "dataplane/dtls/dtls.h"

#include "common/random.h"
#include "tests/unit/dtls_peer.h"
#include "tests/unit/virtual_clock.h"

#include <openssl/srtp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct dtls_context *context;
static struct dtls *ours;
static struct peer peer;
static unsigned datagram_count, longest; /* both directions */

/* Which datagram (counted from 1 over both directions) is lost; 0: none. */
static unsigned lose;

static const struct peer_options ordinary = {.profiles = PEER_ALL_PROFILES};

static void open_pair(const struct peer_options *o, bool know_fingerprint)
{
    lose = datagram_count = longest = 0;
    peer_open(&peer, o);
    ours = dtls_create(context, o->server, &peer, virtual_now);
    assert_non_null(ours);
    assert_ptr_equal(dtls_user(ours), &peer);
    if (know_fingerprint)
        assert_true(dtls_set_fingerprint(ours, peer.fingerprint));
}

static void close_pair(void)
{
    dtls_destroy(ours);
    peer_close(&peer);
}

static bool lost(size_t len)
{
    longest = len > longest ? (unsigned)len : longest;
    return ++datagram_count == lose;
}

static bool carry_once(void)
{
    uint8_t buf[2048];
    size_t len;
    bool moved = false;
    while ((len = peer_output(&peer, buf, sizeof(buf))) > 0) {
        moved = true;
        if (!lost(len)) {
            dtls_input(ours, buf, len, virtual_now);
            uint8_t data[DTLS_INPUT_MAX];
            while (dtls_read(ours, data, sizeof(data)) > 0) {
            }
        }
    }
    while ((len = dtls_output(ours, buf)) > 0) {
        moved = true;
        if (!lost(len))
            peer_input(&peer, buf, len);
    }
    return moved;
}

static void carry(void)
{
    peer_input(&peer, NULL, 0);
    while (carry_once()) {
    }
}

/* Lets time pass to the next deadline of either side. */
static void wait_for_deadline(void)
{
    usec_t next = dtls_deadline(ours);
    struct timeval left;
    if (DTLSv1_get_timeout(peer.ssl, &left)) {
        usec_t t = virtual_now + (usec_t)left.tv_sec * USEC_PER_SEC + (usec_t)left.tv_usec;
        next = t < next ? t : next;
    }
    assert_true(next != USEC_NEVER);
    virtual_now = next > virtual_now ? next : virtual_now;
    dtls_timeout(ours, virtual_now);
    DTLSv1_handle_timeout(peer.ssl);
}

static bool done(void)
{
    return dtls_state(ours) == DTLS_CONNECTED && peer.connected;
}

static void connect_pair(void)
{
    carry();
    for (unsigned i = 0; i < 20 && !done(); i++) {
        wait_for_deadline();
        carry();
    }
    assert_true(done());
}

static void expect_data_both_ways(void)
{
    uint8_t buf[DTLS_INPUT_MAX], sent[DTLS_DATA_MAX];
    memset(sent, 0x5a, sizeof(sent));
    assert_int_equal(dtls_write(ours, sent, sizeof(sent), virtual_now), DTLS_OK);
    size_t len = dtls_output(ours, buf);
    assert_true(len > sizeof(sent) && len <= DTLS_MTU);
    peer_input(&peer, buf, len);
    assert_int_equal(SSL_read(peer.ssl, buf, sizeof(buf)), sizeof(sent));
    assert_memory_equal(buf, sent, sizeof(sent));

    assert_int_equal(SSL_write(peer.ssl, "from the peer", 13), 13);
    len = peer_output(&peer, buf, sizeof(buf));
    assert_int_equal(dtls_input(ours, buf, len, virtual_now), DTLS_OK);
    assert_int_equal(dtls_read(ours, buf, sizeof(buf)), 13);
    assert_memory_equal(buf, "from the peer", 13);
    assert_int_equal(dtls_read(ours, buf, sizeof(buf)), 0);
}

static void connects_and_carries_data(void **state)
{
    (void)state;
    open_pair(&ordinary, true);
    assert_true(dtls_deadline(ours) == USEC_NEVER);
    connect_pair();
    assert_true(dtls_deadline(ours) == USEC_NEVER);
    assert_true(longest <= DTLS_MTU);
    assert_string_equal(SSL_get_cipher_name(peer.ssl), "ECDHE-ECDSA-AES128-GCM-SHA256");
    uint8_t told[DTLS_FINGERPRINT], seen[EVP_MAX_MD_SIZE];
    dtls_context_fingerprint(context, told);
    assert_int_equal(X509_digest(SSL_get0_peer_certificate(peer.ssl), EVP_sha256(), seen, NULL), 1);
    assert_memory_equal(told, seen, sizeof(told));
    expect_data_both_ways();
    close_pair();
}

static void a_client_hello_in_two_datagrams(void **state)
{
    (void)state;
    const struct peer_options o = {.profiles = PEER_ALL_PROFILES, .big_hello = true};
    open_pair(&o, true);
    peer_input(&peer, NULL, 0);
    uint8_t first[2048], second[2048], none[2048];
    size_t n1 = peer_output(&peer, first, sizeof(first));
    size_t n2 = peer_output(&peer, second, sizeof(second));
    assert_true(n1 > 1000 && n2 > 200);
    assert_int_equal(peer_output(&peer, none, sizeof(none)), 0);
    assert_int_equal(dtls_input(ours, second, n2, virtual_now), DTLS_OK);
    assert_int_equal(dtls_input(ours, first, n1, virtual_now), DTLS_OK);
    connect_pair();
    expect_data_both_ways();
    close_pair();
}

/* What the peer exports must be what we say, crosswise. */
static void expect_equal_keys(enum srtp_profile profile, size_t key, size_t salt)
{
    struct srtp_master receive, send;
    uint8_t m[128];
    assert_true(dtls_srtp_masters(ours, &receive, &send));
    assert_int_equal(receive.profile, profile);
    assert_int_equal(send.profile, profile);
    assert_int_equal(SSL_export_keying_material(peer.ssl, m, 2 * (key + salt),
                                                "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
                     1);
    const struct srtp_master *client = dtls_is_client(ours) ? &send : &receive;
    const struct srtp_master *server = dtls_is_client(ours) ? &receive : &send;
    assert_memory_equal(client->key, m, key);
    assert_memory_equal(server->key, m + key, key);
    assert_memory_equal(client->salt, m + 2 * key, salt);
    assert_memory_equal(server->salt, m + 2 * key + salt, salt);
    assert_memory_not_equal(client->key, server->key, key);
}

static void exports_keys_of_each_profile(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum srtp_profile profile;
        size_t key, salt;
    } all[] = {
        {"SRTP_AES128_CM_SHA1_80", SRTP_AES128_CM_SHA1_80, 16, 14},
        {"SRTP_AEAD_AES_128_GCM", SRTP_AEAD_AES_128_GCM, 16, 12},
        {"SRTP_AEAD_AES_256_GCM", SRTP_AEAD_AES_256_GCM, 32, 12},
        {PEER_ALL_PROFILES, SRTP_AEAD_AES_128_GCM, 16, 12}, /* our order decides */
        {"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", SRTP_AEAD_AES_256_GCM, 32, 12},
    };
    for (size_t i = 0; i < 2 * (sizeof(all) / sizeof(*all) - 2); i++) {
        /* as server and, where only one profile is offered, as client */
        const struct peer_options o = {.profiles = all[i / 2].name, .server = i % 2};
        open_pair(&o, true);
        connect_pair();
        expect_equal_keys(all[i / 2].profile, all[i / 2].key, all[i / 2].salt);
        close_pair();
    }
    for (size_t i = 3; i < 5; i++) {
        const struct peer_options o = {.profiles = all[i].name};
        open_pair(&o, true);
        connect_pair();
        expect_equal_keys(all[i].profile, all[i].key, all[i].salt);
        close_pair();
    }
}

static void without_srtp_there_are_no_keys(void **state)
{
    (void)state;
    const struct peer_options o = {0};
    struct srtp_master receive, send;
    open_pair(&o, true);
    assert_false(dtls_srtp_masters(ours, &receive, &send));
    connect_pair();
    assert_false(dtls_srtp_masters(ours, &receive, &send));
    close_pair();
}

static void any_one_loss_is_mended(void **state)
{
    (void)state;
    for (int server = 0; server < 2; server++) {
        for (unsigned which = 1; which <= 12; which++) {
            const struct peer_options o = {
                .profiles = PEER_ALL_PROFILES, .server = server, .big_hello = !server};
            open_pair(&o, true);
            lose = which;
            usec_t start = virtual_now;
            connect_pair();
            expect_data_both_ways();
            assert_true(virtual_now - start <= 3 * USEC_PER_SEC);
            close_pair();
        }
    }
}

static void repeats_its_flight_with_growing_intervals(void **state)
{
    (void)state;
    open_pair(&ordinary, true);
    peer_input(&peer, NULL, 0);
    uint8_t buf[2048];
    size_t len = peer_output(&peer, buf, sizeof(buf));
    assert_int_equal(dtls_input(ours, buf, len, virtual_now), DTLS_OK);
    while (dtls_output(ours, buf) > 0) {
    }
    usec_t interval = DTLS_RETRANSMIT;
    for (unsigned i = 0; i < 5; i++) {
        assert_true(dtls_deadline(ours) == virtual_now + interval);
        virtual_now += interval / 2;
        dtls_timeout(ours, virtual_now);
        assert_int_equal(dtls_output(ours, buf), 0);
        virtual_now += interval - interval / 2;
        dtls_timeout(ours, virtual_now);
        assert_true(dtls_output(ours, buf) > 0);
        while (dtls_output(ours, buf) > 0) {
        }
        interval *= 2;
    }
    close_pair();
}

static void a_wrong_certificate_is_refused(void **state)
{
    (void)state;
    open_pair(&ordinary, true);
    uint8_t other[DTLS_FINGERPRINT];
    memcpy(other, peer.fingerprint, sizeof(other));
    other[31] ^= 1;
    assert_true(dtls_set_fingerprint(ours, other));
    enum dtls_result worst = DTLS_OK;
    uint8_t buf[2048];
    size_t len;
    for (unsigned i = 0; i < 10; i++) {
        peer_input(&peer, NULL, 0);
        while ((len = peer_output(&peer, buf, sizeof(buf))) > 0) {
            enum dtls_result r = dtls_input(ours, buf, len, virtual_now);
            worst = worst == DTLS_OK ? r : worst;
        }
        while ((len = dtls_output(ours, buf)) > 0)
            peer_input(&peer, buf, len);
    }
    assert_int_equal(worst, DTLS_BAD_PEER);
    assert_int_equal(dtls_state(ours), DTLS_FAILED);
    assert_true(strlen(dtls_error(ours)) > 0);
    assert_true(peer.failed && !peer.connected);
    assert_true(dtls_deadline(ours) == USEC_NEVER);
    struct srtp_master receive, send;
    assert_false(dtls_srtp_masters(ours, &receive, &send));
    close_pair();
}

static void a_missing_certificate_is_refused(void **state)
{
    (void)state;
    const struct peer_options o = {.profiles = PEER_ALL_PROFILES, .no_certificate = true};
    open_pair(&o, true);
    carry();
    assert_int_equal(dtls_state(ours), DTLS_FAILED);
    close_pair();
}

static void old_versions_are_refused(void **state)
{
    (void)state;
    const struct peer_options o = {.profiles = PEER_ALL_PROFILES, .version = DTLS1_VERSION};
    open_pair(&o, true);
    carry();
    assert_int_equal(dtls_state(ours), DTLS_FAILED);
    close_pair();
}

static void waits_for_a_late_fingerprint(void **state)
{
    (void)state;
    for (int right = 0; right < 2; right++) {
        open_pair(&ordinary, false);
        carry();
        assert_true(peer.connected);
        assert_int_equal(dtls_state(ours), DTLS_HANDSHAKE);
        uint8_t buf[DTLS_INPUT_MAX];
        assert_int_equal(SSL_write(peer.ssl, "early", 5), 5);
        size_t len = peer_output(&peer, buf, sizeof(buf));
        assert_int_equal(dtls_input(ours, buf, len, virtual_now), DTLS_OK);
        assert_int_equal(dtls_read(ours, buf, sizeof(buf)), 0);
        assert_int_equal(dtls_write(ours, (const uint8_t *)"x", 1, virtual_now), DTLS_NOT_READY);
        struct srtp_master receive, send;
        assert_false(dtls_srtp_masters(ours, &receive, &send));

        peer.fingerprint[0] ^= (uint8_t)!right;
        assert_int_equal(dtls_set_fingerprint(ours, peer.fingerprint), right);
        assert_int_equal(dtls_state(ours), right ? DTLS_CONNECTED : DTLS_FAILED);
        assert_int_equal(dtls_srtp_masters(ours, &receive, &send), right);
        assert_int_equal(dtls_read(ours, buf, sizeof(buf)), right ? 5 : 0);
        if (right)
            expect_data_both_ways();
        close_pair();
    }
}

static void a_changed_fingerprint_is_noticed(void **state)
{
    (void)state;
    open_pair(&ordinary, true);
    connect_pair();
    assert_true(dtls_set_fingerprint(ours, peer.fingerprint));
    peer.fingerprint[5] ^= 1;
    assert_false(dtls_set_fingerprint(ours, peer.fingerprint));
    assert_int_equal(dtls_state(ours), DTLS_CONNECTED);
    expect_data_both_ways();
    close_pair();
}

/* Garbage of all content types, real records with a flipped bit, and records seen before. */
static void hostile_input_does_not_end_it(void **state)
{
    (void)state;
    open_pair(&ordinary, true);
    peer_input(&peer, NULL, 0);
    uint8_t hello[2048], buf[DTLS_INPUT_MAX + 1], data[DTLS_INPUT_MAX];
    size_t hello_len = peer_output(&peer, hello, sizeof(hello));
    dtls_input(ours, hello, hello_len, virtual_now);
    connect_pair();
    for (unsigned i = 0; i < 2000; i++) {
        size_t len = 1 + random_u32() % (sizeof(buf) - 1);
        random_bytes(buf, len);
        buf[0] = (uint8_t)(20 + i % 5);
        buf[1] = 254;
        buf[2] = 253;
        if (i % 2 && len > 13) {
            buf[3] = 0;
            buf[4] = (uint8_t)(i % 3);
            buf[11] = (uint8_t)((len - 13) >> 8);
            buf[12] = (uint8_t)(len - 13);
        }
        dtls_input(ours, buf, len, virtual_now);
        while (dtls_read(ours, data, sizeof(data)) > 0)
            fail_msg("garbage was read");
    }
    dtls_input(ours, hello, hello_len, virtual_now);
    assert_int_equal(dtls_read(ours, data, sizeof(data)), 0);
    assert_int_equal(SSL_write(peer.ssl, "flipped", 7), 7);
    size_t len = peer_output(&peer, buf, sizeof(buf));
    buf[len - 1] ^= 1;
    dtls_input(ours, buf, len, virtual_now);
    assert_int_equal(dtls_read(ours, data, sizeof(data)), 0);
    assert_int_equal(dtls_input(ours, buf, 12, virtual_now), DTLS_MALFORMED);
    assert_int_equal(dtls_input(ours, buf, DTLS_INPUT_MAX + 1, virtual_now), DTLS_MALFORMED);
    while (dtls_output(ours, buf) > 0) {
    }
    assert_int_equal(dtls_state(ours), DTLS_CONNECTED);
    assert_false(dtls_peer_closed(ours));
    expect_data_both_ways();
    close_pair();
}

static void close_notify_is_reported_only(void **state)
{
    (void)state;
    open_pair(&ordinary, true);
    connect_pair();
    SSL_shutdown(peer.ssl);
    carry();
    assert_true(dtls_peer_closed(ours));
    assert_int_equal(dtls_state(ours), DTLS_CONNECTED);
    assert_int_equal(dtls_write(ours, (const uint8_t *)"x", 1, virtual_now), DTLS_NOT_READY);
    struct srtp_master receive, send;
    assert_true(dtls_srtp_masters(ours, &receive, &send));
    close_pair();
}

static void tells_the_peer_of_its_closing(void **state)
{
    (void)state;
    open_pair(&ordinary, true);
    connect_pair();
    dtls_close(ours, virtual_now);
    carry();
    uint8_t buf[16];
    assert_true(SSL_read(peer.ssl, buf, sizeof(buf)) <= 0);
    assert_int_equal(SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    close_pair();
}

static void output_is_bounded(void **state)
{
    (void)state;
    open_pair(&ordinary, true);
    connect_pair();
    uint8_t data[DTLS_DATA_MAX + 1] = {0}, buf[DTLS_MTU];
    assert_int_equal(dtls_write(ours, data, sizeof(data), virtual_now), DTLS_TOO_LONG);
    assert_int_equal(dtls_write(ours, data, 0, virtual_now), DTLS_TOO_LONG);
    unsigned taken = 0;
    while (dtls_write(ours, data, DTLS_DATA_MAX, virtual_now) == DTLS_OK)
        taken++;
    assert_true(taken >= 3 && taken < 100);
    assert_int_equal(dtls_write(ours, data, 1, virtual_now), DTLS_WOULD_BLOCK);
    for (unsigned i = 0; i < taken; i++)
        assert_int_equal(dtls_output(ours, buf), DTLS_MTU);
    assert_int_equal(dtls_output(ours, buf), 0);
    assert_int_equal(dtls_write(ours, data, 1, virtual_now), DTLS_OK);
    close_pair();
}

/* OpenSSL gives up after our refusal and says so by an alert; what matters is that nothing began
 * anew and that the keys stay. */
static void renegotiation_is_refused(void **state)
{
    (void)state;
    struct srtp_master receive, send, receive_after, send_after;
    open_pair(&ordinary, true);
    connect_pair();
    assert_true(dtls_srtp_masters(ours, &receive, &send));
    SSL_renegotiate(peer.ssl);
    SSL_do_handshake(peer.ssl);
    carry();
    assert_int_equal(dtls_state(ours), DTLS_CONNECTED);
    assert_true(dtls_deadline(ours) == USEC_NEVER);
    assert_true(dtls_srtp_masters(ours, &receive_after, &send_after));
    assert_memory_equal(&receive, &receive_after, sizeof(receive));
    assert_memory_equal(&send, &send_after, sizeof(send));
    close_pair();
}

static void settle_pair(void)
{
    struct srtp_master receive, send;
    assert_true(dtls_settle(ours));
    assert_true(dtls_settle(ours));
    assert_int_equal(dtls_state(ours), DTLS_CONNECTED);
    assert_true(dtls_deadline(ours) == USEC_NEVER);
    assert_false(dtls_srtp_masters(ours, &receive, &send));
}

static void settles_in_both_roles_with_each_cipher(void **state)
{
    (void)state;
    static const char *const ciphers[] = {"ECDHE-ECDSA-AES128-GCM-SHA256",
                                          "ECDHE-ECDSA-AES256-GCM-SHA384",
                                          "ECDHE-ECDSA-CHACHA20-POLY1305"};
    for (unsigned i = 0; i < 6; i++) {
        const struct peer_options o = {.profiles = PEER_ALL_PROFILES, .server = i % 2};
        open_pair(&o, true);
        assert_int_equal(SSL_set_cipher_list(peer.ssl, ciphers[i / 2]), 1);
        assert_false(dtls_settle(ours));
        connect_pair();
        assert_string_equal(SSL_get_cipher_name(peer.ssl), ciphers[i / 2]);
        for (unsigned before = 0; before < i; before++)
            expect_data_both_ways();
        settle_pair();
        for (unsigned after = 0; after < 200; after++)
            expect_data_both_ways();
        close_pair();
    }
}

/* A settled association counts on from the sequence numbers of OpenSSL, which has spent one more on
 * each repetition of the last flight. */
static void settles_after_a_repeated_last_flight(void **state)
{
    (void)state;
    for (unsigned which = 1; which < 8; which++) {
        open_pair(&ordinary, true);
        lose = which;
        connect_pair();
        settle_pair();
        expect_data_both_ways();
        close_pair();
    }
}

static size_t peer_record(const char *text, uint8_t buf[static DTLS_INPUT_MAX])
{
    assert_int_equal(SSL_write(peer.ssl, text, (int)strlen(text)), strlen(text));
    return peer_output(&peer, buf, DTLS_INPUT_MAX);
}

static size_t read_of(const uint8_t *datagram, size_t len, uint8_t buf[static DTLS_INPUT_MAX])
{
    assert_int_equal(dtls_input(ours, datagram, len, virtual_now), DTLS_OK);
    return dtls_read(ours, buf, DTLS_INPUT_MAX);
}

static void settled_it_takes_every_record_once(void **state)
{
    (void)state;
    uint8_t old[DTLS_INPUT_MAX], late[DTLS_INPUT_MAX], next[DTLS_INPUT_MAX], buf[DTLS_INPUT_MAX];
    open_pair(&ordinary, true);
    connect_pair();
    size_t old_len = peer_record("before", old);
    assert_int_equal(read_of(old, old_len, buf), 6);
    assert_int_equal(dtls_read(ours, buf, sizeof(buf)), 0);
    settle_pair();
    assert_int_equal(read_of(old, old_len, buf), 0);
    size_t late_len = peer_record("late", late), next_len = peer_record("next", next);
    assert_int_equal(read_of(next, next_len, buf), 4);
    assert_int_equal(read_of(late, late_len, buf), 4);
    assert_int_equal(read_of(late, late_len, buf), 0);
    assert_int_equal(read_of(next, next_len, buf), 0);
    for (unsigned i = 0; i < 64; i++) {
        late_len = peer_record("skipped", late);
        if (i > 0)
            continue;
        memcpy(old, late, late_len);
        old_len = late_len;
    }
    assert_int_equal(read_of(late, late_len, buf), 7);
    assert_int_equal(read_of(old, old_len, buf), 7); /* the oldest of the window */
    assert_int_equal(peer_record("x", late), old_len - 6);
    assert_int_equal(read_of(late, old_len - 6, buf), 1);
    assert_int_equal(read_of(old, old_len, buf), 0);
    close_pair();
}

static void settled_it_reads_all_records_of_a_datagram(void **state)
{
    (void)state;
    uint8_t both[DTLS_INPUT_MAX], second[DTLS_INPUT_MAX], buf[DTLS_INPUT_MAX];
    open_pair(&ordinary, true);
    connect_pair();
    settle_pair();
    size_t n = peer_record("first", both), m = peer_record("second", second);
    memcpy(both + n, second, m);
    assert_int_equal(read_of(both, n + m, buf), 5);
    assert_int_equal(dtls_read(ours, buf, sizeof(buf)), 6);
    assert_memory_equal(buf, "second", 6);
    assert_int_equal(dtls_read(ours, buf, sizeof(buf)), 0);
    close_pair();
}

static void settled_it_survives_hostile_input(void **state)
{
    (void)state;
    uint8_t record[DTLS_INPUT_MAX], bad[DTLS_INPUT_MAX], buf[DTLS_INPUT_MAX];
    open_pair(&ordinary, true);
    connect_pair();
    settle_pair();
    size_t len = peer_record("to be damaged", record);
    for (size_t bit = 8; bit < len * 8;
         bit++) { /* all but the type, which is in the next byte too */
        memcpy(bad, record, len);
        bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(read_of(bad, len, buf), 0);
    }
    for (size_t cut = 13; cut < len; cut++)
        assert_int_equal(read_of(record, cut, buf), 0);
    for (unsigned i = 0; i < 2000; i++) {
        size_t n = 13 + random_u32() % (sizeof(bad) - 13);
        random_bytes(bad, n);
        memcpy(bad, record, i % 2 ? 11 : 3);
        assert_int_equal(read_of(bad, n, buf), 0);
    }
    assert_int_equal(read_of(record, len, buf), 13);
    assert_false(dtls_peer_closed(ours));
    expect_data_both_ways();
    close_pair();
}

static void settled_it_closes_and_hears_of_closing(void **state)
{
    (void)state;
    uint8_t buf[DTLS_INPUT_MAX];
    open_pair(&ordinary, true);
    connect_pair();
    settle_pair();
    dtls_close(ours, virtual_now);
    carry();
    assert_true(SSL_read(peer.ssl, buf, sizeof(buf)) <= 0);
    assert_int_equal(SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    SSL_shutdown(peer.ssl);
    carry();
    assert_true(dtls_peer_closed(ours));
    assert_int_equal(dtls_write(ours, (const uint8_t *)"x", 1, virtual_now), DTLS_NOT_READY);
    close_pair();
}

static void settled_its_output_is_bounded(void **state)
{
    (void)state;
    uint8_t data[DTLS_DATA_MAX] = {0}, buf[DTLS_MTU];
    open_pair(&ordinary, true);
    connect_pair();
    settle_pair();
    unsigned taken = 0;
    while (dtls_write(ours, data, sizeof(data), virtual_now) == DTLS_OK)
        taken++;
    assert_true(taken >= 3 && taken < 100);
    assert_int_equal(dtls_write(ours, data, 1, virtual_now), DTLS_WOULD_BLOCK);
    for (unsigned i = 0; i < taken; i++)
        assert_int_equal(dtls_output(ours, buf), DTLS_MTU);
    assert_int_equal(dtls_output(ours, buf), 0);
    expect_data_both_ways();
    close_pair();
}

static int make_context(void **state)
{
    (void)state;
    char err[DTLS_ERROR_TEXT];
    context = dtls_context_create(err);
    return context ? 0 : -1;
}

static int drop_context(void **state)
{
    (void)state;
    dtls_context_destroy(context);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_and_carries_data),
        cmocka_unit_test(a_client_hello_in_two_datagrams),
        cmocka_unit_test(exports_keys_of_each_profile),
        cmocka_unit_test(without_srtp_there_are_no_keys),
        cmocka_unit_test(any_one_loss_is_mended),
        cmocka_unit_test(repeats_its_flight_with_growing_intervals),
        cmocka_unit_test(a_wrong_certificate_is_refused),
        cmocka_unit_test(a_missing_certificate_is_refused),
        cmocka_unit_test(old_versions_are_refused),
        cmocka_unit_test(waits_for_a_late_fingerprint),
        cmocka_unit_test(a_changed_fingerprint_is_noticed),
        cmocka_unit_test(hostile_input_does_not_end_it),
        cmocka_unit_test(close_notify_is_reported_only),
        cmocka_unit_test(tells_the_peer_of_its_closing),
        cmocka_unit_test(output_is_bounded),
        cmocka_unit_test(renegotiation_is_refused),
        cmocka_unit_test(settles_in_both_roles_with_each_cipher),
        cmocka_unit_test(settles_after_a_repeated_last_flight),
        cmocka_unit_test(settled_it_takes_every_record_once),
        cmocka_unit_test(settled_it_reads_all_records_of_a_datagram),
        cmocka_unit_test(settled_it_survives_hostile_input),
        cmocka_unit_test(settled_it_closes_and_hears_of_closing),
        cmocka_unit_test(settled_its_output_is_bounded),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
