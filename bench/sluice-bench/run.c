/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/run.h"

#include "bench/sluice-bench/worker.h"
#include "common/log.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TICK        (100 * USEC_PER_MS)
#define SETTLE_TIME (1 * USEC_PER_SEC) /* between the last join and measuring */

enum phase { PHASE_PUBLISHERS, PHASE_JOINING, PHASE_SETTLING, PHASE_MEASURING, PHASE_DONE };

struct run {
    struct report *report;
    FILE *progress;
    struct worker_orders orders;
    struct worker *workers[SETTINGS_THREADS];
    unsigned worker_count;
    struct dtls_context *dtls;
    int signals;
    enum phase phase;
    usec_t phase_since;
    struct snapshot now, last; /* last: of the line before */
};

/* --- before --- */

static bool resolve(const struct settings *s, struct net_addr *server)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    int error = getaddrinfo(s->host, NULL, &hints, &list);
    if (error != 0) {
        log_error("run", "no address of %s: %s", s->host, gai_strerror(error));
        return false;
    }
    bool found = net_addr_from_sockaddr(server, list->ai_addr);
    server->port = s->port;
    freeaddrinfo(list);
    return found;
}

/* Two sockets per participant. */
static void raise_file_limit(size_t participants)
{
    struct rlimit limit;
    rlim_t wanted = 2 * participants + 64;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted)
        limit.rlim_max = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warn("run", "open files are limited: some participants will fail");
}

static int block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool start_workers(struct run *x, const struct net_addr *server)
{
    const struct settings *s = x->report->settings;
    const char *error;
    for (unsigned i = 0; i < s->threads; i++) {
        x->workers[i] = worker_create(s, x->dtls, server, &x->orders, i, s->threads, &error);
        if (!x->workers[i]) {
            log_error("run", "cannot start: %s", error);
            return false;
        }
    }
    for (; x->worker_count < s->threads; x->worker_count++) {
        if (!worker_start(x->workers[x->worker_count])) {
            log_error("run", "cannot start a thread");
            return false;
        }
    }
    return true;
}

static bool prepare(struct run *x)
{
    char error[DTLS_ERROR_TEXT];
    struct net_addr server;
    raise_file_limit(x->report->participants);
    x->signals = block_signals();
    x->dtls = dtls_context_create(error);
    if (!x->dtls) {
        log_error("run", "%s", error);
        return false;
    }
    process_find(&x->report->servers, x->report->settings->servers);
    x->orders.begin = clock_monotonic();
    atomic_store(&x->orders.late_begin, USEC_NEVER);
    return resolve(x->report->settings, &server) && start_workers(x, &server);
}

/* --- during --- */

static void take_snapshot(struct run *x, struct snapshot *s)
{
    memset(s, 0, sizeof *s);
    s->at = clock_monotonic();
    for (unsigned i = 0; i < x->worker_count; i++) {
        counters_merge(&s->counters, worker_counters(x->workers[i]));
        s->thread_cpu[i] = worker_cpu(x->workers[i]);
    }
    for (size_t i = 0; i < x->report->servers.count; i++)
        s->servers[i] = process_usage(x->report->servers.list[i].pid);
    s->machine = machine_usage();
}

static void print_second(struct run *x)
{
    const struct report_second *s =
        report_second(x->report, x->orders.begin, &x->last, &x->now, x->phase == PHASE_MEASURING);
    if (s && x->progress)
        report_print_second(x->progress, s);
    x->last = x->now;
}

static void ask_server(const struct run *x, struct server_stats *s)
{
    if (x->report->settings->stats_socket[0])
        server_stats_ask(s, x->report->settings->stats_socket);
}

static void enter(struct run *x, enum phase phase)
{
    x->phase = phase;
    x->phase_since = x->now.at;
    if (phase == PHASE_JOINING)
        atomic_store(&x->orders.late_begin, x->now.at);
    if (phase == PHASE_SETTLING)
        atomic_store(&x->orders.measuring, true);
    if (phase == PHASE_MEASURING) {
        x->report->begin = x->now;
        ask_server(x, &x->report->server_begin);
    }
}

static bool all_publish(const struct run *x)
{
    const struct counters *c = &x->now.counters;
    return counter_get(&c->publishing) + counter_get(&c->failed) >= x->report->publishers;
}

static bool all_flows(const struct run *x)
{
    const struct counters *c = &x->now.counters;
    return counter_get(&c->streams) >= x->report->expected_streams &&
           counter_get(&c->connected) + counter_get(&c->failed) >= x->report->participants;
}

static void step(struct run *x)
{
    const struct settings *s = x->report->settings;
    usec_t spent = x->now.at - x->phase_since, patience = s->patience * USEC_PER_SEC;
    if (x->phase == PHASE_PUBLISHERS && (all_publish(x) || spent >= patience))
        enter(x, PHASE_JOINING);
    else if (x->phase == PHASE_JOINING && (all_flows(x) || spent >= patience))
        enter(x, PHASE_SETTLING);
    else if (x->phase == PHASE_SETTLING && spent >= SETTLE_TIME)
        enter(x, PHASE_MEASURING);
    else if (x->phase == PHASE_MEASURING && spent >= s->duration * USEC_PER_SEC)
        enter(x, PHASE_DONE);
}

/* True if a signal says stop. */
static bool wait_tick(struct run *x)
{
    struct pollfd p = {.fd = x->signals, .events = POLLIN};
    return poll(&p, 1, (int)(TICK / USEC_PER_MS)) > 0;
}

static void follow(struct run *x)
{
    take_snapshot(x, &x->report->before);
    x->last = x->now = x->report->before;
    enter(x, PHASE_PUBLISHERS);
    while (x->phase != PHASE_DONE) {
        x->report->interrupted = wait_tick(x);
        take_snapshot(x, &x->now);
        if (x->now.at - x->last.at >= USEC_PER_SEC)
            print_second(x);
        if (x->report->interrupted)
            break;
        step(x);
    }
    if (x->phase < PHASE_MEASURING)
        x->report->begin = x->now;
    x->report->end = x->now;
    ask_server(x, &x->report->server_end);
}

static void finish(struct run *x)
{
    atomic_store(&x->orders.leave, true);
    for (unsigned i = 0; i < x->worker_count; i++)
        worker_join(x->workers[i]);
    for (unsigned i = 0; i < SETTINGS_THREADS && x->workers[i]; i++)
        worker_destroy(x->workers[i]);
    if (x->dtls)
        dtls_context_destroy(x->dtls);
    close(x->signals);
}

bool run(struct report *r, FILE *progress)
{
    struct run *x = calloc(1, sizeof *x);
    if (!x)
        return false;
    x->report = r;
    x->progress = progress;
    bool begun = prepare(x);
    if (begun) {
        if (progress)
            report_print_heading(progress);
        follow(x);
        report_finish(r);
    }
    finish(x);
    free(x);
    return begun;
}
