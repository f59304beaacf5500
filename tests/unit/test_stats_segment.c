/* SPDX-License-Identifier: Apache-2.0 */
/* The file of statistics: what is written is read whole, by others, and nothing else is. */
#include "common/stats/segment.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];
static char err[STATS_ERROR_TEXT];
static struct stats_segment mine;

static int create(void **state)
{
    (void)state;
    static const struct stats_sizes sizes = {.blocks = 3,
                                             .rooms = 4,
                                             .participants = 5,
                                             .transports = 6,
                                             .tracks = 7,
                                             .subscriptions = 8};
    snprintf(path, sizeof(path), "/tmp/sluice-segment-XXXXXX");
    close(mkstemp(path));
    return stats_segment_create(&mine, path, &sizes, err) ? 0 : -1;
}

static int destroy(void **state)
{
    (void)state;
    stats_segment_close(&mine);
    unlink(path);
    return 0;
}

static void others_read_what_is_written(void **state)
{
    (void)state;
    struct stats_segment theirs;
    struct stats_room room = {.handle = 17, .name = "daily"}, seen;
    stats_put(&mine, STATS_ROOMS, 3, &room, sizeof(room));
    stats_put(&mine, STATS_ROOMS, 4, &room, sizeof(room)); /* beyond: ignored */
    counters_add(&mine.block[2], COUNTER_RX_STUN, 5);
    stats_pool_set(&stats_thread(&mine, 1)->pool[STATS_POOL_FRAMES], 100, 7, 9);
    stats_pool_set(&stats_thread(&mine, 1)->pool[STATS_POOL_FRAMES], 100, 2, 2);
    assert_true(stats_segment_open(&theirs, path, err));
    assert_true(stats_get(&theirs, STATS_ROOMS, 3, &seen, sizeof(seen)));
    assert_memory_equal(&room, &seen, sizeof(room));
    assert_false(stats_get(&theirs, STATS_ROOMS, 2, &seen, sizeof(seen)));
    assert_false(stats_get(&theirs, STATS_ROOMS, 4, &seen, sizeof(seen)));
    assert_int_equal(counters_get(&theirs.block[2], COUNTER_RX_STUN), 5);
    const struct stats_pool *p = &stats_thread(&theirs, 1)->pool[STATS_POOL_FRAMES];
    assert_int_equal(p->used, 2);
    assert_int_equal(p->high_water, 9);
    assert_int_equal(stats_count(&theirs, STATS_SUBSCRIPTIONS), 8);
    assert_null(stats_at(&theirs, STATS_THREADS, 3));
    stats_segment_close(&theirs);
}

static void damage(off_t at, uint64_t value)
{
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, &value, sizeof(value), at), sizeof(value));
    close(fd);
}

static void foreign_files_are_refused(void **state)
{
    (void)state;
    struct stats_segment theirs;
    const off_t offset = offsetof(struct stats_header, section[STATS_TRACKS]);
    uint64_t good = mine.header->section[STATS_TRACKS].offset;
    damage(offset, good + 1);
    assert_false(stats_segment_open(&theirs, path, err));
    damage(offset, 1ull << 60);
    assert_false(stats_segment_open(&theirs, path, err));
    damage(offset, good);
    assert_true(stats_segment_open(&theirs, path, err));
    stats_segment_close(&theirs);
    damage(0, 1);
    assert_false(stats_segment_open(&theirs, path, err));
    assert_int_equal(truncate(path, 100), 0);
    assert_false(stats_segment_open(&theirs, path, err));
    assert_int_equal(unlink(path), 0);
    assert_false(stats_segment_open(&theirs, path, err));
}

#define ROUNDS 20000

/* All bytes of a body are the same. */
static void *write_all(void *arg)
{
    struct stats_participant p;
    for (int i = 1; i <= ROUNDS; i++) {
        memset(&p, i & 0xff, sizeof(p));
        stats_put(arg, STATS_PARTICIPANTS, 0, &p, sizeof(p));
    }
    return NULL;
}

static void no_record_is_torn(void **state)
{
    (void)state;
    pthread_t writer;
    struct stats_participant p;
    memset(&p, 0, sizeof(p));
    stats_put(&mine, STATS_PARTICIPANTS, 0, &p, sizeof(p));
    assert_int_equal(pthread_create(&writer, NULL, write_all, &mine), 0);
    unsigned read = 0, last = 0;
    while (last != (ROUNDS & 0xff) || read < ROUNDS / 10) {
        if (!stats_get(&mine, STATS_PARTICIPANTS, 0, &p, sizeof(p)))
            continue;
        const uint8_t *bytes = (const uint8_t *)&p;
        last = bytes[0];
        for (size_t i = 1; i < sizeof(p); i++)
            assert_int_equal(bytes[i], last);
        read++;
    }
    pthread_join(writer, NULL);
}

static void an_unfinished_record_is_none(void **state)
{
    (void)state;
    struct stats_track t = {.handle = 1};
    stats_put(&mine, STATS_TRACKS, 0, &t, sizeof(t));
    struct record *r = (struct record *)stats_at(&mine, STATS_TRACKS, 0);
    atomic_fetch_add(&r->epoch, 1);
    assert_false(stats_get(&mine, STATS_TRACKS, 0, &t, sizeof(t)));
}

static void text_is_cut_between_characters(void **state)
{
    (void)state;
    char to[6];
    stats_text(to, sizeof(to), "caf\xc3\xa9");
    assert_string_equal(to, "caf\xc3\xa9");
    stats_text(to, sizeof(to), "cafe\xc3\xa9");
    assert_string_equal(to, "cafe");
    stats_text(to, sizeof(to), "ab\xe2\x82\xac\xe2\x82\xac");
    assert_string_equal(to, "ab\xe2\x82\xac");
    stats_text(to, sizeof(to), NULL);
    assert_string_equal(to, "");
}

static void buckets_have_bounds(void **state)
{
    (void)state;
    for (uint32_t us = 0; us <= HISTOGRAM_TOP; us++) {
        unsigned b = histogram_bucket(us);
        assert_in_range(b, 0, HISTOGRAM_BOUNDED - 1);
        assert_true(us <= histogram_bound(b));
        assert_true(b == 0 || us > histogram_bound(b - 1));
    }
    assert_int_equal(histogram_bound(HISTOGRAM_BOUNDED - 1), HISTOGRAM_TOP);
    assert_int_equal(histogram_bucket(HISTOGRAM_TOP + 1ull), HISTOGRAM_BOUNDED);
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BOUNDED);
}

static void quantiles_are_upper_bounds(void **state)
{
    (void)state;
    static struct histogram h;
    struct histogram_copy c, sum = {0};
    histogram_read(&h, &c);
    assert_int_equal(histogram_quantile(&c, 0.5), 0);
    for (unsigned us = 1; us <= 100; us++)
        histogram_add(&h, us, 10);
    histogram_read(&h, &c);
    assert_int_equal(c.count, 1000);
    assert_int_equal(c.sum, 50500);
    assert_in_range(histogram_quantile(&c, 0.5), 50, 56);
    assert_in_range(histogram_quantile(&c, 0.99), 99, 100);
    assert_int_equal(histogram_quantile(&c, 1), 100);
    histogram_add(&h, 5000000, 1);
    histogram_read(&h, &c);
    assert_int_equal(histogram_quantile(&c, 1), 5000000);
    histogram_merge(&sum, &c);
    histogram_merge(&sum, &c);
    assert_int_equal(sum.count, 2002);
    assert_int_equal(sum.max, 5000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(others_read_what_is_written, create, destroy),
        cmocka_unit_test_setup_teardown(foreign_files_are_refused, create, destroy),
        cmocka_unit_test_setup_teardown(no_record_is_torn, create, destroy),
        cmocka_unit_test_setup_teardown(an_unfinished_record_is_none, create, destroy),
        cmocka_unit_test(text_is_cut_between_characters),
        cmocka_unit_test(buckets_have_bounds),
        cmocka_unit_test(quantiles_are_upper_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
