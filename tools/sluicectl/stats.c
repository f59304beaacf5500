/* SPDX-License-Identifier: Apache-2.0 */
/* `stats`: the dataplane's counters from its file, and what its stats socket adds to them. */
#include "common/stats/segment.h"
#include "tools/sluicectl/commands.h"
#include "tools/sluicectl/format.h"
#include "tools/sluicectl/stats_socket.h"
#include "tools/sluicectl/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint64_t total(const struct stats_segment *s, enum counter which)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < s->header->blocks; i++)
        sum += counters_get(&s->block[i], which);
    return sum;
}

/* --- what the socket adds --- */

static json_t *ask(const struct invocation *v, const char *get)
{
    struct stats_answer a;
    if (!stats_socket_ask(v->run_dir, STATS_DATAPLANE, get, NULL, NULL, &a))
        return NULL;
    json_t *lines = json_incref(a.lines);
    stats_answer_free(&a);
    return lines;
}

/* {"process", "threads", "queues", "pools"}: lines of docs/stats.md; null if nobody answers. */
static json_t *ask_live(const struct invocation *v)
{
    json_t *process = ask(v, "process");
    if (!process)
        return json_null();
    json_t *threads = ask(v, "threads"), *queues = ask(v, "queues"), *pools = ask(v, "pools");
    json_t *first = json_array_get(process, 0);
    json_t *live = json_pack("{sO* so* so* so*}", "process", first, "threads", threads, "queues",
                             queues, "pools", pools);
    json_decref(process);
    return live ? live : json_null();
}

/* --- JSON --- */

static json_t *block_json(const struct counters *block)
{
    json_t *o = json_object();
    for (int c = 0; c < COUNTER_COUNT; c++)
        json_object_set_new(o, counter_name(c), json_integer((json_int_t)counters_get(block, c)));
    return o;
}

static void print_json(const struct stats_segment *s, json_t *live)
{
    json_t *root = json_object(), *sum = json_object(), *threads = json_array();
    for (int c = 0; c < COUNTER_COUNT; c++)
        json_object_set_new(sum, counter_name(c), json_integer((json_int_t)total(s, c)));
    for (uint32_t i = 0; i < s->header->blocks; i++)
        json_array_append_new(threads, block_json(&s->block[i]));
    json_object_set_new(root, "version", json_integer(s->header->version));
    json_object_set_new(root, "pid", json_integer(s->header->pid));
    json_object_set_new(root, "started_unix_us",
                        json_integer((json_int_t)s->header->started_unix_us));
    json_object_set_new(root, "counters", sum);
    json_object_set_new(root, "threads", threads);
    json_object_set(root, "live", live);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

/* --- words --- */

static void print_counters(const struct stats_segment *s)
{
    uint32_t blocks = s->header->blocks;
    printf("%-28s %16s", "counter", "total");
    for (uint32_t i = 0; i + 1 < blocks; i++)
        printf("     worker %-4" PRIu32, i);
    printf("%16s\n", "session");
    for (int c = 0; c < COUNTER_COUNT; c++) {
        if (total(s, c) == 0)
            continue;
        printf("%-28s %16" PRIu64, counter_name(c), total(s, c));
        for (uint32_t i = 0; i < blocks; i++)
            printf("%16" PRIu64, counters_get(&s->block[i], c));
        putchar('\n');
    }
}

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static void print_latency(const json_t *live)
{
    static const char *const columns[] = {"p50_us", "p90_us", "p99_us", "p999_us", "max_us"};
    const json_t *all = json_object_get(json_object_get(live, "process"), "latency");
    static const char *const classes[] = {"audio", "video", "retransmission"};
    struct table t;
    char buf[FORMAT_TEXT];
    table_begin(&t, "latency|>packets timed|>p50|>p90|>p99|>p99.9|>max");
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        const json_t *h = json_object_get(all, classes[i]);
        if (number(h, "count") <= 0)
            continue;
        table_text(&t, classes[i]);
        table_cell(&t, "%.0f", number(h, "count"));
        for (size_t k = 0; k < sizeof(columns) / sizeof(columns[0]); k++)
            table_cell(&t, "%s", format_us(number(h, columns[k]), buf));
    }
    if (table_rows(&t) > 0) {
        putchar('\n');
        table_print(&t, stdout);
    }
    table_end(&t);
}

/* One row per object of a list, columns by the names of its members. */
static void print_list(const json_t *list, const char *headings, const char *const *members)
{
    struct table t;
    size_t i;
    json_t *o;
    if (json_array_size(list) == 0)
        return;
    table_begin(&t, headings);
    json_array_foreach(list, i, o)
    {
        for (const char *const *m = members; *m; m++) {
            const json_t *v = json_object_get(o, *m);
            if (json_is_number(v))
                table_cell(&t, "%.0f", json_number_value(v));
            else
                table_text(&t, json_string_value(v));
        }
    }
    putchar('\n');
    table_print(&t, stdout);
    table_end(&t);
}

static void print_live(const json_t *live)
{
    static const char *const queues[] = {"interface",  "queue",      "worker",
                                         "mode",       "rx_packets", "tx_packets",
                                         "rx_dropped", "tx_full",    NULL};
    static const char *const pools[] = {"pool",       "thread",  "size", "used",
                                        "high_water", "refused", NULL};
    print_latency(live);
    print_list(json_object_get(live, "queues"),
               "interface|>queue|>worker|mode|>received|>sent|>dropped|>full", queues);
    print_list(json_object_get(live, "pools"), "pool|thread|>size|>used|>most ever|>refused",
               pools);
}

static enum status run(const struct invocation *v)
{
    char path[512], err[STATS_ERROR_TEXT];
    struct stats_segment s;
    snprintf(path, sizeof(path), "%s/dataplane.stats", v->run_dir);
    if (!stats_segment_open(&s, path, err)) {
        fprintf(stderr, "sluicectl: %s\n", err);
        return STATUS_NO_ANSWER;
    }
    json_t *live = ask_live(v);
    if (v->json) {
        print_json(&s, live);
    } else {
        print_counters(&s);
        print_live(live);
    }
    json_decref(live);
    stats_segment_close(&s);
    return STATUS_OK;
}

const struct command command_stats = {
    .name = "stats",
    .arguments = "",
    .summary = "the dataplane's counters, latency, queues and pools",
    .details =
        "Counters are read from a file, so that they are there also with everything stopped;\n"
        "the rest if the dataplane answers. Counters that are 0 are left out. Each dropped\n"
        "packet counts in exactly one drop_ counter.",
    .run = run,
};
