/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/report.h"

#include <stdlib.h>
#include <string.h>

#define OWN_CPU_MAX 0.9 /* of a thread: more of it and we are what is measured */

void report_init(struct report *r, const struct settings *s)
{
    memset(r, 0, sizeof *r);
    r->settings = s;
    r->participants = shape_size(&s->shape);
    for (size_t i = 0; i < r->participants; i++) {
        struct shape_member m = shape_member(&s->shape, i);
        r->publishers += m.audio || m.video;
        r->expected_streams += m.expected;
    }
}

void report_free(struct report *r)
{
    free(r->seconds);
    r->seconds = NULL;
    r->second_count = r->second_capacity = 0;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static double loss_of(const struct counters *c)
{
    uint64_t expected = counter_get(&c->expected_packets);
    uint64_t received = counter_get(&c->received_packets);
    return received < expected ? share(expected - received, expected) : 0;
}

static double busiest_thread(const struct report *r, const struct snapshot *a,
                             const struct snapshot *b)
{
    uint64_t most = 0;
    for (unsigned i = 0; i < r->settings->threads; i++) {
        uint64_t used = b->thread_cpu[i] - a->thread_cpu[i];
        most = used > most ? used : most;
    }
    return share(most, b->at - a->at);
}

static uint64_t server_cpu(const struct report *r, const struct snapshot *a,
                           const struct snapshot *b)
{
    uint64_t used = 0;
    for (size_t i = 0; i < r->servers.count; i++) {
        if (b->servers[i].cpu > a->servers[i].cpu)
            used += b->servers[i].cpu - a->servers[i].cpu;
    }
    return used;
}

static double softirq_of(const struct snapshot *a, const struct snapshot *b)
{
    return share(b->machine.softirq - a->machine.softirq, b->machine.total - a->machine.total);
}

static struct report_second *new_second(struct report *r)
{
    if (r->second_count == r->second_capacity) {
        size_t capacity = r->second_capacity ? 2 * r->second_capacity : 64;
        struct report_second *more = realloc(r->seconds, capacity * sizeof *more);
        if (!more)
            return NULL;
        r->seconds = more;
        r->second_capacity = capacity;
    }
    struct report_second *s = &r->seconds[r->second_count++];
    *s = (struct report_second){0};
    return s;
}

const struct report_second *report_second(struct report *r, usec_t began, const struct snapshot *a,
                                          const struct snapshot *b, bool measured)
{
    static struct counters c; /* 40 KiB: not for the stack, and only the main thread reports */
    struct report_second *s = new_second(r);
    double seconds = (double)(b->at - a->at) / USEC_PER_SEC;
    if (!s || seconds <= 0)
        return NULL;
    c = b->counters;
    counters_subtract(&c, &a->counters);
    histogram_merge(&c.video_latency, &c.audio_latency);
    s->at = (double)(b->at - began) / USEC_PER_SEC;
    s->measured = measured;
    s->connected = counter_get(&b->counters.connected);
    s->streams = counter_get(&b->counters.streams);
    s->sent_pps = (double)counter_get(&c.sent_packets) / seconds;
    s->sent_mbps = (double)counter_get(&c.sent_bytes) * 8e-6 / seconds;
    s->received_pps = (double)counter_get(&c.received_packets) / seconds;
    s->received_mbps = (double)counter_get(&c.received_bytes) * 8e-6 / seconds;
    s->loss = loss_of(&c);
    s->p50 = histogram_quantile(&c.video_latency, 0.5);
    s->p99 = histogram_quantile(&c.video_latency, 0.99);
    s->server_cpu = share(server_cpu(r, a, b), b->at - a->at);
    s->own_cpu = busiest_thread(r, a, b);
    s->softirq = softirq_of(a, b);
    for (size_t i = 0; i < r->servers.count; i++)
        s->server_rss += b->servers[i].resident;
    return s;
}

static void warn(struct report *r, const char *text)
{
    if (r->warning_count < REPORT_WARNINGS)
        r->warnings[r->warning_count++] = text;
}

static void look_for_bottleneck(struct report *r)
{
    if (r->own_cpu >= OWN_CPU_MAX)
        warn(r, "a thread of sluice-bench was busy for 90 % of the time or more: it is the limit, "
                "give it more threads");
    if (counter_get(&r->window.socket_drops) > 0)
        warn(r, "sockets of sluice-bench overflowed: the loss is at least partly its own");
    if (counter_get(&r->window.send_errors) > 0)
        warn(r, "the kernel refused packets of sluice-bench: the server got less than shown");
    if (counter_get(&r->window.late_frames) > 0)
        warn(r, "sluice-bench did not get a CPU in time and left frames out: the server got less");
    if (share(r->end.machine.idle - r->begin.machine.idle,
              r->end.machine.total - r->begin.machine.total) < 0.05 &&
        r->duration > 0)
        warn(r, "the machine had less than 5 % idle time: server and load contend for its CPUs");
}

void report_finish(struct report *r)
{
    r->duration = (double)(r->end.at - r->begin.at) / USEC_PER_SEC;
    r->window = r->end.counters;
    counters_subtract(&r->window, &r->begin.counters);
    r->loss = loss_of(&r->window);
    r->server_cpu = (double)server_cpu(r, &r->begin, &r->end);
    uint64_t packets = counter_get(&r->window.received_packets);
    r->per_packet = packets > 0 ? r->server_cpu / (double)packets : 0;
    r->own_cpu = busiest_thread(r, &r->begin, &r->end);
    r->softirq = softirq_of(&r->begin, &r->end);
    if (r->server_begin.known && r->server_end.known) {
        server_histogram_subtract(&r->server_end.audio, &r->server_begin.audio);
        server_histogram_subtract(&r->server_end.video, &r->server_begin.video);
    }
    look_for_bottleneck(r);
}
