/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layer selection and tracking, history, the log of what was sent.
 */
#include "dataplane/forward/history.h"
#include "dataplane/forward/layer_tracker.h"
#include "dataplane/forward/sent_log.h"
#include "dataplane/forward/simulcast_selector.h"
#include "dataplane/forward/svc_selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static enum selection pick(struct simulcast_selector *s, uint8_t layer, bool key)
{
    struct packet_info p = {.layer = layer, .key_frame = key, .frame_start = true};
    return simulcast_select(s, &p);
}

static void key_frames_on_the_way_are_taken(void **state)
{
    (void)state;
    struct simulcast_selector s;
    simulcast_selector_init(&s);
    assert_int_equal(pick(&s, 0, true), SELECT_IGNORE); /* nothing is wanted */
    s.target = 2;
    assert_int_equal(pick(&s, 0, false), SELECT_IGNORE);
    assert_int_equal(pick(&s, 0, true), SELECT_SWITCH);
    assert_true(simulcast_selector_wants_key_frame(&s));
    assert_int_equal(pick(&s, 0, false), SELECT_FORWARD);
    assert_int_equal(pick(&s, 2, false), SELECT_IGNORE);
    assert_int_equal(pick(&s, 1, true), SELECT_SWITCH);
    assert_int_equal(pick(&s, 0, true), SELECT_IGNORE); /* not back */
    assert_int_equal(pick(&s, 2, true), SELECT_SWITCH);
    assert_false(simulcast_selector_wants_key_frame(&s));
    s.target = 0;
    assert_int_equal(pick(&s, 2, true), SELECT_FORWARD);
    assert_int_equal(pick(&s, 1, true), SELECT_SWITCH);
    assert_int_equal(pick(&s, 0, true), SELECT_SWITCH);
}

static enum selection pick_temporal(struct simulcast_selector *s, uint8_t temporal, bool start)
{
    struct packet_info p = {.temporal = temporal, .frame_start = start};
    return simulcast_select(s, &p);
}

static void temporal_layers(void **state)
{
    (void)state;
    struct simulcast_selector s;
    simulcast_selector_init(&s);
    s.target = 0;
    pick(&s, 0, true);
    assert_int_equal(pick_temporal(&s, 2, true), SELECT_FORWARD);
    s.max_temporal = 0;
    assert_int_equal(pick_temporal(&s, 2, false), SELECT_FORWARD); /* the frame to its end */
    assert_int_equal(pick_temporal(&s, 0, true), SELECT_FORWARD);
    assert_int_equal(pick_temporal(&s, 1, true), SELECT_DROP);
    s.max_temporal = 1;
    assert_int_equal(pick_temporal(&s, 1, false), SELECT_DROP);
    assert_int_equal(pick_temporal(&s, 1, true), SELECT_FORWARD);
    assert_int_equal(pick_temporal(&s, 2, true), SELECT_DROP);
}

static void layers_stop_and_come_back(void **state)
{
    (void)state;
    struct layer_tracker t;
    layer_tracker_init(&t, false);
    assert_int_equal(layer_tracker_best(&t, 2), LAYER_NONE);
    usec_t now = 1000000;
    assert_true(layer_tracker_packet(&t, 0, false, now));
    assert_true(layer_tracker_packet(&t, 2, false, now));
    assert_int_equal(layer_tracker_best(&t, 2), 2);
    assert_int_equal(layer_tracker_best(&t, 1), 0);
    for (unsigned i = 0; i < 10; i++) { /* layer 2 has stopped */
        now += 100000;
        layer_tracker_packet(&t, 0, false, now);
    }
    assert_true(layer_tracker_check(&t, now));
    assert_int_equal(layer_tracker_best(&t, 2), 0);
    assert_false(layer_tracker_packet(&t, 2, false, now)); /* not at once again, */
    now += 10000;
    assert_true(layer_tracker_packet(&t, 2, true, now)); /* but with a key frame */
    now += 60000000; /* all still: nothing is known to have stopped */
    assert_false(layer_tracker_check(&t, now));
    assert_int_equal(layer_tracker_best(&t, 2), 2);
    memset(&t, 0, sizeof t);
    layer_tracker_packet(&t, 1, true, 5);
    assert_int_equal(layer_tracker_best(&t, 0), 1); /* better than nothing */
}

/* Two spatial layers of one temporal each, chains and references to the frame before. */
static enum selection pick_svc(struct svc_selector *s, uint64_t frame, uint8_t spatial, bool key,
                               uint16_t fdiff, bool *marker, uint32_t *mask)
{
    struct packet_info p = {.key_frame = key && spatial == 0, .dd_len = 3, .marker = spatial == 1};
    struct svc_info svc = {
        .frame = frame,
        .targets = {.n = 2, .n_chains = 2, .spatial = {0, 1}, .protected_by = {0, 1}},
        .dd = {.active_targets = 3,
               .spatial = spatial,
               .end_of_frame = true,
               .dtis = spatial == 0 ? 0xa : 0x8,
               .n_fdiffs = fdiff ? 1 : 0,
               .fdiffs = {fdiff},
               .chain_fdiffs = {key       ? 0
                                : spatial ? 1
                                          : 2,
                                key       ? spatial
                                : spatial ? 2
                                          : 1}}};
    return svc_select(s, &p, &svc, marker, mask);
}

static void decode_targets(void **state)
{
    (void)state;
    struct svc_selector s;
    bool marker;
    uint32_t mask;
    svc_selector_init(&s);
    assert_int_equal(pick_svc(&s, 10, 0, false, 2, &marker, &mask), SELECT_IGNORE);
    assert_int_equal(pick_svc(&s, 20, 0, true, 0, &marker, &mask), SELECT_SWITCH);
    assert_false(marker);
    assert_int_equal(pick_svc(&s, 21, 1, true, 1, &marker, &mask), SELECT_FORWARD);
    assert_true(marker);
    assert_int_equal(mask, 3);
    s.max_spatial = 0;
    assert_int_equal(pick_svc(&s, 22, 0, false, 2, &marker, &mask), SELECT_FORWARD);
    assert_true(marker);
    assert_int_equal(mask, 1);
    assert_int_equal(pick_svc(&s, 23, 1, false, 2, &marker, &mask), SELECT_DROP);
    assert_int_equal(pick_svc(&s, 23, 1, false, 2, &marker, &mask), SELECT_DROP);
    s.max_spatial = 1; /* the chain is broken: not before a key frame */
    assert_int_equal(pick_svc(&s, 24, 0, false, 2, &marker, &mask), SELECT_FORWARD);
    assert_int_equal(pick_svc(&s, 25, 1, false, 2, &marker, &mask), SELECT_DROP);
    assert_true(svc_selector_wants_key_frame(&s, 1));
    assert_int_equal(pick_svc(&s, 26, 0, true, 0, &marker, &mask), SELECT_FORWARD);
    assert_int_equal(pick_svc(&s, 27, 1, true, 1, &marker, &mask), SELECT_FORWARD);
    assert_false(svc_selector_wants_key_frame(&s, 1));
}

static void history_keeps_the_newest(void **state)
{
    (void)state;
    struct frame_pool pool;
    struct history h;
    struct frame *slots[16], *f;
    assert_true(frame_pool_init(&pool, 20));
    history_init(&h, slots, 16);
    for (uint64_t seq = 0x1fff8; seq < 0x20018; seq++) {
        assert_non_null(f = frame_take(&pool));
        f->info.seq = seq;
        history_put(&h, &pool, f);
        frame_release(&pool, f);
    }
    assert_int_equal(pool.used, 16);
    assert_null(history_get(&h, 0x20007));
    assert_int_equal(history_get(&h, 0x20008)->info.seq, 0x20008);
    assert_int_equal(history_get16(&h, 0x0017)->info.seq, 0x20017);
    assert_null(history_get16(&h, 0x0018));
    f = frame_take(&pool);
    f->info.seq = 0x20000; /* too old to be kept */
    history_put(&h, &pool, f);
    frame_release(&pool, f);
    assert_int_equal(pool.used, 16);
    while (frame_take(&pool))
        ;
    history_shed(&h, &pool);
    assert_non_null(pool.free);
    assert_null(history_get(&h, 0x20008)); /* the oldest went */
    assert_non_null(history_get(&h, 0x20009));
    history_clear(&h, &pool);
    assert_int_equal(h.used, 0);
    frame_pool_free(&pool);
}

/* Histories leave a part of the pool to packets on their way. */
static void history_leaves_a_reserve(void **state)
{
    (void)state;
    struct frame_pool pool;
    struct history a, b;
    struct frame *in_a[64], *in_b[64], *f;
    assert_true(frame_pool_init(&pool, 64));
    history_init(&a, in_a, 64);
    history_init(&b, in_b, 64);
    for (uint64_t seq = 100; seq < 300; seq++) {
        for (unsigned i = 0; i < 2; i++) {
            assert_non_null(f = frame_take(&pool));
            f->info.seq = seq;
            history_put(i || seq < 120 ? &a : &b, &pool, f);
            frame_release(&pool, f);
        }
    }
    assert_in_range(pool.used, 58, 60);
    assert_true(b.used > 0);
    assert_non_null(history_get(&a, 299));
    history_clear(&a, &pool);
    history_clear(&b, &pool);
    assert_int_equal(pool.used, 0);
    frame_pool_free(&pool);
}

static void log_answers_within_its_rules(void **state)
{
    (void)state;
    struct sent_log l;
    struct sent_entry slots[32], *e;
    const struct sent_era *era;
    memset(slots, 0, sizeof slots);
    sent_log_init(&l, slots, 32);
    assert_null(sent_log_resend(&l, 0, 0, 1000, &era));
    sent_log_begin_era(&l, (struct sent_era){.first = 0xfff0, .ts_offset = 7});
    usec_t now = 5000000;
    for (uint64_t i = 0xfff0; i < 0x10010; i++)
        sent_log_put(&l, i, i + 3, 1, i % 2, 9, now);
    assert_non_null(e = sent_log_resend(&l, 0xfff1, 0, now, &era)); /* the first time at once */
    assert_int_equal(e->source, 0xfff4);
    assert_int_equal(e->layer, 1);
    assert_int_equal(e->marker, 1);
    assert_int_equal(era->ts_offset, 7);
    assert_null(sent_log_resend(&l, 0xfff1, 0, now + 99000, &era));
    assert_non_null(sent_log_resend(&l, 0xfff1, 0, now + 100000, &era));
    assert_null(sent_log_resend(&l, 0xfff1, 10000, now + 115000, &era));
    assert_non_null(sent_log_resend(&l, 0xfff1, 10000, now + 121000, &era));
    assert_null(sent_log_resend(&l, 0xfff1, 0, now + 900000, &era)); /* three times */
    assert_null(sent_log_resend(&l, 0xffef, 0, now, &era));          /* never sent */
    assert_null(sent_log_resend(&l, 0x0010, 0, now, &era));
    for (unsigned i = 0; i < SENT_LOG_ERAS; i++) /* its era is forgotten */
        sent_log_begin_era(&l, (struct sent_era){.first = 0x10010});
    assert_null(sent_log_resend(&l, 0x000f, 0, now, &era));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_frames_on_the_way_are_taken),
        cmocka_unit_test(temporal_layers),
        cmocka_unit_test(layers_stop_and_come_back),
        cmocka_unit_test(decode_targets),
        cmocka_unit_test(history_keeps_the_newest),
        cmocka_unit_test(history_leaves_a_reserve),
        cmocka_unit_test(log_answers_within_its_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
