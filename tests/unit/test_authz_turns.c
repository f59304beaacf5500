/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "authz/outbound/turns.h"

static void in_order_and_few_at_once(void **state)
{
    struct turns t = {0};
    struct turns_member all[TURNS_PER_HOST + 3];
    size_t count = sizeof(all) / sizeof(all[0]);
    (void)state;
    assert_false(turns_any(&t));
    assert_null(turns_next(&t));
    for (size_t i = 0; i < count; i++)
        assert_true(turns_wait(&t, &all[i], "a:8448", NULL));
    for (size_t i = 0; i < TURNS_PER_HOST; i++)
        assert_ptr_equal(turns_next(&t), &all[i]);
    assert_false(turns_any(&t));
    assert_null(turns_next(&t));
    turns_leave(&t, &all[3]);
    assert_ptr_equal(turns_next(&t), &all[TURNS_PER_HOST]);
    assert_null(turns_next(&t));
    turns_leave(&t, &all[TURNS_PER_HOST + 1]); /* gives up while it waits */
    turns_leave(&t, &all[0]);
    assert_ptr_equal(turns_next(&t), &all[TURNS_PER_HOST + 2]);
    for (size_t i = 0; i < count; i++)
        turns_leave(&t, &all[i]); /* a second time is nothing */
    assert_false(turns_any(&t));
    for (size_t i = 0; i < TURNS_BUCKETS; i++)
        assert_null(t.buckets[i]);
}

static void hosts_take_turns(void **state)
{
    struct turns t = {0};
    struct turns_member a[3], b[2];
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(turns_wait(&t, &a[i], "a:8448", &a[i]));
    for (int i = 0; i < 2; i++)
        assert_true(turns_wait(&t, &b[i], "b:8448", &b[i]));
    struct turns_member *const order[] = {&a[0], &b[0], &a[1], &b[1], &a[2]};
    for (int i = 0; i < 5; i++) {
        struct turns_member *m = turns_next(&t);
        assert_ptr_equal(m, order[i]);
        assert_ptr_equal(m->arg, m);
    }
    for (int i = 0; i < 5; i++)
        turns_leave(&t, order[i]);
}

static void a_dead_host_holds_up_nobody(void **state)
{
    struct turns t = {0};
    struct turns_member dead[100], well;
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_true(turns_wait(&t, &dead[i], "dead:8448", NULL));
    for (int i = 0; i < TURNS_PER_HOST; i++)
        assert_non_null(turns_next(&t));
    assert_true(turns_wait(&t, &well, "well:8448", NULL));
    assert_ptr_equal(turns_next(&t), &well);
    turns_leave(&t, &well);
    for (int i = 0; i < 100; i++)
        turns_leave(&t, &dead[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_and_few_at_once),
        cmocka_unit_test(hosts_take_turns),
        cmocka_unit_test(a_dead_host_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
