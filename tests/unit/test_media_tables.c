/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's timer wheel and its maps.
 */
#include "dataplane/media/addr_map.h"
#include "dataplane/media/ssrc_map.h"
#include "dataplane/media/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void timers_fire_in_time(void **state)
{
    (void)state;
    enum { N = 500 };
    static struct wheel w;
    static struct timer timers[N];
    static usec_t due[N];
    usec_t now = 123456789;
    wheel_init(&w);
    assert_true(wheel_next(&w) == USEC_NEVER);
    srand(3);
    for (unsigned i = 0; i < N; i++) {
        due[i] = now + (usec_t)rand() % 5000000;
        wheel_set(&w, &timers[i], due[i]);
        if (i % 7 == 0) {
            due[i] = USEC_NEVER;
            wheel_set(&w, &timers[i], USEC_NEVER);
        } else if (i % 5 == 0) {
            due[i] -= due[i] % 1000 / 2;
            wheel_advance(&w, &timers[i], due[i]);
        }
    }
    unsigned wakes = 0, fired = 0;
    while (wheel_next(&w) != USEC_NEVER) {
        now = wheel_next(&w) > now ? wheel_next(&w) : now + 1;
        wakes++;
        struct timer *t;
        while ((t = wheel_expire(&w, now))) {
            usec_t d = due[t - timers];
            assert_true(now >= d && now < d + 1001);
            due[t - timers] = USEC_NEVER;
            fired++;
        }
    }
    for (unsigned i = 0; i < N; i++)
        assert_true(due[i] == USEC_NEVER);
    assert_int_equal(fired, N - (N + 6) / 7);
    assert_true(wakes < 5500); /* at most once a millisecond */
    now += 3600000000ULL;      /* long sleep */
    wheel_set(&w, &timers[0], now - 5);
    assert_ptr_equal(wheel_expire(&w, now), &timers[0]);
    assert_null(wheel_expire(&w, now));
}

static void ssrcs_by_session(void **state)
{
    (void)state;
    struct ssrc_map m;
    assert_true(ssrc_map_init(&m, 1000));
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(
            ssrc_map_put(&m, (struct ssrc_slot){.session = i % 10, .ssrc = i / 10, .index = i}));
    assert_false(ssrc_map_put(&m, (struct ssrc_slot){.session = 99}));
    assert_true(ssrc_map_put(&m, (struct ssrc_slot){.session = 3, .ssrc = 4, .index = 5000}));
    ssrc_map_remove(&m, 3, 4, 43); /* somebody else's by now */
    assert_int_equal(ssrc_map_find(&m, 3, 4)->index, 5000);
    ssrc_map_remove(&m, 3, 4, 5000);
    assert_null(ssrc_map_find(&m, 3, 4));
    for (uint32_t i = 0; i < 1000; i += 2)
        ssrc_map_remove(&m, i % 10, i / 10, i);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct ssrc_slot *s = ssrc_map_find(&m, i % 10, i / 10);
        if (i % 2 == 0 || i == 43)
            assert_null(s);
        else
            assert_int_equal(s->index, i);
    }
    assert_int_equal(m.count, 499);
    ssrc_map_free(&m);
}

static void addresses(void **state)
{
    (void)state;
    struct addr_map m;
    struct net_addr a;
    assert_true(addr_map_init(&m, 100));
    for (uint16_t i = 0; i < 100; i++) {
        net_addr_parse(&a, i % 2 ? "192.0.2.1" : "2001:db8::1", (uint16_t)(1000 + i));
        assert_true(addr_map_put(&m, &a, i));
    }
    net_addr_parse(&a, "192.0.2.1", 7);
    assert_false(addr_map_put(&m, &a, 1));
    for (uint16_t i = 0; i < 100; i += 3) {
        net_addr_parse(&a, i % 2 ? "192.0.2.1" : "2001:db8::1", (uint16_t)(1000 + i));
        addr_map_remove(&m, &a, i + 1u);
        assert_int_equal(addr_map_find(&m, &a), i);
        addr_map_remove(&m, &a, i);
    }
    for (uint16_t i = 0; i < 100; i++) {
        net_addr_parse(&a, i % 2 ? "192.0.2.1" : "2001:db8::1", (uint16_t)(1000 + i));
        assert_int_equal(addr_map_find(&m, &a), i % 3 ? i : ADDR_MAP_NONE);
    }
    addr_map_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_time),
        cmocka_unit_test(ssrcs_by_session),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
