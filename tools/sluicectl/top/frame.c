/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/top/frame.h"

#include <string.h>
#include <time.h>

#include "tools/sluicectl/format.h"
#include "tools/sluicectl/participant_table.h"
#include "tools/sluicectl/room_table.h"

#define PARTICIPANT_LINES 8 /* that rooms leave to participants */

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "?";
}

/* --- head --- */

static void title(const struct sample *now, struct screen *s)
{
    char when[16], age[FORMAT_TEXT];
    time_t at = (time_t)(now->unix_us / 1e6);
    struct tm tm;
    strftime(when, sizeof(when), "%H:%M:%S", localtime_r(&at, &tm));
    if (!now->process) {
        screen_line(s, LOOK_WARNING, "sluice  %s  sluice-dataplane: %s", when,
                    now->reason[PROCESS_DATAPLANE]);
        return;
    }
    screen_line(s, LOOK_BOLD,
                "sluice %s  %s  up %s  %s  rooms %.0f  participants %.0f  tracks %.0f  "
                "subscriptions %.0f",
                text(now->process, "version"), when,
                format_age(number(now->process, "uptime_us") / 1e6, age),
                text(now->process, "backend"), number(now->process, "rooms"),
                number(now->process, "participants"), number(now->process, "tracks"),
                number(now->process, "subscriptions"));
}

static void rates(const struct sample *before, const struct sample *now, struct screen *s)
{
    char a[FORMAT_TEXT], b[FORMAT_TEXT], c[FORMAT_TEXT], d[FORMAT_TEXT], e[FORMAT_TEXT];
    screen_line(s, LOOK_PLAIN,
                "in       %7sbit/s  %6s packets/s      out  %7sbit/s  %6s packets/s      "
                "retransmitted %s/s",
                format_bps(8 * sample_counter_rate(before, now, "rx_bytes"), a),
                format_count(sample_counter_rate(before, now, "rx_packets"), b),
                format_bps(8 * sample_counter_rate(before, now, "tx_bytes"), c),
                format_count(sample_counter_rate(before, now, "tx_packets"), d),
                format_count(sample_counter_rate(before, now, "tx_rtx"), e));
}

static const char *const classes[] = {"audio", "video", "retransmission"};

static void latency(const struct sample *before, const struct sample *now, struct screen *s)
{
    char line[SCREEN_LINE] = "latency ", a[FORMAT_TEXT], b[FORMAT_TEXT];
    size_t at = strlen(line);
    for (size_t i = 0; i < 3; i++) {
        double p50 = sample_latency(before, now, classes[i], 0.5),
               p99 = sample_latency(before, now, classes[i], 0.99);
        if (p50 >= 0)
            at += (size_t)snprintf(line + at, sizeof(line) - at, " %s p50 %s p99 %s    ",
                                   classes[i], format_us(p50, a), format_us(p99, b));
    }
    screen_line(s, LOOK_PLAIN, "%s%s", line, at > strlen("latency ") ? "" : " nothing sent yet");
}

static void drops(const struct sample *before, const struct sample *now, struct screen *s)
{
    char line[SCREEN_LINE] = "", each[FORMAT_TEXT];
    size_t at = 0;
    double total = 0;
    const char *name;
    json_t *v;
    json_object_foreach(json_object_get(now->process, "drops"), name, v)
    {
        double rate = sample_counter_rate(before, now, name);
        total += rate;
        if (rate > 0 && at < sizeof(line))
            at += (size_t)snprintf(line + at, sizeof(line) - at, "  %s %s/s", name,
                                   format_count(rate, each));
    }
    screen_line(s, total > 0 ? LOOK_WARNING : LOOK_PLAIN, "dropped  %s/s%s",
                format_count(total, each), line);
}

/* --- tables --- */

static const char *state_of(const struct sample *s, int process)
{
    char state = s->running[process].usage.state;
    if (s->running[process].pid == 0)
        return "does not run";
    return state == 'T' || state == 't' ? "STOPPED" : "runs";
}

static void processes(const struct sample *before, const struct sample *now, struct screen *s)
{
    struct table t;
    char buf[FORMAT_TEXT];
    table_begin(&t, "PROCESS|>PID|STATE|>CPU|>MEMORY|>IN packets/s|>OUT packets/s");
    for (int i = 0; i < PROCESSES; i++) {
        if (i == PROCESS_AUTHZ && now->running[i].pid == 0)
            continue;
        table_text(&t, now->running[i].name);
        if (now->running[i].pid)
            table_cell(&t, "%d", (int)now->running[i].pid);
        else
            table_text(&t, NULL);
        table_text(&t, state_of(now, i));
        table_cell(&t, "%.1f%%", sample_cpu_percent(before, now, i));
        table_cell(&t, "%s", format_bytes((double)now->running[i].usage.memory, buf));
        table_cell(&t, " ");
        table_cell(&t, " ");
        for (size_t k = 0; i == PROCESS_DATAPLANE && k < json_array_size(now->threads); k++) {
            const json_t *thread = json_array_get(now->threads, k);
            table_cell(&t, "  %.40s", text(thread, "thread"));
            table_cell(&t, " ");
            table_cell(&t, "core %.0f", number(thread, "core"));
            table_cell(&t, "%.1f%%", sample_thread_cpu(before, now, k));
            table_cell(&t, " ");
            table_cell(&t, "%s",
                       format_count(sample_thread_rate(before, now, k, "rx_packets"), buf));
            table_cell(&t, "%s",
                       format_count(sample_thread_rate(before, now, k, "tx_packets"), buf));
        }
    }
    screen_table(s, &t, 0);
    table_end(&t);
}

static void rooms(const struct sample *now, size_t keep, struct screen *s)
{
    struct table t;
    size_t i;
    json_t *room;
    room_table_begin(&t);
    json_array_foreach(now->rooms, i, room) room_table_row(&t, room, now->unix_us);
    screen_line(s, LOOK_PLAIN, "%s", "");
    screen_table(s, &t, keep);
    table_end(&t);
}

static void participants(const struct sample *now, size_t keep, struct screen *s)
{
    struct table t;
    char clean[300];
    if (json_array_size(now->participants) == 0 || screen_room(s) <= keep + 3)
        return;
    screen_line(s, LOOK_PLAIN, "%s", "");
    screen_line(s, LOOK_BOLD, "room %s", format_clean(now->room, clean, sizeof(clean)));
    participant_table(&t, now->participants);
    screen_table(s, &t, keep);
    table_end(&t);
}

void frame_render(const struct sample *before, const struct sample *now, bool keys,
                  struct screen *s)
{
    size_t keep = keys ? 1 : 0, people = json_array_size(now->participants);
    title(now, s);
    if (now->process) {
        rates(before, now, s);
        latency(before, now, s);
        drops(before, now, s);
    }
    screen_line(s, LOOK_PLAIN, "%s", "");
    processes(before, now, s);
    if (*now->reason[PROCESS_CONTROL])
        screen_line(s, LOOK_WARNING, "sluice-control does not answer: %s",
                    now->reason[PROCESS_CONTROL]);
    if (people > PARTICIPANT_LINES)
        people = PARTICIPANT_LINES;
    rooms(now, keep + (people > 0 ? people + 3 : 0), s);
    participants(now, keep, s);
    while (keys && s->rows > 0 && screen_room(s) > 1)
        screen_line(s, LOOK_PLAIN, "%s", "");
    if (keys)
        screen_line(s, LOOK_DIM, "q quit   space now");
}

/* --- JSON --- */

static json_t *json_processes(const struct sample *before, const struct sample *now)
{
    json_t *list = json_array();
    for (int i = 0; i < PROCESSES; i++) {
        const char state[2] = {now->running[i].usage.state, 0};
        if (now->running[i].pid != 0)
            json_array_append_new(list,
                                  json_pack("{ss si ss sf sI}", "name", now->running[i].name, "pid",
                                            (int)now->running[i].pid, "state", state, "cpu_percent",
                                            sample_cpu_percent(before, now, i), "memory_bytes",
                                            (json_int_t)now->running[i].usage.memory));
    }
    return list;
}

static json_t *json_rates(const struct sample *before, const struct sample *now)
{
    json_t *dropped = json_object(), *v;
    const char *name;
    json_object_foreach(json_object_get(now->process, "drops"), name, v)
        json_object_set_new(dropped, name, json_real(sample_counter_rate(before, now, name)));
    return json_pack("{sf sf sf sf so}", "in_packets",
                     sample_counter_rate(before, now, "rx_packets"), "in_bps",
                     8 * sample_counter_rate(before, now, "rx_bytes"), "out_packets",
                     sample_counter_rate(before, now, "tx_packets"), "out_bps",
                     8 * sample_counter_rate(before, now, "tx_bytes"), "drops", dropped);
}

static json_t *json_latency(const struct sample *before, const struct sample *now)
{
    json_t *all = json_object();
    for (size_t i = 0; i < 3; i++) {
        double p50 = sample_latency(before, now, classes[i], 0.5);
        if (p50 >= 0)
            json_object_set_new(all, classes[i],
                                json_pack("{sf sf}", "p50_us", p50, "p99_us",
                                          sample_latency(before, now, classes[i], 0.99)));
    }
    return all;
}

json_t *frame_json(const struct sample *before, const struct sample *now)
{
    json_t *root = json_pack("{sI so so so}", "unix_us", (json_int_t)now->unix_us, "processes",
                             json_processes(before, now), "rates", json_rates(before, now),
                             "latency", json_latency(before, now));
    json_object_set(root, "process", now->process ? now->process : json_null());
    json_object_set(root, "rooms", now->rooms);
    json_object_set_new(root, "room", *now->room ? json_string(now->room) : json_null());
    json_object_set(root, "participants", now->participants);
    return root;
}
