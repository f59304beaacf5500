/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One room over several cores: packets per second that one worker and more of them send on the sim
 * backend, each in a thread of its own, for one publisher and N subscribers. The publisher's own
 * encryption is in there too. Lines: "kind subscribers workers Mpps", medians.
 *
 * The workers go in step. Who loses its core to another program for a while holds up all of them,
 * so that one busy program costs not its share but nearly everything: such a round does not count.
 * A worker that has its core and does not go on, or has lost a packet, is an error.
 */
#include "bench/micro/stage.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS      5
#define ATTEMPTS    25 /* at as many rounds */
#define ROUND_TIME  (300 * USEC_PER_MS)
#define AHEAD       8    /* frames that worker 0 may be before the others */
#define SETTLED     4    /* turns that take all that can be in the rings */
#define STOPPED     1000 /* turns that do not bring forth what waits in the rings */
#define UNDISTURBED 0.97 /* of a core */

struct player {
    struct play *play;
    unsigned worker;
    pthread_t thread;
    usec_t begin, cpu_begin;
    double had; /* of its core */
    _Alignas(64) _Atomic uint64_t turns;
};

struct play {
    struct player players[STAGE_WORKERS_MAX];
    struct stage *stage;
    unsigned workers, subscribers, burst;
    uint64_t frames;
    usec_t begin, time;
    _Atomic bool over;
};

static void stay_on(unsigned cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static usec_t cpu_time(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static void begin_playing(struct player *me)
{
    stay_on(me->worker);
    me->begin = clock_monotonic();
    me->cpu_begin = cpu_time();
}

static void end_playing(struct player *me)
{
    me->had = (double)(cpu_time() - me->cpu_begin) / (double)(clock_monotonic() - me->begin);
}

/* What a worker has to send of so many frames. */
static uint64_t share(const struct play *p, unsigned worker, uint64_t frames)
{
    return (p->subscribers + p->workers - 1 - worker) / p->workers * p->burst * frames;
}

/* Whether a worker has sent all but the last few frames. */
static bool keeps_up(const struct play *p, unsigned worker)
{
    return p->frames < AHEAD ||
           stage_sent_of(p->stage, worker) >= share(p, worker, p->frames - AHEAD);
}

static uint64_t turns_of(struct play *p, unsigned worker)
{
    return atomic_load_explicit(&p->players[worker].turns, memory_order_acquire);
}

static void fail(const struct play *p, unsigned worker, const char *what)
{
    fprintf(stderr, "worker %u %s: %llu packets sent of %llu\n", worker, what,
            (unsigned long long)stage_sent_of(p->stage, worker),
            (unsigned long long)share(p, worker, p->frames));
    exit(1);
}

static bool is_time_left(const struct play *p)
{
    return clock_monotonic() - p->begin < ROUND_TIME;
}

static void wait_for(struct play *p, unsigned worker)
{
    uint64_t before = turns_of(p, worker);
    while (!keeps_up(p, worker) && is_time_left(p)) {
        if (turns_of(p, worker) - before > STOPPED && !keeps_up(p, worker))
            fail(p, worker, "has stopped");
        stage_turn(p->stage); /* takes back what the others are done with */
    }
}

static void *follow(void *arg)
{
    struct player *me = arg;
    begin_playing(me);
    while (!atomic_load_explicit(&me->play->over, memory_order_relaxed)) {
        stage_turn_of(me->play->stage, me->worker);
        stage_drain_of(me->play->stage, me->worker);
        atomic_fetch_add_explicit(&me->turns, 1, memory_order_release);
    }
    end_playing(me);
    return NULL;
}

static void *lead(void *arg)
{
    struct player *me = arg;
    struct play *p = me->play;
    begin_playing(me);
    while (is_time_left(p)) {
        stage_inject(p->stage);
        stage_turn(p->stage);
        stage_drain(p->stage);
        p->frames++;
        for (unsigned i = 1; i < p->workers; i++)
            wait_for(p, i);
    }
    atomic_store(&p->over, true);
    end_playing(me);
    return NULL;
}

static void play(struct play *p)
{
    for (unsigned i = 0; i < p->workers; i++)
        p->players[i] = (struct player){.play = p, .worker = i};
    p->begin = clock_monotonic();
    for (unsigned i = 0; i < p->workers; i++) {
        if (pthread_create(&p->players[i].thread, NULL, i == 0 ? lead : follow, &p->players[i]))
            abort();
    }
    for (unsigned i = 0; i < p->workers; i++)
        pthread_join(p->players[i].thread, NULL);
    p->time = clock_monotonic() - p->begin;
}

/* Nothing is lost on the way to a worker. */
static void check_all_sent(struct play *p)
{
    for (unsigned turn = 0; turn < SETTLED; turn++) {
        for (unsigned i = 0; i < p->workers; i++)
            stage_turn_of(p->stage, i);
    }
    for (unsigned i = 0; i < p->workers; i++) {
        if (stage_sent_of(p->stage, i) != share(p, i, p->frames))
            fail(p, i, "has lost packets");
    }
}

/* Mpps; negative if another program took one of the cores. */
static double one_round(const struct stage_config *config)
{
    struct play p = {.stage = stage_open(config),
                     .workers = config->workers,
                     .subscribers = config->subscribers,
                     .burst = config->burst};
    play(&p);
    uint64_t sent = 0;
    bool disturbed = false;
    for (unsigned i = 0; i < p.workers; i++) {
        sent += stage_sent_of(p.stage, i);
        disturbed |= p.players[i].had < UNDISTURBED;
    }
    check_all_sent(&p);
    stage_close(p.stage);
    return disturbed ? -1 : (double)sent / (double)p.time;
}

/* Negative if there were not enough rounds that count. */
static double median(const struct stage_config *config)
{
    double rounds[ROUNDS];
    int n = 0;
    for (int attempt = 0; n < ROUNDS && attempt < ATTEMPTS; attempt++) {
        double v = one_round(config);
        if (v < 0)
            continue;
        int at = n++;
        for (; at > 0 && rounds[at - 1] > v; at--)
            rounds[at] = rounds[at - 1];
        rounds[at] = v;
    }
    return n == ROUNDS ? rounds[ROUNDS / 2] : -1;
}

/* False if there is no figure. */
static bool measure(bool video, unsigned subscribers, unsigned workers)
{
    const struct stage_config config = {.codec = video ? MEDIA_VP8 : MEDIA_OPUS,
                                        .subscribers = subscribers,
                                        .workers = workers,
                                        .size = video ? 1200 : 160,
                                        .burst = video ? 8 : 1,
                                        .interval = video ? 33333 : 20000};
    const char *kind = video ? "video" : "audio";
    double v = median(&config);
    if (v < 0)
        fprintf(stderr, "%s %u %u: other programs were busy on these cores\n", kind, subscribers,
                workers);
    else
        printf("%s %u %u %.3f\n", kind, subscribers, workers, v);
    fflush(stdout);
    return v >= 0;
}

int main(void)
{
    static const unsigned subscribers[] = {10, 30, 100, 300, 1000};
    cpu_set_t set;
    unsigned cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
    bool complete = true;
    for (int video = 1; video >= 0; video--) {
        for (size_t i = 0; i < sizeof subscribers / sizeof *subscribers; i++) {
            for (unsigned workers = 1; workers <= cpus && workers <= STAGE_WORKERS_MAX; workers++)
                complete &= measure(video, subscribers[i], workers);
        }
    }
    return complete ? 0 : 1;
}
