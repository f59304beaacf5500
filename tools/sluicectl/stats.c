/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/segment.h"
#include "tools/sluicectl/commands.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t total(const struct stats_segment *s, enum counter which)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < s->header->blocks; i++)
        sum += counters_get(&s->block[i], which);
    return sum;
}

static json_t *block_json(const struct counters *block)
{
    json_t *o = json_object();
    for (int c = 0; c < COUNTER_COUNT; c++)
        json_object_set_new(o, counter_name(c), json_integer((json_int_t)counters_get(block, c)));
    return o;
}

static void print_json(const struct stats_segment *s)
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
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

static void print_text(const struct stats_segment *s)
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

static enum status run(const struct invocation *v)
{
    char path[512], err[STATS_ERROR_TEXT];
    struct stats_segment s;
    snprintf(path, sizeof(path), "%s/dataplane.stats", v->run_dir);
    if (!stats_segment_open(&s, path, err)) {
        fprintf(stderr, "sluicectl: %s\n", err);
        return STATUS_NO_ANSWER;
    }
    if (v->json)
        print_json(&s);
    else
        print_text(&s);
    stats_segment_close(&s);
    return STATUS_OK;
}

const struct command command_stats = {
    .name = "stats",
    .arguments = "",
    .summary = "the dataplane's counters; works with control stopped",
    .details =
        "Each dropped packet counts in exactly one drop_ counter. Those that are 0 are left out.",
    .run = run,
};
