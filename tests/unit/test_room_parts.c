/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that rooms are made of: deadlines, payloads that fit, candidate addresses. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "common/random.h"
#include "control/address/interfaces.h"
#include "control/room/arena.h"
#include "control/room/candidates.h"
#include "control/room/deadlines.h"
#include "control/room/index.h"
#include "control/room/payloads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMERS 500

static struct deadlines deadlines;
static struct timer timers[TIMERS];
static usec_t last;
static unsigned fired;

static void note(void *arg, usec_t now)
{
    struct timer *t = arg;
    assert_true(t->at >= last);
    assert_true(t->at <= now);
    last = t->at;
    fired++;
}

static void stop_other(void *arg, usec_t now)
{
    (void)now;
    timer_stop(&deadlines, arg);
    fired++;
}

static void deadlines_come_in_order(void **state)
{
    (void)state;
    memset(timers, 0, sizeof timers);
    fired = 0;
    last = 0;
    for (int i = 0; i < TIMERS; i++) {
        timers[i] = (struct timer){.fire = note, .arg = &timers[i]};
        timer_start(&deadlines, &timers[i], random_u32() % 1000 + 1);
    }
    for (int i = 0; i < TIMERS; i += 3)
        timer_start(&deadlines, &timers[i], random_u32() % 1000 + 1);
    for (int i = 0; i < TIMERS; i += 5)
        timer_stop(&deadlines, &timers[i]);
    deadlines_run(&deadlines, 500);
    assert_true(deadlines_next(&deadlines) > 500);
    deadlines_run(&deadlines, 1001);
    assert_int_equal(fired, TIMERS - TIMERS / 5);
    assert_true(deadlines_next(&deadlines) == USEC_NEVER);
    deadlines_free(&deadlines);
}

static void a_deadline_may_stop_another(void **state)
{
    (void)state;
    fired = 0;
    timers[0] = (struct timer){.fire = stop_other, .arg = &timers[1]};
    timers[1] = (struct timer){.fire = stop_other, .arg = &timers[0]};
    timer_start(&deadlines, &timers[0], 10);
    timer_start(&deadlines, &timers[1], 10);
    timer_start_before(&deadlines, &timers[1], 20); /* is earlier already */
    assert_true(timers[1].at == 10);
    deadlines_run(&deadlines, 10);
    assert_int_equal(fired, 1);
    deadlines_free(&deadlines);
}

static void objects_are_found_by_number(void **state)
{
    (void)state;
    struct index x = {0};
    struct indexed objects[100];
    for (uint64_t i = 0; i < 100; i++) {
        objects[i].id = i * i + 1;
        index_add(&x, &objects[i]);
    }
    assert_ptr_equal(index_find(&x, 50 * 50 + 1), &objects[50]);
    assert_null(index_find(&x, 3));
    for (int i = 0; i < 100; i++)
        index_remove(&x, &objects[i]);
    assert_null(index_find(&x, 1));
}

static void memory_is_aligned_and_zero(void **state)
{
    (void)state;
    struct arena a = {0};
    for (size_t i = 1; i < 20000; i = i * 3 + 1) {
        uint8_t *p = arena_take(&a, i);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t k = 0; k < i; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xee, i);
    }
    arena_free(&a);
}

static void add(struct sdp_negotiated *n, enum sdp_codec codec, uint8_t pt, uint32_t clock,
                const char *fmtp)
{
    struct sdp_payload *p = &n->payloads[n->payload_count++];
    p->codec = codec;
    p->pt = pt;
    p->clock = clock;
    snprintf(p->fmtp, sizeof p->fmtp, "%s", fmtp);
}

static void opus_goes_where_red_does_not(void **state)
{
    (void)state;
    struct sdp_negotiated track = {0}, both = {0}, opus = {0}, neither = {0};
    struct sdp_payload out[SDP_PAYLOADS_MAX];
    add(&track, SDP_RED, 63, 48000, "111/111");
    add(&track, SDP_OPUS, 111, 48000, "");
    add(&both, SDP_OPUS, 109, 48000, "");
    add(&both, SDP_RED, 64, 48000, "109/109");
    add(&opus, SDP_OPUS, 96, 48000, "");
    add(&neither, SDP_PCMU, 0, 8000, "");
    assert_int_equal(payloads_match(&track, &both, out), 2);
    assert_int_equal(out[0].pt, 64);
    assert_int_equal(out[1].pt, 109);
    assert_int_equal(payloads_match(&track, &opus, out), 1);
    assert_int_equal(out[0].pt, 96);
    assert_int_equal(payloads_match(&track, &neither, out), 0);
}

static void profiles_must_agree(void **state)
{
    (void)state;
    struct sdp_negotiated track = {0}, other = {0}, vp9 = {0}, vp9_2 = {0};
    struct sdp_payload out[SDP_PAYLOADS_MAX];
    add(&track, SDP_H264, 100, 90000, "packetization-mode=1;profile-level-id=42e01f");
    add(&other, SDP_H264, 101, 90000, "packetization-mode=0;profile-level-id=42e01f");
    assert_int_equal(payloads_match(&track, &other, out), 0);
    add(&other, SDP_H264, 102, 90000, "packetization-mode=1;profile-level-id=42001f");
    add(&other, SDP_H264, 103, 90000, "profile-level-id=42E034;packetization-mode=1");
    assert_int_equal(payloads_match(&track, &other, out), 1);
    assert_int_equal(out[0].pt, 103);
    add(&vp9, SDP_VP9, 98, 90000, "");
    add(&vp9_2, SDP_VP9, 99, 90000, "profile-id=2");
    assert_int_equal(payloads_match(&vp9, &vp9_2, out), 0);
    add(&vp9_2, SDP_VP9, 98, 90000, "profile-id=0");
    assert_int_equal(payloads_match(&vp9, &vp9_2, out), 1);
}

static bool in(const char *ip, const char *cidr)
{
    struct net_addr a;
    assert_true(net_addr_parse(&a, ip, 0));
    return interfaces_in_cidr(&a, cidr);
}

static void networks_contain_addresses(void **state)
{
    (void)state;
    assert_true(in("10.1.2.3", "10.0.0.0/8"));
    assert_false(in("11.1.2.3", "10.0.0.0/8"));
    assert_true(in("10.1.2.3", "10.1.2.2/31"));
    assert_false(in("10.1.2.3", "10.1.2.1/31"));
    assert_true(in("10.1.2.3", "0.0.0.0/0"));
    assert_true(in("10.1.2.3", "10.1.2.3"));
    assert_true(in("2001:db8::1", "2001:db8::/32"));
    assert_false(in("2001:db8::1", "10.0.0.0/8"));
    assert_false(in("10.1.2.3", "10.0.0.0/99"));
    assert_false(in("10.1.2.3", "no network"));
}

static void interfaces_are_filtered(void **state)
{
    (void)state;
    static struct config c;
    config_defaults(&c, false);
    struct net_addr list[8];
    size_t n = interfaces_addresses(&c, list, 8);
    for (size_t i = 0; i < n; i++)
        assert_false(net_addr_is_loopback(&list[i]) || net_addr_is_link_local(&list[i]));
    snprintf(c.rtc.interfaces_include.text[0], CONFIG_TEXT, "none-of-this-name");
    c.rtc.interfaces_include.n = 1;
    assert_int_equal(interfaces_addresses(&c, list, 8), 0);
    assert_int_equal(interfaces_loopback(&c, 1).family, 0);
    assert_int_equal(interfaces_loopback(&c, 0).family, 4);
    c.rtc.enable_loopback_candidate = true;
    assert_int_equal(interfaces_loopback(&c, 1).family, 4);
}

static struct candidate_address offered_at(const char *ip)
{
    struct candidate_address c = {.udp = true, .tcp = true};
    assert_true(net_addr_parse(&c.at, ip, 0));
    return c;
}

/* A client moves to what it prefers: to the address that came last, also across our restarts. */
static void new_addresses_are_preferred(void **state)
{
    (void)state;
    const int64_t start = 1700000000;
    struct candidate_address old[2] = {offered_at("192.0.2.1"), offered_at("10.0.0.2")}, next[2];
    candidates_prefer(old, 2, NULL, 0, start);
    assert_true(old[0].preference > old[1].preference);
    for (unsigned i = 0; i < 20000; i++) { /* more changes than there are preferences */
        char ip[NET_ADDR_TEXT];
        snprintf(ip, sizeof ip, "203.0.%u.%u", i / 256, i % 256);
        next[0] = offered_at(ip);
        next[1] = old[1];
        next[1].preference = 0;
        candidates_prefer(next, 2, old, 2, start + i / 16);
        assert_in_range(next[0].preference, CANDIDATE_PREFERENCE_MIN, CANDIDATE_PREFERENCE_MAX);
        assert_int_equal(next[1].preference, old[1].preference);
        if (i < 1000)
            assert_true(next[0].preference > old[0].preference);
        old[0] = next[0];
    }
    struct candidate_address restarted[1] = {offered_at("198.51.100.1")};
    candidates_prefer(old, 2, NULL, 0, start);
    candidates_prefer(restarted, 1, NULL, 0, start + 3600);
    assert_true(restarted[0].preference > old[0].preference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_come_in_order),
        cmocka_unit_test(a_deadline_may_stop_another),
        cmocka_unit_test(objects_are_found_by_number),
        cmocka_unit_test(memory_is_aligned_and_zero),
        cmocka_unit_test(opus_goes_where_red_does_not),
        cmocka_unit_test(profiles_must_agree),
        cmocka_unit_test(networks_contain_addresses),
        cmocka_unit_test(interfaces_are_filtered),
        cmocka_unit_test(new_addresses_are_preferred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
