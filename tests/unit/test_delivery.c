/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/delivery.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void measures_while_something_waits(void **state)
{
    (void)state;
    struct delivery d = {0};
    delivery_queued(&d, 100000, false);
    delivery_sample(&d, 100000, USEC_PER_SEC);
    assert_int_equal(d.rate, 0);
    delivery_sample(&d, 95000, USEC_PER_SEC + DELIVERY_WINDOW / 2);
    assert_int_equal(d.rate, 0);
    delivery_sample(&d, 90000, USEC_PER_SEC + DELIVERY_WINDOW);
    assert_int_equal(d.rate, 50000);
    delivery_queued(&d, 40000, false);
    delivery_sample(&d, 90000, USEC_PER_SEC + 2 * DELIVERY_WINDOW);
    assert_int_equal(d.rate, 200000);
}

static void an_empty_buffer_tells_nothing(void **state)
{
    (void)state;
    struct delivery d = {0};
    usec_t now = USEC_PER_SEC;
    for (int i = 0; i < 20; i++, now += DELIVERY_WINDOW) {
        delivery_queued(&d, 1000, false);
        delivery_sample(&d, 0, now);
    }
    assert_int_equal(d.rate, 0);
    delivery_queued(&d, 1000, false);
    delivery_sample(&d, 1000, now);
    delivery_sample(&d, 0, now + DELIVERY_WINDOW);
    assert_int_equal(d.rate, 0);
}

static void tells_the_lossy_part(void **state)
{
    (void)state;
    struct delivery d = {0};
    assert_int_equal(delivery_lossy_waiting(&d, 0), 0);
    for (int i = 0; i < 100; i++)
        delivery_queued(&d, 2000, false);
    delivery_queued(&d, 1000, true);
    assert_in_range(delivery_lossy_waiting(&d, 201000), 1000, 1000);
    for (int i = 0; i < 20; i++)
        delivery_queued(&d, 2000, false);
    assert_int_equal(delivery_lossy_waiting(&d, 60000), 1000);
    assert_int_equal(delivery_lossy_waiting(&d, 30000), 0);
    for (int i = 0; i < 1000; i++)
        delivery_queued(&d, 1000, true);
    assert_in_range(delivery_lossy_waiting(&d, 50000), 50000, 50000);
    assert_int_equal(delivery_lossy_waiting(&d, 0), 0);
}

static void a_standstill_is_the_lowest_rate(void **state)
{
    (void)state;
    struct delivery d = {0};
    delivery_queued(&d, 1000, false);
    delivery_sample(&d, 1300, USEC_PER_SEC); /* with overhead */
    delivery_sample(&d, 1300, 2 * USEC_PER_SEC);
    assert_int_equal(d.rate, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_while_something_waits),
        cmocka_unit_test(an_empty_buffer_tells_nothing),
        cmocka_unit_test(tells_the_lossy_part),
        cmocka_unit_test(a_standstill_is_the_lowest_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
