/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both engines against libsrtp2, in both directions, all profiles.
 */
#include "common/bytes.h"
#include "tests/unit/srtp_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SSRC    0x1234abcd
#define PAYLOAD 1300

/* One combination of engine and profile, with the reference beside it. */
struct pair {
    struct dice dice;
    struct srtp_engine *engine;
    struct srtp_key *key;
    struct reference *out, *in;
};

static void open_pair(struct pair *p, struct srtp_engine *e, enum srtp_profile profile)
{
    p->dice = (struct dice){.state = (uint64_t)profile * 77 + 1};
    struct srtp_master m = random_master(&p->dice, profile);
    p->engine = e;
    p->key = srtp_key_create(e, &m);
    assert_non_null(p->key);
    p->out = reference_create(&m, true);
    p->in = reference_create(&m, false);
}

static void close_pair(struct pair *p)
{
    srtp_key_destroy(p->key);
    reference_destroy(p->out);
    reference_destroy(p->in);
}

static void for_all_pairs(void (*check)(struct pair *p))
{
    for (size_t i = 0; i < 2; i++) {
        struct srtp_engine *e = srtp_engine_create(all_engines[i]);
        if (!e) {
            print_message("engine %s is not here\n", all_engines[i]);
            continue;
        }
        for (size_t j = 0; j < 3; j++) {
            struct pair p;
            open_pair(&p, e, all_profiles[j]);
            check(&p);
            close_pair(&p);
        }
        srtp_engine_destroy(e);
    }
}

/* ---- protect ---- */

static void check_protect(struct pair *p)
{
    for (uint64_t index = 65000; index < 65000 + 1500; index++) {
        struct rtp_packet plain;
        random_rtp(&p->dice, &plain, SSRC, (uint16_t)index, PAYLOAD);
        struct rtp_packet want = plain, in_place = plain, apart;
        memcpy(apart.data, plain.data, plain.header_len);
        struct srtp_job jobs[2] = {
            {.key = p->key,
             .out = in_place.data,
             .payload = in_place.data + plain.header_len,
             .header_len = (uint16_t)plain.header_len,
             .payload_len = (uint16_t)(plain.len - plain.header_len),
             .roc = (uint32_t)(index >> 16)},
        };
        jobs[1] = jobs[0];
        jobs[1].out = apart.data;
        jobs[1].payload = plain.data + plain.header_len;
        srtp_protect(p->engine, jobs, 2);
        assert_true(reference_protect(p->out, want.data, &want.len));
        assert_int_equal(want.len, plain.len + srtp_tag_length(srtp_key_profile(p->key)));
        assert_memory_equal(in_place.data, want.data, want.len);
        assert_memory_equal(apart.data, want.data, want.len);
    }
}

static void test_protect(void **state)
{
    (void)state;
    for_all_pairs(check_protect);
}

/* ---- unprotect ---- */

#define SENT 4000

struct wire {
    struct rtp_packet plain, cipher;
    uint64_t index;
};

/* Packets of one stream across a roll-over, protected by the reference. */
static struct wire *make_stream(struct pair *p)
{
    struct wire *w = calloc(SENT, sizeof *w);
    for (size_t i = 0; i < SENT; i++) {
        w[i].index = 64000 + i;
        random_rtp(&p->dice, &w[i].plain, SSRC, (uint16_t)w[i].index, 200);
        w[i].cipher = w[i].plain;
        assert_true(reference_protect(p->out, w[i].cipher.data, &w[i].cipher.len));
    }
    return w;
}

/* Hands one packet to us and to the reference; both must agree. */
static void compare_unprotect(struct pair *p, struct srtp_stream *s, const struct wire *w,
                              const struct rtp_packet *cipher, bool in_place)
{
    struct rtp_packet theirs = *cipher, ours = *cipher, out;
    uint8_t *to = in_place ? ours.data : out.data;
    size_t len = 0;
    uint64_t index = 0;
    bool want = reference_unprotect(p->in, theirs.data, &theirs.len);
    enum srtp_result got = srtp_unprotect(p->engine, p->key, s, ours.data, ours.len,
                                          w->plain.header_len, to, &len, &index);
    assert_int_equal(got == SRTP_OK, want);
    if (!want)
        return;
    assert_int_equal(index, w->index);
    assert_int_equal(len, w->plain.len);
    assert_int_equal(len, theirs.len);
    assert_memory_equal(to, w->plain.data, len);
    assert_memory_equal(to, theirs.data, len);
}

static void check_unprotect(struct pair *p)
{
    struct wire *w = make_stream(p);
    struct srtp_stream s = {0};
    for (size_t i = 0; i < SENT; i++) {
        /* Mostly in order; reordered by up to 1500, doubled, lost, damaged. */
        uint32_t how = dice_roll(&p->dice, 20);
        if (how == 0)
            continue;
        size_t at = i;
        if (how <= 4 && i > 1500)
            at = i - dice_roll(&p->dice, 1500);
        struct rtp_packet damaged = w[at].cipher;
        if (how == 5)
            damaged.data[dice_roll(&p->dice, (uint32_t)damaged.len)] ^= 0x10;
        if (how == 5 && damaged.data[0] != w[at].cipher.data[0])
            continue; /* another header length: the reference reads another packet */
        compare_unprotect(p, &s, &w[at], &damaged, how & 1);
        if (how == 6)
            compare_unprotect(p, &s, &w[at], &w[at].cipher, true);
    }
    free(w);
}

static void test_unprotect(void **state)
{
    (void)state;
    for_all_pairs(check_unprotect);
}

/* ---- long streams ---- */

/* All 32 bits of the roll-over counter count, in the IV and in the MAC. */
static void check_high_roc(struct pair *p)
{
    struct rtp_packet first;
    random_rtp(&p->dice, &first, SSRC, 10, 100);
    assert_true(reference_protect(p->out, first.data, &first.len));
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t roc = 1u << bit;
        struct rtp_packet plain, want, got;
        random_rtp(&p->dice, &plain, SSRC, (uint16_t)(11 + bit), 100);
        want = got = plain;
        struct srtp_job job = {.key = p->key,
                               .out = got.data,
                               .payload = got.data + got.header_len,
                               .header_len = (uint16_t)got.header_len,
                               .payload_len = (uint16_t)(got.len - got.header_len),
                               .roc = roc};
        srtp_protect(p->engine, &job, 1);
        assert_true(reference_set_roc(p->out, SSRC, roc));
        assert_true(reference_protect(p->out, want.data, &want.len));
        assert_memory_equal(got.data, want.data, want.len);

        struct srtp_stream s = {.highest = (uint64_t)roc << 16 | 5, .started = true};
        size_t len;
        uint64_t index;
        assert_int_equal(srtp_unprotect(p->engine, p->key, &s, want.data, want.len, want.header_len,
                                        want.data, &len, &index),
                         SRTP_OK);
        assert_int_equal(index, (uint64_t)roc << 16 | (11 + bit));
        assert_memory_equal(want.data, plain.data, plain.len);
    }
}

static void test_high_roc(void **state)
{
    (void)state;
    for_all_pairs(check_high_roc);
}

/* ---- SRTCP ---- */

static void check_rtcp_protect(struct pair *p)
{
    for (uint32_t index = 1; index < 500; index++) {
        uint8_t want[SRTP_PACKET_MAX], got[SRTP_PACKET_MAX];
        size_t want_len = random_rtcp(&p->dice, want, SSRC, 1200);
        memcpy(got, want, want_len);
        size_t got_len = srtcp_protect(p->engine, p->key, got, want_len, index);
        assert_true(reference_protect_rtcp(p->out, want, &want_len));
        assert_int_equal(got_len, want_len);
        assert_memory_equal(got, want, want_len);
    }
}

static void test_rtcp_protect(void **state)
{
    (void)state;
    for_all_pairs(check_rtcp_protect);
}

static void compare_rtcp(struct pair *p, struct srtcp_stream *s, const uint8_t *cipher, size_t len,
                         const uint8_t *plain)
{
    uint8_t theirs[SRTP_PACKET_MAX], ours[SRTP_PACKET_MAX];
    size_t theirs_len = len, out = 0;
    memcpy(theirs, cipher, len);
    memcpy(ours, cipher, len);
    bool want = reference_unprotect_rtcp(p->in, theirs, &theirs_len);
    enum srtp_result got = srtcp_unprotect(p->engine, p->key, s, ours, len, &out);
    assert_int_equal(got == SRTP_OK, want);
    if (want) {
        assert_int_equal(out, theirs_len);
        assert_memory_equal(ours, plain, out);
    }
}

/* Two SSRCs of one peer count their indices apart. */
static void check_rtcp_unprotect(struct pair *p)
{
    struct srtcp_stream s = {0};
    uint8_t kept[64][SRTP_PACKET_MAX], kept_plain[64][SRTP_PACKET_MAX];
    size_t kept_len[64] = {0};
    for (uint32_t i = 0; i < 800; i++) {
        uint8_t plain[SRTP_PACKET_MAX], cipher[SRTP_PACKET_MAX];
        size_t len = random_rtcp(&p->dice, plain, SSRC + i % 2, 300);
        memcpy(cipher, plain, len);
        assert_true(reference_protect_rtcp(p->out, cipher, &len));
        uint32_t old = dice_roll(&p->dice, 64);
        if (kept_len[old] > 0)
            compare_rtcp(p, &s, kept[old], kept_len[old], kept_plain[old]);
        memcpy(kept[i % 64], cipher, len);
        memcpy(kept_plain[i % 64], plain, sizeof plain);
        kept_len[i % 64] = len;
        if (dice_roll(&p->dice, 3) > 0)
            compare_rtcp(p, &s, cipher, len, plain);
        cipher[8 + dice_roll(&p->dice, (uint32_t)len - 8)] ^= 1;
        compare_rtcp(p, &s, cipher, len, plain);
    }
}

static void test_rtcp_unprotect(void **state)
{
    (void)state;
    for_all_pairs(check_rtcp_unprotect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protect),        cmocka_unit_test(test_unprotect),
        cmocka_unit_test(test_high_roc),       cmocka_unit_test(test_rtcp_protect),
        cmocka_unit_test(test_rtcp_unprotect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
