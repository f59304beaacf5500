/* SPDX-License-Identifier: Apache-2.0 */
/* The session thread: waits for workers, TCP peers and control, and runs the session engine. */
#include "dataplane/process/process.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Taken from one worker's ring before the others get their turn. */
#define TAKE_PER_TURN 256

enum { FD_STOP, FD_BELL, FD_LISTENER, FD_CONTROL, FD_TCP, FD_TURN, FD_COUNT };

static size_t take_packets(struct process *p, struct process_worker *w, usec_t now)
{
    size_t n = 0;
    struct packet_slot *slot;
    while (n < TAKE_PER_TURN && (slot = ring_peek(w->rings.packets_out))) {
        if (!slot->path.tcp)
            sessions_packet(p->sessions, &slot->path, slot->data, slot->len, now);
        else
            process_send_by_path(p, &slot->path, slot->data, slot->len, now);
        ring_consume(w->rings.packets_out);
        n++;
    }
    return n;
}

static size_t take_events(struct process *p, struct process_worker *w, usec_t now)
{
    size_t n = 0;
    struct media_event *e;
    while (n < TAKE_PER_TURN && (e = ring_peek(w->rings.events))) {
        sessions_media_event(p->sessions, e, now);
        ring_consume(w->rings.events);
        n++;
    }
    return n;
}

static size_t take_from_workers(struct process *p, usec_t now)
{
    size_t n = 0;
    for (unsigned i = 0; i < p->workers; i++) {
        n += take_packets(p, &p->worker[i], now);
        n += take_events(p, &p->worker[i], now);
    }
    return n;
}

static usec_t next_deadline(const struct process *p)
{
    usec_t at = sessions_deadline(p->sessions);
    usec_t tcp = p->tcp ? ice_tcp_deadline(p->tcp) : USEC_NEVER;
    usec_t turn = p->turn ? turn_server_deadline(p->turn) : USEC_NEVER;
    at = tcp < at ? tcp : at;
    return turn < at ? turn : at;
}

static void wait(struct process *p, struct pollfd fds[static FD_COUNT], usec_t now)
{
    usec_t at = next_deadline(p);
    struct timespec ts = {0};
    if (at > now && at != USEC_NEVER) {
        ts.tv_sec = (time_t)((at - now) / USEC_PER_SEC);
        ts.tv_nsec = (long)((at - now) % USEC_PER_SEC * 1000);
    }
    doorbell_sleep(&p->bell);
    bool busy = false;
    for (unsigned i = 0; i < p->workers; i++)
        busy |= ring_peek(p->worker[i].rings.packets_out) || ring_peek(p->worker[i].rings.events) ||
                p->worker[i].told;
    static const struct timespec no_time;
    stats_count_one(&stats_thread(&p->stats, p->workers)->sleeps);
    ppoll(fds, FD_COUNT, busy ? &no_time : at == USEC_NEVER ? NULL : &ts, NULL);
    doorbell_answer(&p->bell);
}

static void serve(struct process *p, const struct pollfd fds[static FD_COUNT], usec_t now)
{
    if (fds[FD_LISTENER].revents)
        control_accept(p);
    else if (fds[FD_CONTROL].revents)
        control_read(p, now);
    if (p->tcp && (fds[FD_TCP].revents || ice_tcp_deadline(p->tcp) <= now))
        ice_tcp_run(p->tcp, now);
    if (p->turn && (fds[FD_TURN].revents || turn_server_deadline(p->turn) <= now))
        turn_server_run(p->turn, now);
    take_from_workers(p, now);
    if (sessions_deadline(p->sessions) <= now)
        sessions_tick(p->sessions, now);
    process_flush(p);
    control_write(p);
}

void process_run(struct process *p, int stop_fd)
{
    struct pollfd fds[FD_COUNT] = {
        [FD_STOP] = {.fd = stop_fd, .events = POLLIN},
        [FD_BELL] = {.fd = p->bell.fd, .events = POLLIN},
        [FD_LISTENER] = {.fd = p->listener, .events = POLLIN},
        [FD_TCP] = {.fd = p->tcp ? ice_tcp_fd(p->tcp) : -1, .events = POLLIN},
        [FD_TURN] = {.fd = p->turn ? turn_server_fd(p->turn) : -1, .events = POLLIN},
    };
    struct stats_thread *stats = stats_thread(&p->stats, p->workers);
    atomic_store_explicit(&stats->tid, (uint32_t)gettid(), memory_order_relaxed);
    while (!fds[FD_STOP].revents) {
        stats_count_one(&stats->turns);
        fds[FD_CONTROL].fd = p->control.fd;
        fds[FD_CONTROL].events = POLLIN | (link_wants_write(&p->control) ? POLLOUT : 0);
        wait(p, fds, clock_monotonic());
        serve(p, fds, clock_monotonic());
    }
}
