/* SPDX-License-Identifier: Apache-2.0 */
/* h2o's loop watches h2o's sockets and one descriptor of ours: an epoll instance for all else. */
#include "control/http/loop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control/http/h2o.h"
#include "control/http/timers.h"

#define BATCH 64

struct loop {
    h2o_loop_t *h2o;
    h2o_socket_t *inner; /* h2o's view of `epoll` */
    int epoll;
    struct timers timers;
    struct epoll_event batch[BATCH]; /* being told; an unwatched entry has data.ptr NULL */
    int batch_count;

    pthread_t owner;
    pthread_mutex_t lock; /* of the task list */
    struct loop_task *tasks, **tasks_end;
    size_t task_count;
    struct loop_watch wake;
    _Atomic bool stopping;
};

h2o_loop_t *loop_h2o(struct loop *l)
{
    return l->h2o;
}

static void on_inner_ready(h2o_socket_t *sock, const char *err)
{
    struct loop *l = sock->data;
    if (err)
        return;
    int n = epoll_wait(l->epoll, l->batch, BATCH, 0);
    l->batch_count = n > 0 ? n : 0;
    for (int i = 0; i < l->batch_count; i++) {
        struct loop_watch *w = l->batch[i].data.ptr;
        if (!w)
            continue;
        uint32_t e = l->batch[i].events;
        bool broken = (e & (EPOLLERR | EPOLLHUP)) != 0;
        unsigned events = ((e & EPOLLIN) || broken ? LOOP_READ : 0u) |
                          ((e & EPOLLOUT) || broken ? LOOP_WRITE : 0u);
        w->ready(w->arg, events & w->events);
    }
    l->batch_count = 0;
}

static void on_wake(void *arg, unsigned events)
{
    struct loop *l = arg;
    (void)events;
    uint64_t n;
    if (read(l->wake.fd, &n, sizeof(n)) < 0)
        return; /* another turn took it */
}

static bool open_descriptors(struct loop *l)
{
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->wake = (struct loop_watch){.ready = on_wake, .arg = l};
    l->wake.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return l->epoll >= 0 && l->wake.fd >= 0 && loop_watch(l, &l->wake, LOOP_READ);
}

static void close_descriptors(struct loop *l)
{
    if (l->epoll >= 0)
        close(l->epoll);
    if (l->wake.fd >= 0)
        close(l->wake.fd);
}

struct loop *loop_create(void)
{
    struct loop *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    if (!open_descriptors(l)) {
        close_descriptors(l);
        free(l);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN);
    l->owner = pthread_self();
    pthread_mutex_init(&l->lock, NULL);
    l->tasks_end = &l->tasks;
    l->h2o = h2o_evloop_create();
    l->inner = h2o_evloop_socket_create(l->h2o, l->epoll, H2O_SOCKET_FLAG_DONT_READ);
    l->inner->data = l;
    h2o_socket_read_start(l->inner, on_inner_ready);
    return l;
}

void loop_destroy(struct loop *l)
{
    if (!l)
        return;
    h2o_socket_close(l->inner); /* closes l->epoll */
    h2o_evloop_destroy(l->h2o);
    close(l->wake.fd);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static struct loop_task *take_tasks(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct loop_task *t = l->tasks;
    if (t) {
        l->tasks = t->next;
        l->task_count--;
        t->queued = false;
    }
    if (!l->tasks)
        l->tasks_end = &l->tasks;
    pthread_mutex_unlock(&l->lock);
    return t;
}

/* How many are queued now: those that tasks post in turn wait for the next turn. */
static size_t count_tasks(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    size_t n = l->task_count;
    pthread_mutex_unlock(&l->lock);
    return n;
}

static void run_tasks(struct loop *l)
{
    for (size_t n = count_tasks(l); n > 0; n--) {
        struct loop_task *t = take_tasks(l);
        if (!t)
            return;
        t->run(t->arg);
    }
}

static int32_t wait_ms(struct loop *l, usec_t max_wait)
{
    if (count_tasks(l) > 0)
        return 0;
    usec_t now = clock_monotonic(), next = timers_next(&l->timers);
    usec_t wait = next <= now ? 0 : next - now;
    if (wait > max_wait)
        wait = max_wait;
    usec_t ms = wait / USEC_PER_MS + (wait % USEC_PER_MS != 0);
    return ms > 60000 ? 60000 : (int32_t)ms;
}

void loop_turn(struct loop *l, usec_t max_wait)
{
    h2o_evloop_run(l->h2o, wait_ms(l, max_wait)); /* -1: interrupted by a signal; same as nothing */
    timers_run(&l->timers, clock_monotonic());
    run_tasks(l);
}

void loop_run(struct loop *l)
{
    while (!atomic_exchange(&l->stopping, false))
        loop_turn(l, USEC_NEVER);
}

static void wake(struct loop *l)
{
    uint64_t one = 1;
    if (!pthread_equal(l->owner, pthread_self()) && write(l->wake.fd, &one, sizeof(one)) < 0)
        return; /* the counter is full: it is awake */
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stopping, true);
    wake(l);
}

void loop_timer_at(struct loop *l, struct loop_timer *t, usec_t at)
{
    if (t->armed)
        timers_remove(&l->timers, t);
    timers_insert(&l->timers, t, at);
}

void loop_timer_after(struct loop *l, struct loop_timer *t, usec_t delay)
{
    loop_timer_at(l, t, clock_monotonic() + delay);
}

void loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
    if (t->armed)
        timers_remove(&l->timers, t);
}

bool loop_watch(struct loop *l, struct loop_watch *w, unsigned events)
{
    struct epoll_event e = {.data.ptr = w};
    e.events = ((events & LOOP_READ) ? EPOLLIN : 0u) | ((events & LOOP_WRITE) ? EPOLLOUT : 0u);
    if (epoll_ctl(l->epoll, w->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd, &e) != 0)
        return false;
    w->events = events;
    w->watched = true;
    return true;
}

void loop_unwatch(struct loop *l, struct loop_watch *w)
{
    if (!w->watched)
        return;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    w->watched = false;
    for (int i = 0; i < l->batch_count; i++) {
        if (l->batch[i].data.ptr == w)
            l->batch[i].data.ptr = NULL;
    }
}

void loop_post(struct loop *l, struct loop_task *t)
{
    pthread_mutex_lock(&l->lock);
    if (!t->queued) {
        t->queued = true;
        t->next = NULL;
        l->task_count++;
        *l->tasks_end = t;
        l->tasks_end = &t->next;
    }
    pthread_mutex_unlock(&l->lock);
    wake(l);
}

void loop_unpost(struct loop *l, struct loop_task *t)
{
    pthread_mutex_lock(&l->lock);
    for (struct loop_task **at = &l->tasks; t->queued && *at; at = &(*at)->next) {
        if (*at != t)
            continue;
        *at = t->next;
        if (!t->next)
            l->tasks_end = at;
        l->task_count--;
        t->queued = false;
        break;
    }
    pthread_mutex_unlock(&l->lock);
}
