/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread around a media engine: turns it while there is work, then sleeps in ppoll(2) until a
 * packet, the doorbell or the engine's deadline.
 */
#include "common/log.h"
#include "dataplane/media/media.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define SPIN_TIME   (20ULL) /* us of looking again before going to sleep */
#define BREAK_SHORT (40ULL) /* us; a wake-up is part of it */

struct worker {
    pthread_t thread;
    struct media *media;
    struct pktio *io;
    struct doorbell *bell;
    unsigned index;
    struct stats_thread *stats; /* NULL: none */
    _Atomic bool stop;
};

/* Where the machine has a core for each worker; elsewhere the scheduler knows better. */
static void pin(unsigned index)
{
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 ||
        (unsigned)CPU_COUNT(&allowed) <= index + 1)
        return;
    unsigned seen = 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || seen++ != index)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        if (pthread_setaffinity_np(pthread_self(), sizeof one, &one) != 0)
            log_debug("media", "worker %u is not pinned", index);
        return;
    }
}

static size_t turn(struct worker *w)
{
    if (w->stats)
        stats_count_one(&w->stats->turns);
    return media_turn(w->media, clock_monotonic(), clock_realtime());
}

static bool stopped(struct worker *w)
{
    return atomic_load_explicit(&w->stop, memory_order_acquire);
}

static void wait_until(usec_t deadline, struct pollfd *fds, nfds_t n)
{
    usec_t now = clock_monotonic();
    struct timespec ts;
    if (deadline != USEC_NEVER) {
        usec_t left = deadline > now ? deadline - now : 0;
        ts.tv_sec = (time_t)(left / USEC_PER_SEC);
        ts.tv_nsec = (long)(left % USEC_PER_SEC * 1000);
    }
    ppoll(fds, n, deadline == USEC_NEVER ? NULL : &ts, NULL);
}

/* A turn; if it finds nothing, sleeps until there is something. The doorbell is told before the
 * last look at the rings, so that nothing slips in between. */
static size_t turn_or_sleep(struct worker *w)
{
    doorbell_sleep(w->bell);
    size_t took = turn(w);
    if (took == 0 && !stopped(w)) {
        struct pollfd fds[PKTIO_FDS_MAX + 1];
        nfds_t n = pktio_fds(w->io, fds);
        fds[n++] = (struct pollfd){.fd = w->bell->fd, .events = POLLIN};
        if (w->stats)
            stats_count_one(&w->stats->sleeps);
        wait_until(media_deadline(w->media), fds, n);
    }
    doorbell_answer(w->bell);
    return took;
}

/* Looks again and again for a while after there was work, if that is likely to pay: work that came
 * after a longer break than this lets one expect that the next one will. */
static void *run(void *arg)
{
    struct worker *w = arg;
    pin(w->index);
    if (w->stats)
        atomic_store_explicit(&w->stats->tid, (uint32_t)gettid(), memory_order_relaxed);
    usec_t busy_at = 0, spin = 0;
    while (!stopped(w)) {
        usec_t now = clock_monotonic();
        size_t took = now - busy_at < spin ? turn(w) : turn_or_sleep(w);
        if (took > 0) {
            spin = now - busy_at < BREAK_SHORT ? SPIN_TIME : 0;
            busy_at = now;
        }
    }
    return NULL;
}

struct worker *worker_start(struct media *m, struct pktio *io, struct doorbell *bell,
                            unsigned index, struct stats_thread *stats)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->media = m;
    w->io = io;
    w->bell = bell;
    w->index = index;
    w->stats = stats;
    if (pthread_create(&w->thread, NULL, run, w) == 0)
        return w;
    free(w);
    return NULL;
}

void worker_stop(struct worker *w)
{
    if (!w)
        return;
    atomic_store_explicit(&w->stop, true, memory_order_release);
    doorbell_ring(w->bell);
    pthread_join(w->thread, NULL);
    free(w);
}
