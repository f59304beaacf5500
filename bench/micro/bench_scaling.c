/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One room over several cores: packets per second that one worker and more of them send on the sim
 * backend, each in a thread of its own, for one publisher and N subscribers. The publisher's own
 * encryption is in there too. Lines: "kind subscribers workers Mpps", medians.
 */
#include "bench/micro/stage.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS     5
#define ROUND_TIME (300 * USEC_PER_MS)
#define WAIT       100 /* us of virtual time */
#define AHEAD      8   /* frames that worker 0 may be before the others */

struct play {
    struct stage *stage;
    unsigned workers, subscribers, burst;
    usec_t begin;
    _Atomic bool over;
};

struct player {
    struct play *play;
    unsigned worker;
    pthread_t thread;
};

static void stay_on(unsigned cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/* Whether a worker has sent all but the last few frames. */
static bool keeps_up(const struct play *p, unsigned worker, uint64_t frames)
{
    uint64_t share = p->subscribers / p->workers * p->burst;
    return frames < AHEAD || stage_sent_of(p->stage, worker) >= (frames - AHEAD) * share;
}

static void *follow(void *arg)
{
    struct player *me = arg;
    stay_on(me->worker);
    while (!atomic_load_explicit(&me->play->over, memory_order_relaxed)) {
        stage_turn_of(me->play->stage, me->worker);
        stage_drain_of(me->play->stage, me->worker);
    }
    return NULL;
}

static void *lead(void *arg)
{
    struct player *me = arg;
    struct play *p = me->play;
    stay_on(0);
    for (uint64_t frames = 0; clock_monotonic() - p->begin < ROUND_TIME; frames++) {
        stage_inject(p->stage);
        stage_turn(p->stage);
        stage_drain(p->stage);
        for (unsigned i = 1; i < p->workers; i++) {
            while (!keeps_up(p, i, frames) && clock_monotonic() - p->begin < ROUND_TIME) {
                stage_pass(p->stage, WAIT); /* what found a ring full is tried again */
                stage_turn(p->stage);       /* takes back what the others are done with */
            }
        }
    }
    atomic_store(&p->over, true);
    return NULL;
}

static double one_round(const struct stage_config *config)
{
    struct player players[STAGE_WORKERS_MAX];
    struct play p = {.stage = stage_open(config),
                     .workers = config->workers,
                     .subscribers = config->subscribers,
                     .burst = config->burst,
                     .begin = clock_monotonic()};
    for (unsigned i = 0; i < p.workers; i++) {
        players[i] = (struct player){.play = &p, .worker = i};
        if (pthread_create(&players[i].thread, NULL, i == 0 ? lead : follow, &players[i]) != 0)
            abort();
    }
    uint64_t sent = 0;
    for (unsigned i = 0; i < p.workers; i++)
        pthread_join(players[i].thread, NULL);
    usec_t time = clock_monotonic() - p.begin;
    for (unsigned i = 0; i < p.workers; i++)
        sent += stage_sent_of(p.stage, i);
    stage_close(p.stage);
    return (double)sent / (double)time;
}

static double median(const struct stage_config *config)
{
    double rounds[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        double v = one_round(config);
        int at = r;
        for (; at > 0 && rounds[at - 1] > v; at--)
            rounds[at] = rounds[at - 1];
        rounds[at] = v;
    }
    return rounds[ROUNDS / 2];
}

int main(void)
{
    static const unsigned subscribers[] = {10, 30, 100, 300, 1000};
    cpu_set_t set;
    unsigned cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
    for (int video = 1; video >= 0; video--) {
        for (size_t i = 0; i < sizeof subscribers / sizeof *subscribers; i++) {
            for (unsigned workers = 1; workers <= cpus && workers <= STAGE_WORKERS_MAX; workers++) {
                struct stage_config config = {.codec = video ? MEDIA_VP8 : MEDIA_OPUS,
                                              .subscribers = subscribers[i],
                                              .workers = workers,
                                              .size = video ? 1200 : 160,
                                              .burst = video ? 8 : 1,
                                              .interval = video ? 33333 : 20000};
                printf("%s %u %u %.3f\n", video ? "video" : "audio", subscribers[i], workers,
                       median(&config));
                fflush(stdout);
            }
        }
    }
    return 0;
}
