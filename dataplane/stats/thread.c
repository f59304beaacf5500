/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/stats/thread.h"

#include "common/log.h"
#include "dataplane/stats/answer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define NICENESS 10

struct stats_thread_server {
    struct stats_server *server;
    pthread_t thread;
    bool started;
    int stop; /* eventfd */
};

struct stats_thread_server *stats_thread_open(const char *path, const struct stats_segment *s,
                                              char err[static STATS_SERVER_ERROR_TEXT])
{
    const struct stats_source source = answer_source(s);
    struct stats_thread_server *t = calloc(1, sizeof(*t));
    if (!t) {
        snprintf(err, STATS_SERVER_ERROR_TEXT, "out of memory");
        return NULL;
    }
    t->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    t->server = stats_server_open(path, &source, err);
    if (t->server && t->stop >= 0)
        return t;
    if (t->server)
        snprintf(err, STATS_SERVER_ERROR_TEXT, "eventfd: %s", strerror(errno));
    stats_thread_close(t);
    return NULL;
}

static int milliseconds(usec_t until)
{
    usec_t now = clock_monotonic();
    if (until == USEC_NEVER)
        return -1;
    return until > now ? (int)((until - now) / USEC_PER_MS) + 1 : 0;
}

static void *run(void *arg)
{
    struct stats_thread_server *t = arg;
    struct pollfd fds[] = {{.fd = t->stop, .events = POLLIN},
                           {.fd = stats_server_fd(t->server), .events = POLLIN}};
    if (setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS) != 0)
        log_debug("stats", "the thread keeps its priority error=\"%s\"", strerror(errno));
    while (!(fds[0].revents & POLLIN)) {
        poll(fds, 2, milliseconds(stats_server_deadline(t->server)));
        stats_server_run(t->server, clock_monotonic());
    }
    return NULL;
}

bool stats_thread_start(struct stats_thread_server *t)
{
    t->started = pthread_create(&t->thread, NULL, run, t) == 0;
    return t->started;
}

void stats_thread_close(struct stats_thread_server *t)
{
    if (!t)
        return;
    if (t->started && eventfd_write(t->stop, 1) == 0)
        pthread_join(t->thread, NULL);
    stats_server_close(t->server);
    if (t->stop >= 0)
        close(t->stop);
    free(t);
}
