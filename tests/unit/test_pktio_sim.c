/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pktio/sim.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct counters counters;

static struct pktio_set *open_sim(uint32_t slots, bool discard, bool wake)
{
    memset(&counters, 0, sizeof(counters));
    struct pktio_sim_config config = {
        .workers = 1, .slots = slots, .discard_sent = discard, .wake = wake};
    config.counters[0] = &counters;
    struct pktio_set *set = pktio_sim_open(&config);
    assert_non_null(set);
    return set;
}

static struct net_path path_to(uint16_t port)
{
    struct net_path path = {.ifindex = 3};
    assert_true(net_addr_parse(&path.remote, "192.0.2.1", port));
    assert_true(net_addr_parse(&path.local, "192.0.2.2", 7882));
    return path;
}

static void delivers_what_was_injected(void **state)
{
    (void)state;
    struct pktio_set *set = open_sim(8, false, false);
    struct pktio *io = pktio_worker(set, 0);
    struct net_path path = path_to(1000);
    assert_true(pktio_sim_inject(set, 0, &path, "one", 3));
    assert_true(pktio_sim_inject(set, 0, &path, "three", 5));

    struct pktio_packet got[PKTIO_BURST];
    assert_int_equal(pktio_receive(io, got, 1), 2);
    assert_int_equal(got[0].len, 3);
    assert_memory_equal(got[0].data, "one", 3);
    assert_memory_equal(got[1].data, "three", 5);
    assert_memory_equal(&got[1].path, &path, sizeof(path));
    pktio_receive_done(io);
    assert_int_equal(pktio_receive(io, got, 1), 0);
    assert_int_equal(counters_get(&counters, COUNTER_RX_PACKETS), 2);
    assert_int_equal(counters_get(&counters, COUNTER_RX_BYTES), 8);
    pktio_close(set);
}

static void refuses_injection_when_full_or_out_of_range(void **state)
{
    (void)state;
    struct pktio_set *set = open_sim(4, false, false);
    struct pktio *io = pktio_worker(set, 0);
    struct net_path path = path_to(1);
    static uint8_t data[PKTIO_RECEIVE_MAX + 1];
    assert_false(pktio_sim_inject(set, 0, &path, data, 0));
    assert_false(pktio_sim_inject(set, 0, &path, data, sizeof(data)));
    for (int i = 0; i < 4; i++)
        assert_true(pktio_sim_inject(set, 0, &path, data, PKTIO_RECEIVE_MAX));
    assert_false(pktio_sim_inject(set, 0, &path, data, 1));

    struct pktio_packet got[PKTIO_BURST];
    assert_int_equal(pktio_receive(io, got, 1), 4);
    assert_false(pktio_sim_inject(set, 0, &path, data, 1)); /* the burst is still in use */
    pktio_receive_done(io);
    assert_true(pktio_sim_inject(set, 0, &path, data, 1));
    pktio_close(set);
}

static void bursts_are_bounded(void **state)
{
    (void)state;
    struct pktio_set *set = open_sim(128, false, false);
    struct pktio *io = pktio_worker(set, 0);
    struct net_path path = path_to(1);
    for (uint8_t i = 0; i < 100; i++)
        assert_true(pktio_sim_inject(set, 0, &path, &i, 1));
    struct pktio_packet got[PKTIO_BURST];
    assert_int_equal(pktio_receive(io, got, 1), PKTIO_BURST);
    pktio_receive_done(io);
    assert_int_equal(pktio_receive(io, got, 1), 100 - PKTIO_BURST);
    assert_int_equal(got[0].data[0], PKTIO_BURST);
    pktio_close(set);
}

static void sent_packets_appear_after_flush(void **state)
{
    (void)state;
    struct pktio_set *set = open_sim(4, false, false);
    struct pktio *io = pktio_worker(set, 0);
    struct net_path path = path_to(1);
    uint8_t *a = pktio_send(io, &path, 2), *b = pktio_send(io, &path, 3);
    assert_non_null(a);
    assert_non_null(b);
    memset(a, 'a', 2);
    memset(b, 'b', 3);
    struct pktio_packet sent[PKTIO_BURST];
    assert_int_equal(pktio_sim_take(set, 0, sent), 0);
    pktio_flush(io, 1);
    assert_int_equal(pktio_sim_take(set, 0, sent), 2);
    assert_memory_equal(sent[0].data, "aa", 2);
    assert_memory_equal(sent[1].data, "bbb", 3);
    assert_int_equal(sent[1].len, 3);
    for (int i = 0; i < 2; i++)
        assert_non_null(pktio_send(io, &path, 1));
    assert_null(pktio_send(io, &path, 1)); /* two are not taken yet, two wait */
    pktio_sim_take_done(set, 0);
    assert_non_null(pktio_send(io, &path, 1));
    assert_null(pktio_send(io, &path, 0));
    assert_null(pktio_send(io, &path, PKTIO_PAYLOAD_MAX + 1));
    assert_int_equal(counters_get(&counters, COUNTER_TX_PACKETS), 2);
    assert_int_equal(counters_get(&counters, COUNTER_TX_BYTES), 5);
    pktio_close(set);
}

static void discarding_never_fills(void **state)
{
    (void)state;
    struct pktio_set *set = open_sim(4, true, false);
    struct pktio *io = pktio_worker(set, 0);
    struct net_path path = path_to(1);
    struct pktio_packet sent[PKTIO_BURST];
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 4; k++)
            assert_non_null(pktio_send(io, &path, 100));
        assert_null(pktio_send(io, &path, 100));
        pktio_flush(io, 1);
    }
    assert_int_equal(pktio_sim_take(set, 0, sent), 0);
    assert_int_equal(counters_get(&counters, COUNTER_TX_PACKETS), 400);
    assert_int_equal(counters_get(&counters, COUNTER_TX_BYTES), 40000);
    pktio_close(set);
}

static bool readable(struct pktio *io)
{
    struct pollfd fds[PKTIO_FDS_MAX];
    assert_int_equal(pktio_fds(io, fds), 1);
    return poll(fds, 1, 0) == 1;
}

static void injection_wakes(void **state)
{
    (void)state;
    struct pktio_set *set = open_sim(128, false, true);
    struct pktio *io = pktio_worker(set, 0);
    struct net_path path = path_to(1);
    struct pktio_packet got[PKTIO_BURST];
    assert_false(readable(io));
    for (int i = 0; i < PKTIO_BURST + 1; i++)
        assert_true(pktio_sim_inject(set, 0, &path, "x", 1));
    assert_true(readable(io));
    assert_int_equal(pktio_receive(io, got, 1), PKTIO_BURST);
    assert_true(readable(io));
    pktio_receive_done(io);
    assert_int_equal(pktio_receive(io, got, 1), 1);
    assert_false(readable(io));
    assert_int_equal(pktio_deadline(io), USEC_NEVER);
    pktio_close(set);
}

#define ECHOED 20000

static void *echo(void *arg)
{
    struct pktio *io = arg;
    struct pktio_packet got[PKTIO_BURST];
    for (unsigned n = 0; n < ECHOED;) {
        size_t burst = pktio_receive(io, got, 1);
        for (size_t i = 0; i < burst; i++, n++) {
            uint8_t *p;
            while (!(p = pktio_send(io, &got[i].path, got[i].len)))
                pktio_flush(io, 1);
            memcpy(p, got[i].data, got[i].len);
        }
        pktio_receive_done(io);
        pktio_flush(io, 1);
    }
    return NULL;
}

/* One thread works, another is its network. */
static void two_threads_share_a_worker(void **state)
{
    (void)state;
    struct pktio_set *set = open_sim(64, false, false);
    struct net_path path = path_to(1);
    struct pktio_packet sent[PKTIO_BURST];
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, echo, pktio_worker(set, 0)), 0);
    for (uint32_t in = 0, out = 0; out < ECHOED;) {
        while (in < ECHOED && pktio_sim_inject(set, 0, &path, &in, sizeof(in)))
            in++;
        size_t n = pktio_sim_take(set, 0, sent);
        for (size_t i = 0; i < n; i++, out++)
            assert_memory_equal(sent[i].data, &out, sizeof(out));
        pktio_sim_take_done(set, 0);
        if (n == 0)
            sched_yield();
    }
    pthread_join(thread, NULL);
    pktio_close(set);
}

static void refuses_bad_config(void **state)
{
    (void)state;
    struct pktio_sim_config config = {.workers = 1, .slots = 3, .counters = {&counters}};
    assert_null(pktio_sim_open(&config));
    config.slots = 4;
    config.workers = PKTIO_WORKERS_MAX + 1;
    assert_null(pktio_sim_open(&config));
    config.workers = 2; /* but one block of counters */
    assert_null(pktio_sim_open(&config));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_what_was_injected),
        cmocka_unit_test(refuses_injection_when_full_or_out_of_range),
        cmocka_unit_test(bursts_are_bounded),
        cmocka_unit_test(sent_packets_appear_after_flush),
        cmocka_unit_test(discarding_never_fills),
        cmocka_unit_test(injection_wakes),
        cmocka_unit_test(two_threads_share_a_worker),
        cmocka_unit_test(refuses_bad_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
