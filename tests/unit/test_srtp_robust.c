/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile or unlucky peer can send, mixed batches of any size, and that no engine touches a
 * byte outside of its buffers (they end at pages that may not be touched).
 */
#include "common/bytes.h"
#include "tests/unit/srtp_support.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define SSRC 7

static void for_all(void (*check)(struct srtp_engine *e, enum srtp_profile p))
{
    for (size_t i = 0; i < 2; i++) {
        struct srtp_engine *e = srtp_engine_create(all_engines[i]);
        for (size_t j = 0; e && j < 3; j++)
            check(e, all_profiles[j]);
        srtp_engine_destroy(e);
    }
}

static void protect_in_place(struct srtp_engine *e, const struct srtp_key *k, struct rtp_packet *p)
{
    struct srtp_job job = {.key = k,
                           .out = p->data,
                           .payload = p->data + p->header_len,
                           .header_len = (uint16_t)p->header_len,
                           .payload_len = (uint16_t)(p->len - p->header_len)};
    srtp_protect(e, &job, 1);
    p->len += srtp_tag_length(srtp_key_profile(k));
}

/* Every single flipped bit is noticed, and leaves the stream as it was. */
static void check_tampered(struct srtp_engine *e, enum srtp_profile p)
{
    struct dice d = {.state = 3};
    struct srtp_master m = random_master(&d, p);
    struct srtp_key *k = srtp_key_create(e, &m);
    struct srtp_stream s = {0}, before = {0};
    struct rtp_packet pkt;
    size_t len;
    uint64_t index;
    random_rtp(&d, &pkt, SSRC, 1000, 60);
    protect_in_place(e, k, &pkt);
    for (size_t bit = 0; bit < pkt.len * 8; bit++) {
        struct rtp_packet bad = pkt;
        bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(
            srtp_unprotect(e, k, &s, bad.data, bad.len, bad.header_len, bad.data, &len, &index),
            SRTP_BAD_AUTH);
        assert_memory_equal(&s, &before, sizeof s);
    }
    struct rtp_packet out;
    assert_int_equal(
        srtp_unprotect(e, k, &s, pkt.data, pkt.len, pkt.header_len, out.data, &len, &index),
        SRTP_OK);
    assert_int_equal(
        srtp_unprotect(e, k, &s, pkt.data, pkt.len, pkt.header_len, out.data, &len, &index),
        SRTP_REPLAYED);
    srtp_key_destroy(k);
}

static void check_truncated(struct srtp_engine *e, enum srtp_profile p)
{
    struct dice d = {.state = 4};
    struct srtp_master m = random_master(&d, p);
    struct srtp_key *k = srtp_key_create(e, &m);
    struct rtp_packet pkt;
    size_t tag = srtp_tag_length(p), n;
    uint64_t index;
    random_rtp(&d, &pkt, SSRC, 1000, 60);
    protect_in_place(e, k, &pkt);
    for (size_t len = 0; len < pkt.len; len++) {
        struct srtp_stream s = {0};
        struct rtp_packet bad = pkt;
        enum srtp_result want = len < pkt.header_len + tag ? SRTP_BAD_PACKET : SRTP_BAD_AUTH;
        assert_int_equal(
            srtp_unprotect(e, k, &s, bad.data, len, pkt.header_len, bad.data, &n, &index), want);
    }
    struct srtp_stream s = {0};
    assert_int_equal(srtp_unprotect(e, k, &s, pkt.data, pkt.len, 11, pkt.data, &n, &index),
                     SRTP_BAD_PACKET);
    assert_int_equal(
        srtp_unprotect(e, k, &s, pkt.data, SRTP_PACKET_MAX + 1, 12, pkt.data, &n, &index),
        SRTP_BAD_PACKET);
    srtp_key_destroy(k);
}

static void check_rtcp(struct srtp_engine *e, enum srtp_profile p)
{
    struct dice d = {.state = 5};
    struct srtp_master m = random_master(&d, p);
    struct srtp_key *k = srtp_key_create(e, &m);
    uint8_t good[SRTP_PACKET_MAX], buf[SRTP_PACKET_MAX];
    size_t plain = random_rtcp(&d, good, SSRC, 40), out;
    size_t len = srtcp_protect(e, k, good, plain, 9);
    size_t e_flag = (srtp_tag_length(p) == 16 ? len - 4 : plain) * 8 + 7;
    struct srtcp_stream s = {0};
    for (size_t bit = 0; bit < len * 8; bit++) {
        memcpy(buf, good, len);
        buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(srtcp_unprotect(e, k, &s, buf, len, &out),
                         bit == e_flag ? SRTP_BAD_PACKET : SRTP_BAD_AUTH);
    }
    for (size_t n = 0; n < len; n++) {
        memcpy(buf, good, len);
        assert_int_not_equal(srtcp_unprotect(e, k, &s, buf, n, &out), SRTP_OK);
    }
    memcpy(buf, good, len);
    assert_int_equal(srtcp_unprotect(e, k, &s, buf, len, &out), SRTP_OK);
    assert_int_equal(out, plain);
    assert_int_equal(srtcp_unprotect(e, k, &s, good, len, &out), SRTP_REPLAYED);
    srtp_key_destroy(k);
}

/* More senders than there is memory for: still accepted, and the newest are still remembered. */
static void check_rtcp_sources(struct srtp_engine *e, enum srtp_profile p)
{
    struct dice d = {.state = 6};
    struct srtp_master m = random_master(&d, p);
    struct srtp_key *k = srtp_key_create(e, &m);
    struct srtcp_stream s = {0};
    size_t out;
    for (uint32_t ssrc = 0; ssrc < 3 * SRTCP_SOURCES_MAX; ssrc++) {
        uint8_t a[SRTP_PACKET_MAX], b[SRTP_PACKET_MAX];
        size_t len = random_rtcp(&d, a, ssrc, 40);
        len = srtcp_protect(e, k, a, len, 1);
        memcpy(b, a, len);
        assert_int_equal(srtcp_unprotect(e, k, &s, a, len, &out), SRTP_OK);
        assert_int_equal(srtcp_unprotect(e, k, &s, b, len, &out), SRTP_REPLAYED);
    }
    srtp_key_destroy(k);
}

#define BATCH_KEYS 9

/* Any number of jobs of mixed keys and profiles equals one call per packet. */
static void check_batches(struct srtp_engine *e)
{
    static struct rtp_packet plain[SRTP_JOBS_MAX], together[SRTP_JOBS_MAX], alone;
    struct dice d = {.state = 8};
    struct srtp_key *keys[BATCH_KEYS];
    for (size_t i = 0; i < BATCH_KEYS; i++) {
        struct srtp_master m = random_master(&d, all_profiles[i % 3]);
        keys[i] = srtp_key_create(e, &m);
    }
    for (size_t n = 0; n <= SRTP_JOBS_MAX; n++) {
        struct srtp_job jobs[SRTP_JOBS_MAX];
        for (size_t i = 0; i < n; i++) {
            random_rtp(&d, &plain[i], SSRC, (uint16_t)i, 1200);
            together[i] = plain[i];
            bool apart = dice_roll(&d, 2);
            size_t h = plain[i].header_len;
            jobs[i] = (struct srtp_job){.key = keys[dice_roll(&d, BATCH_KEYS)],
                                        .out = together[i].data,
                                        .payload = (apart ? plain : together)[i].data + h,
                                        .header_len = (uint16_t)h,
                                        .payload_len = (uint16_t)(plain[i].len - h),
                                        .roc = dice_roll(&d, 1000)};
        }
        srtp_protect(e, jobs, n);
        for (size_t i = 0; i < n; i++) {
            struct srtp_job one = jobs[i];
            alone = plain[i];
            one.out = alone.data;
            one.payload = alone.data + one.header_len;
            srtp_protect(e, &one, 1);
            assert_memory_equal(together[i].data, alone.data, sizeof alone.data);
        }
    }
    for (size_t i = 0; i < BATCH_KEYS; i++)
        srtp_key_destroy(keys[i]);
}

/* A page that ends at one that may not be touched; returns where the second begins. */
static uint8_t *guarded_page(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(p, MAP_FAILED);
    assert_int_equal(mprotect(p + page, page, PROT_NONE), 0);
    return p + page;
}

#define LANES 8 /* enough for every way that an engine may take */

static void check_bounds(struct srtp_engine *e, enum srtp_profile p)
{
    struct dice d = {.state = 9};
    struct srtp_master m = random_master(&d, p);
    struct srtp_key *k = srtp_key_create(e, &m);
    uint8_t *src_end = guarded_page(), *dst_end[LANES];
    size_t tag = srtp_tag_length(p), header = 12;
    for (size_t i = 0; i < LANES; i++)
        dst_end[i] = guarded_page();
    for (size_t len = 0; len < 300; len++) {
        struct srtp_job jobs[LANES];
        size_t total = header + len + tag;
        dice_fill(&d, src_end - len, len);
        for (size_t i = 0; i < LANES; i++) {
            uint8_t *out = dst_end[i] - total;
            jobs[i] = (struct srtp_job){.key = k,
                                        .out = out,
                                        .payload = src_end - len,
                                        .header_len = (uint16_t)header,
                                        .payload_len = (uint16_t)len};
            memset(out, 0, header);
            out[-1] = 0x5a;
        }
        srtp_protect(e, jobs, 1);
        srtp_protect(e, jobs, LANES);
        for (size_t i = 0; i < LANES; i++) {
            assert_int_equal(jobs[i].out[-1], 0x5a);
            assert_memory_equal(jobs[i].out, jobs[0].out, total);
        }
        struct srtp_stream s = {0};
        size_t n;
        uint64_t index;
        uint8_t want[300], *plain = src_end - header - len;
        memcpy(want, src_end - len, len);
        assert_int_equal(srtp_unprotect(e, k, &s, jobs[0].out, total, header, plain, &n, &index),
                         SRTP_OK);
        assert_int_equal(n, header + len);
        assert_memory_equal(plain + header, want, len);
    }
    srtp_key_destroy(k);
}

struct key_request {
    const struct srtp_engine *engine;
    const struct srtp_master *master;
    struct srtp_key *key;
};

static void *make_key(void *arg)
{
    struct key_request *r = arg;
    r->key = srtp_key_create(r->engine, r->master);
    return NULL;
}

/* The session thread makes keys while the worker goes on. */
static void check_other_thread(struct srtp_engine *e, enum srtp_profile p)
{
    struct dice d = {.state = 10};
    struct srtp_master m = random_master(&d, p);
    struct srtp_key *own = srtp_key_create(e, &m);
    struct key_request r = {.engine = e, .master = &m};
    struct rtp_packet a, b;
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, make_key, &r), 0);
    for (int i = 0; i < 200; i++) {
        random_rtp(&d, &a, SSRC, 1, 100);
        b = a;
        protect_in_place(e, own, &a);
    }
    pthread_join(t, NULL);
    assert_non_null(r.key);
    protect_in_place(e, r.key, &b);
    assert_memory_equal(a.data, b.data, a.len);
    srtp_key_destroy(own);
    srtp_key_destroy(r.key);
}

static void test_tampered(void **state)
{
    (void)state;
    for_all(check_tampered);
}

static void test_truncated(void **state)
{
    (void)state;
    for_all(check_truncated);
}

static void test_rtcp(void **state)
{
    (void)state;
    for_all(check_rtcp);
}

static void test_rtcp_sources(void **state)
{
    (void)state;
    for_all(check_rtcp_sources);
}

static void test_batches(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct srtp_engine *e = srtp_engine_create(all_engines[i]);
        if (e)
            check_batches(e);
        srtp_engine_destroy(e);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    for_all(check_bounds);
}

static void test_other_thread(void **state)
{
    (void)state;
    for_all(check_other_thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tampered),     cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_rtcp),         cmocka_unit_test(test_rtcp_sources),
        cmocka_unit_test(test_batches),      cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_other_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
