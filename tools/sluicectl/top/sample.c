/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/top/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sluicectl/view.h"

/* --- taking --- */

static json_t *lines_of(const char *run_dir, const char *socket, const char *get, const char *room,
                        char reason[STATS_SOCKET_REASON])
{
    struct stats_answer a;
    if (!stats_socket_ask(run_dir, socket, get, room, NULL, &a)) {
        snprintf(reason, STATS_SOCKET_REASON, "%s", a.reason);
        return NULL;
    }
    json_t *lines = json_incref(a.lines);
    stats_answer_free(&a);
    return lines;
}

/* Rooms by what is sent to them; the order of participants stays. */
static int by_output(const void *a, const void *b)
{
    double x = view_flow(*(json_t *const *)a, "out", "bps"),
           y = view_flow(*(json_t *const *)b, "out", "bps");
    return (x < y) - (x > y);
}

static void sort(json_t **list)
{
    size_t n = json_array_size(*list);
    json_t **items = n > 1 ? calloc(n, sizeof(json_t *)) : NULL, *sorted = json_array();
    if (!items) {
        json_decref(sorted);
        return;
    }
    for (size_t i = 0; i < n; i++)
        items[i] = json_array_get(*list, i);
    qsort((void *)items, n, sizeof(json_t *), by_output);
    for (size_t i = 0; i < n; i++)
        json_array_append(sorted, items[i]);
    free((void *)items);
    json_decref(*list);
    *list = sorted;
}

/* Who has already failed to answer is not asked again. */
static json_t *objects(struct sample *s, const char *run_dir, const char *get, const char *room,
                       const char *kind)
{
    char why[STATS_SOCKET_REASON];
    struct view v = {0};
    if (!*s->reason[PROCESS_DATAPLANE])
        v.media = lines_of(run_dir, STATS_DATAPLANE, get, room, why);
    if (!*s->reason[PROCESS_CONTROL])
        v.signalling = lines_of(run_dir, STATS_CONTROL, get, room, s->reason[PROCESS_CONTROL]);
    json_t *all = view_objects(&v, kind);
    view_free(&v);
    return all;
}

static void choose_room(struct sample *s, const char *room)
{
    const char *busiest = view_text(json_array_get(s->rooms, 0), "room");
    if (room)
        snprintf(s->room, sizeof(s->room), "%s", room);
    else
        snprintf(s->room, sizeof(s->room), "%s", busiest ? busiest : "");
}

static void look_at_processes(struct sample *s, const char *run_dir)
{
    static const char *const sockets[] = {STATS_DATAPLANE, "control.sock", "authz.sock"};
    static const char *const names[] = {"sluice-dataplane", "sluice-control", "sluice-authz"};
    for (int i = 0; i < PROCESSES; i++) {
        s->running[i].name = names[i];
        if (peer_of(run_dir, sockets[i], &s->running[i].pid) == 0 &&
            !peer_usage(s->running[i].pid, &s->running[i].usage))
            s->running[i].pid = 0;
    }
}

void sample_take(struct sample *s, const char *run_dir, const char *room)
{
    char why[STATS_SOCKET_REASON];
    *s = (struct sample){0};
    json_t *process =
        lines_of(run_dir, STATS_DATAPLANE, "process", NULL, s->reason[PROCESS_DATAPLANE]);
    s->process = json_incref(json_array_get(process, 0));
    json_decref(process);
    if (s->process)
        s->threads = lines_of(run_dir, STATS_DATAPLANE, "threads", NULL, why);
    look_at_processes(s, run_dir);
    s->mono_us = (double)clock_monotonic();
    s->unix_us = (double)clock_realtime();
    s->rooms = objects(s, run_dir, "rooms", NULL, "room");
    sort(&s->rooms);
    choose_room(s, room);
    s->participants = *s->room ? objects(s, run_dir, "room", s->room, "participant") : json_array();
}

void sample_free(struct sample *s)
{
    json_decref(s->process);
    json_decref(s->threads);
    json_decref(s->rooms);
    json_decref(s->participants);
    *s = (struct sample){0};
}

bool sample_is_empty(const struct sample *s)
{
    return !s->process && *s->reason[PROCESS_CONTROL];
}

/* --- rates --- */

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static double seconds(const struct sample *before, const struct sample *now)
{
    return (now->mono_us - before->mono_us) / 1e6;
}

/* A process that was restarted in between counts from 0. */
static double rate(double before, double now, double s)
{
    return s <= 0 ? 0 : (now >= before ? now - before : now) / s;
}

double sample_counter_rate(const struct sample *before, const struct sample *now, const char *name)
{
    if (!before->process || !now->process)
        return 0;
    return rate(number(json_object_get(before->process, "counters"), name),
                number(json_object_get(now->process, "counters"), name), seconds(before, now));
}

double sample_cpu_percent(const struct sample *before, const struct sample *now, int process)
{
    if (before->running[process].pid == 0 ||
        before->running[process].pid != now->running[process].pid)
        return 0;
    return rate((double)before->running[process].usage.cpu_us,
                (double)now->running[process].usage.cpu_us, seconds(before, now)) /
           1e4;
}

static const json_t *thread_of(const struct sample *s, size_t thread)
{
    return json_array_get(s->threads, thread);
}

double sample_thread_cpu(const struct sample *before, const struct sample *now, size_t thread)
{
    if (!thread_of(before, thread))
        return 0;
    return rate(number(thread_of(before, thread), "cpu_us"),
                number(thread_of(now, thread), "cpu_us"), seconds(before, now)) /
           1e4;
}

double sample_thread_rate(const struct sample *before, const struct sample *now, size_t thread,
                          const char *counter)
{
    if (!thread_of(before, thread))
        return 0;
    return rate(number(json_object_get(thread_of(before, thread), "counters"), counter),
                number(json_object_get(thread_of(now, thread), "counters"), counter),
                seconds(before, now));
}

/* --- latency --- */

static const json_t *histogram(const struct sample *s, const char *packet_class)
{
    return json_object_get(json_object_get(s->process, "latency"), packet_class);
}

/* The count of the bucket with that bound; 0 if there is none. */
static double bucket_count(const json_t *buckets, const json_t *bound)
{
    size_t i;
    json_t *b;
    json_array_foreach(buckets, i, b)
    {
        if (json_equal(json_array_get(b, 0), bound))
            return json_number_value(json_array_get(b, 1));
    }
    return 0;
}

double sample_latency(const struct sample *before, const struct sample *now,
                      const char *packet_class, double share)
{
    const json_t *new = histogram(now, packet_class), *old = histogram(before, packet_class);
    const json_t *buckets = json_object_get(new, "buckets"), *b;
    double total = number(new, "count"), earlier = number(old, "count"), sum = 0, bound = -1;
    size_t i;
    if (earlier >= total) { /* none since, or another process: all of them */
        old = NULL;
        earlier = 0;
    }
    json_array_foreach(buckets, i, b)
    {
        const json_t *at = json_array_get(b, 0);
        sum += json_number_value(json_array_get(b, 1)) -
               bucket_count(json_object_get(old, "buckets"), at);
        bound = json_is_number(at) ? json_number_value(at) : number(new, "max_us");
        if (sum >= share * (total - earlier))
            return total > 0 ? bound : -1;
    }
    return total > 0 ? bound : -1;
}
