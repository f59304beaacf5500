/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/worker.h"

#include "bench/sluice-bench/peer.h"
#include "bench/sluice-bench/socket.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#define EVENTS_MAX   512
#define IDLE_MAX     (10 * USEC_PER_MS) /* orders are looked at so often */
#define PACE         (1 * USEC_PER_MS)  /* while measuring: what is due is done so often, */
#define COLLECT      (10 * USEC_PER_MS) /* what has come is read so often: the kernel stamps it */
#define GOODBYE_TIME (500 * USEC_PER_MS)
#define READ_MAX     65536
#define TIMER_SLACK  1000UL /* ns */

struct seat {
    struct peer peer;
    size_t order; /* among all participants */
    int tcp, udp; /* -1: none */
    bool connected;
    uint32_t drops;
};

struct worker {
    struct worker_orders *orders;
    struct net_addr server;
    struct peer_context context;
    struct seat *seats;
    usec_t *deadlines; /* of the seats, dense: all are looked at in each round */
    size_t count;
    unsigned index;
    int epoll;
    usec_t next_drops;
    usec_t next_collect; /* while measuring */
    pthread_t thread;
    struct socket_batch batch;
    uint8_t read[READ_MAX];
};

/* --- one seat --- */

static void close_socket(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* What events say: the seat, and whether it is about its UDP socket. */
static bool watch(struct worker *w, size_t seat, int fd, bool udp)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLET | (udp ? 0u : (unsigned)EPOLLOUT),
                            .data.u64 = seat << 1 | udp};
    return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static void flush_tcp(struct seat *s)
{
    size_t len;
    const uint8_t *data;
    while (s->tcp >= 0 && (data = peer_signal_output(&s->peer, &len))) {
        ssize_t n = send(s->tcp, data, len, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        peer_signal_written(&s->peer, (size_t)n);
    }
}

/* What the peer has to send after any call of it, and when it wants the next. */
static void settle(struct worker *w, size_t i)
{
    struct seat *s = &w->seats[i];
    const struct transport *t = &s->peer.transport;
    if (!s->connected && t->ice.selected.family != 0)
        s->connected = socket_connect_udp(s->udp, &t->ice.selected);
    if (w->context.out.count > 0)
        counter_add(&w->context.counters.send_errors, socket_send(s->udp, &w->context.out));
    if (s->peer.state == PEER_FAILED) {
        close_socket(&s->tcp);
        close_socket(&s->udp);
    }
    w->deadlines[i] = peer_deadline(&s->peer);
}

static void start(struct worker *w, size_t i, usec_t now)
{
    struct seat *s = &w->seats[i];
    if (!peer_start(&s->peer, now))
        return;
    s->tcp = socket_connect_tcp(&w->server);
    s->udp = socket_open_udp(w->server.family);
    if (s->tcp < 0 || s->udp < 0 || !watch(w, i, s->tcp, false) || !watch(w, i, s->udp, true))
        peer_fail(&s->peer, strerror(errno));
    settle(w, i);
}

static void read_tcp(struct worker *w, size_t i, usec_t now)
{
    struct seat *s = &w->seats[i];
    while (s->tcp >= 0) {
        ssize_t n = recv(s->tcp, w->read, sizeof w->read, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        peer_signal_input(&s->peer, w->read, n > 0 ? (size_t)n : 0, now);
        if (n <= 0)
            close_socket(&s->tcp);
    }
    flush_tcp(s);
    settle(w, i);
}

static void take_run(struct worker *w, struct seat *s, const struct socket_run *r, usec_t now)
{
    for (size_t at = 0; at < r->len; at += r->segment) {
        size_t len = r->len - at < r->segment ? r->len - at : r->segment;
        peer_datagram(&s->peer, &r->from, r->data + at, len, now, r->wall);
    }
    (void)w;
}

static void read_udp(struct worker *w, size_t i, usec_t now)
{
    struct seat *s = &w->seats[i];
    struct socket_run runs[SOCKET_BATCH];
    unsigned n = SOCKET_BATCH;
    while (s->udp >= 0 && n == SOCKET_BATCH) {
        n = socket_receive(s->udp, &w->batch, runs);
        for (unsigned k = 0; k < n; k++)
            take_run(w, s, &runs[k], now);
        if (w->context.out.count > 0 || !s->connected)
            settle(w, i);
    }
}

/* --- all seats --- */

/* Participants of the second wave have no deadline until it is known. */
static usec_t start_time(const struct worker *w, const struct seat *s)
{
    const struct settings *set = w->context.settings;
    usec_t base = w->orders->begin;
    size_t place = s->order;
    if (s->peer.member.late) {
        base = atomic_load(&w->orders->late_begin);
        place -= set->shape.publishers;
    }
    if (base == USEC_NEVER || set->join_rate == 0)
        return base;
    return base + place * USEC_PER_SEC / set->join_rate;
}

static void run_seat(struct worker *w, size_t i, usec_t now)
{
    struct seat *s = &w->seats[i];
    if (s->peer.state == PEER_WAITING) {
        start(w, i, now);
        return;
    }
    peer_run(&s->peer, now, clock_realtime() * 1000);
    flush_tcp(s);
    settle(w, i);
}

/* Runs what is due and returns the next deadline. */
static usec_t run_due(struct worker *w, usec_t now)
{
    usec_t next = now + IDLE_MAX;
    for (size_t i = 0; i < w->count; i++) {
        if (w->deadlines[i] <= now)
            run_seat(w, i, now);
        if (w->deadlines[i] < next)
            next = w->deadlines[i];
    }
    return next;
}

static void call_late(struct worker *w)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->seats[i].peer.state == PEER_WAITING)
            w->deadlines[i] = start_time(w, &w->seats[i]);
    }
}

static void count_drops(struct worker *w, usec_t now)
{
    if (now < w->next_drops)
        return;
    w->next_drops = now + USEC_PER_SEC;
    for (size_t i = 0; i < w->count; i++) {
        struct seat *s = &w->seats[i];
        uint32_t drops = s->udp >= 0 ? socket_drops(s->udp) : s->drops;
        counter_add(&w->context.counters.socket_drops, drops - s->drops);
        s->drops = drops;
    }
}

/* Handles what has happened, or happens until then. True if there may be more. */
static bool wait_events(struct worker *w, usec_t now, usec_t until)
{
    struct epoll_event events[EVENTS_MAX];
    usec_t left = until > now ? until - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left / USEC_PER_SEC),
                               .tv_nsec = (long)(left % USEC_PER_SEC * 1000)};
    int n = epoll_pwait2(w->epoll, events, EVENTS_MAX, &timeout, NULL);
    now = clock_monotonic();
    for (int i = 0; i < n; i++) {
        size_t seat = (size_t)(events[i].data.u64 >> 1);
        if (events[i].data.u64 & 1)
            read_udp(w, seat, now);
        else
            read_tcp(w, seat, now);
    }
    return n == EVENTS_MAX;
}

static void leave(struct worker *w)
{
    for (size_t i = 0; i < w->count; i++) {
        peer_leave(&w->seats[i].peer);
        flush_tcp(&w->seats[i]);
        w->deadlines[i] = USEC_NEVER;
    }
    for (usec_t now = clock_monotonic(), end = now + GOODBYE_TIME; now < end;
         now = clock_monotonic())
        wait_events(w, now, end);
}

static void sleep_until(usec_t at)
{
    struct timespec ts = {.tv_sec = (time_t)(at / USEC_PER_SEC),
                          .tv_nsec = (long)(at % USEC_PER_SEC * 1000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* One round while measuring: sleeps until something is due or it is time to read. */
static void collect(struct worker *w, usec_t now, usec_t next)
{
    usec_t wake = next < w->next_collect ? next : w->next_collect;
    usec_t earliest = now - now % PACE + PACE;
    sleep_until(wake > earliest ? wake : earliest);
    now = clock_monotonic();
    if (now < w->next_collect)
        return;
    w->next_collect = now - now % COLLECT + COLLECT;
    while (wait_events(w, now, now))
        ;
}

static void pin(unsigned index)
{
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    unsigned wanted = index % (unsigned)CPU_COUNT(&allowed);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || wanted-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
        return;
    }
}

static void *run(void *arg)
{
    struct worker *w = arg;
    bool late_called = false;
    prctl(PR_SET_TIMERSLACK, TIMER_SLACK);
    if (w->context.settings->pin)
        pin(w->index);
    while (!atomic_load(&w->orders->leave)) {
        usec_t now = clock_monotonic();
        if (!late_called && atomic_load(&w->orders->late_begin) != USEC_NEVER) {
            call_late(w);
            late_called = true;
        }
        usec_t next = run_due(w, now);
        count_drops(w, now);
        if (atomic_load(&w->orders->measuring))
            collect(w, now, next);
        else
            wait_events(w, now, next);
    }
    leave(w);
    return NULL;
}

/* --- life --- */

static bool seat_all(struct worker *w, unsigned index, unsigned count)
{
    size_t total = shape_size(&w->context.settings->shape);
    w->count = total > index ? (total - index + count - 1) / count : 0;
    w->seats = calloc(w->count + 1, sizeof *w->seats);
    w->deadlines = calloc(w->count + 1, sizeof *w->deadlines);
    if (!w->seats || !w->deadlines)
        return false;
    for (size_t i = 0; i < w->count; i++) {
        struct seat *s = &w->seats[i];
        s->order = index + i * count;
        s->tcp = s->udp = -1;
        peer_init(&s->peer, &w->context, s->order);
        w->deadlines[i] = start_time(w, s);
    }
    return true;
}

struct worker *worker_create(const struct settings *s, const struct dtls_context *dtls,
                             const struct net_addr *server, struct worker_orders *orders,
                             unsigned index, unsigned count, const char **error)
{
    struct worker *w = calloc(1, sizeof *w);
    *error = "out of memory";
    if (!w)
        return NULL;
    w->epoll = -1;
    w->orders = orders;
    w->server = *server;
    w->index = index;
    w->context.settings = s;
    w->context.dtls = dtls;
    w->context.family = server->family;
    w->context.srtp = srtp_engine_create(NULL);
    w->context.description = malloc(sizeof *w->context.description);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (w->context.srtp && w->context.description && w->epoll >= 0 && seat_all(w, index, count))
        return w;
    worker_destroy(w);
    return NULL;
}

bool worker_start(struct worker *w)
{
    return pthread_create(&w->thread, NULL, run, w) == 0;
}

void worker_join(struct worker *w)
{
    pthread_join(w->thread, NULL);
}

void worker_destroy(struct worker *w)
{
    for (size_t i = 0; w->seats && i < w->count; i++) {
        peer_free(&w->seats[i].peer);
        close_socket(&w->seats[i].tcp);
        close_socket(&w->seats[i].udp);
    }
    close_socket(&w->epoll);
    if (w->context.srtp)
        srtp_engine_destroy(w->context.srtp);
    free(w->context.description);
    free(w->seats);
    free(w->deadlines);
    free(w);
}

const struct counters *worker_counters(const struct worker *w)
{
    return &w->context.counters;
}

uint64_t worker_cpu(const struct worker *w)
{
    clockid_t clock;
    struct timespec ts;
    if (pthread_getcpuclockid(w->thread, &clock) != 0 || clock_gettime(clock, &ts) != 0)
        return 0;
    return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}
