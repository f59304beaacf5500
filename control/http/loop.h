/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop of a control process: timers, file descriptors, tasks, and under them the HTTP
 * server. The thread that creates it runs it; only loop_post() and loop_stop() may be called from
 * another.
 *
 * Timers, watches and tasks are structs of the caller's, linked in while they are armed: arming
 * never allocates and never fails for want of memory. A callback may arm, cancel, unwatch or free
 * anything, itself included. Zero a struct before its first use.
 */
#ifndef SLUICE_CONTROL_HTTP_LOOP_H
#define SLUICE_CONTROL_HTTP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"

struct loop;

/* NULL if the kernel refuses the descriptors. Ignores SIGPIPE for the process. */
struct loop *loop_create(void);

/* Everything built on the loop (servers, watches) must be gone before. */
void loop_destroy(struct loop *l);

/* Runs until loop_stop(). */
void loop_run(struct loop *l);

/* One turn: waits at most max_wait for something to do, then does all that is ready. */
void loop_turn(struct loop *l, usec_t max_wait);

/* Makes loop_run() return after the current turn. Any thread. */
void loop_stop(struct loop *l);

/* Timers fire once, never early, at most about one millisecond late on an idle machine. */
struct loop_timer {
    void (*fire)(void *arg, usec_t now);
    void *arg;
    /* the loop's */
    usec_t at;
    bool armed;
    struct loop_timer *child, *next, *prev;
};

/* Arms t, or moves it if it is armed. */
void loop_timer_at(struct loop *l, struct loop_timer *t, usec_t at);
void loop_timer_after(struct loop *l, struct loop_timer *t, usec_t delay);
void loop_timer_cancel(struct loop *l, struct loop_timer *t);

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/* Level-triggered: `ready` is called each turn while one of the watched events holds. An error or
 * hang-up is told as both events: the next read or write returns it. */
struct loop_watch {
    void (*ready)(void *arg, unsigned events);
    void *arg;
    int fd; /* stays the caller's; close it after loop_unwatch() */
    /* the loop's */
    unsigned events;
    bool watched;
};

/* Watches, or changes what is watched. False if the kernel refuses the descriptor. */
bool loop_watch(struct loop *l, struct loop_watch *w, unsigned events);
void loop_unwatch(struct loop *l, struct loop_watch *w);

/* Runs later, once, in the loop's thread: how other threads hand over results, and how a callback
 * puts something off until the stack is unwound. */
struct loop_task {
    void (*run)(void *arg);
    void *arg;
    /* the loop's */
    bool queued;
    struct loop_task *next;
};

/* Any thread. A task that is queued already stays queued once. */
void loop_post(struct loop *l, struct loop_task *t);

/* Takes a queued task back. The loop's thread only. */
void loop_unpost(struct loop *l, struct loop_task *t);

#endif
