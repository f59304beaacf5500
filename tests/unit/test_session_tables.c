/* SPDX-License-Identifier: Apache-2.0 */
/* The id map and the timers against plain models, over random operations. */
#include "dataplane/session/id_map.h"
#include "dataplane/session/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 200, ROUNDS = 20000 };

static void test_id_map(void **state)
{
    (void)state;
    struct id_map m;
    handle_t model[N + 1] = {0};
    assert_true(id_map_init(&m, N));
    srand(1);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        uint32_t id = 1 + (uint32_t)rand() % N;
        if (model[id]) {
            id_map_remove(&m, id);
            model[id] = 0;
        } else {
            id_map_put(&m, id, i);
            model[id] = i;
        }
        uint32_t probe = 1 + (uint32_t)rand() % N;
        assert_int_equal(id_map_get(&m, probe), model[probe]);
    }
    for (uint32_t id = 1; id <= N; id++)
        assert_int_equal(id_map_get(&m, id), model[id]);
    assert_int_equal(id_map_get(&m, 0), HANDLE_NONE);
    id_map_free(&m);
}

static usec_t model_next(const usec_t *model)
{
    usec_t at = USEC_NEVER;
    for (int i = 0; i < N; i++)
        if (model[i] < at)
            at = model[i];
    return at;
}

static void test_timers(void **state)
{
    (void)state;
    struct timers t;
    usec_t model[N];
    memset(model, 0xff, sizeof(model));
    assert_true(timers_init(&t, N));
    srand(2);
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t object = (uint32_t)rand() % N;
        model[object] = rand() % 4 == 0 ? USEC_NEVER : 1 + (usec_t)rand() % 1000;
        timers_set(&t, object, model[object]);
        assert_true(timers_next(&t) == model_next(model));
        if (rand() % 3 == 0 && timers_expire(&t, timers_next(&t), &object)) {
            assert_true(model[object] == model_next(model));
            model[object] = USEC_NEVER;
        }
    }
    timers_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_id_map),
                                       cmocka_unit_test(test_timers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
