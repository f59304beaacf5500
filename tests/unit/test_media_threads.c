/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two workers as threads, under load: nothing is lost between them, frames come home, and idle
 * threads sleep. Meant to run under the thread sanitizer too.
 */
#include "tests/unit/media_camera.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PACKETS 3000
#define MIC(i)  (0x1111u + (i))

static void send_opus(struct world *w, struct peer *p, uint32_t ssrc, uint16_t seq)
{
    uint8_t data[100] = {0x80, OPUS_PT};
    be16_put(data + 2, seq);
    be32_put(data + 4, seq * 960u);
    be32_put(data + 8, ssrc);
    peer_send_rtp(w, p, data, sizeof data);
}

static void ring_in(struct world *w, unsigned worker, const struct media_command *c)
{
    struct media_command *slot;
    while (!(slot = ring_reserve(w->rings[worker].commands)))
        usleep(100);
    *slot = *c;
    ring_publish(w->rings[worker].commands);
    doorbell_ring(&w->bells[worker]);
}

static usec_t cpu_time(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

/* Every peer hears the one at the other worker. */
static void two_threads(void **state)
{
    (void)state;
    struct world *w = world_open(2);
    w->now = clock_monotonic();
    struct peer *peers[2] = {world_peer(w, 0), world_peer(w, 1)};
    handle_t tracks[2];
    struct media_downtrack d[2] = {{.track_worker = 1}, {.track_worker = 0}};
    struct worker *threads[2];
    for (unsigned i = 0; i < 2; i++)
        tracks[i] = world_audio_track(w, peers[i], MIC(i));
    for (unsigned i = 0; i < 2; i++)
        world_downtrack(w, peers[i], tracks[1 - i], false, &d[i]);
    for (unsigned i = 0; i < 2; i++) {
        struct media_command c = {
            .type = MEDIA_SET_READERS, .handle = tracks[i], .readers = 1u << (1 - i)};
        world_command(w, i, &c);
    }
    for (unsigned i = 0; i < 2; i++)
        threads[i] = worker_start(w->media[i], pktio_worker(w->set, i), &w->bells[i], i, NULL);

    unsigned got[2] = {0, 0};
    for (unsigned seq = 1; seq <= PACKETS; seq++) {
        for (unsigned i = 0; i < 2; i++)
            send_opus(w, peers[i], MIC(i), (uint16_t)seq);
        if (seq % 20 && seq != PACKETS)
            continue;
        usec_t patience = clock_monotonic() + 10 * USEC_PER_SEC;
        while ((got[0] < seq || got[1] < seq) && clock_monotonic() < patience) {
            usleep(200);
            world_collect(w);
            for (unsigned i = 0; i < 2; i++) {
                got[i] += peer_rtp_count(peers[i], d[i].ssrc);
                peer_forget(peers[i]);
            }
        }
    }
    assert_int_equal(got[0], PACKETS);
    assert_int_equal(got[1], PACKETS);
    assert_int_equal(peers[0]->bad + peers[1]->bad, 0);

    for (unsigned i = 0; i < 2; i++) {
        struct media_command c = {.type = MEDIA_CLOSE_SESSION, .handle = peers[i]->session};
        ring_in(w, i, &c);
    }
    usleep(100000);
    usec_t before = cpu_time();
    usleep(500000);
    assert_true(cpu_time() - before < 50000); /* asleep */
    for (unsigned i = 0; i < 2; i++)
        worker_stop(threads[i]);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(w->media[i]->frames.used, 0);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
