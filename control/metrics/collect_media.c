/* SPDX-License-Identifier: Apache-2.0 */
/* What the dataplane counts. */
#include "control/metrics/collect.h"

#include <stdio.h>
#include <string.h>

#define DROP "drop_"

static uint64_t sum(const struct stats_segment *s, enum counter which)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->header->blocks; i++)
        n += counters_get(&s->block[i], which);
    return n;
}

static bool is_drop(enum counter c)
{
    return strncmp(counter_name(c), DROP, strlen(DROP)) == 0;
}

static void both_ways(const struct stats_segment *s, struct metrics_text *t, const char *name,
                      const char *help, enum counter in, enum counter out)
{
    metrics_family(t, name, "counter", help);
    metrics_count(t, METRICS_LABELS({"direction", "incoming"}), sum(s, in));
    metrics_count(t, METRICS_LABELS({"direction", "outgoing"}), sum(s, out));
}

static void packets(const struct stats_segment *s, struct metrics_text *t)
{
    static const struct {
        const char *direction, *transmission;
        enum counter which;
    } list[] = {
        {"incoming", "initial", COUNTER_RX_RTP},
        {"incoming", "retransmit", COUNTER_RX_RTX},
        {"outgoing", "initial", COUNTER_TX_RTP},
        {"outgoing", "retransmit", COUNTER_TX_RTX},
    };
    metrics_family(t, "livekit_packet_total", "counter", "RTP packets");
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        metrics_count(t,
                      METRICS_LABELS({"direction", list[i].direction},
                                     {"transmission", list[i].transmission}),
                      sum(s, list[i].which));
}

static void node_packets(const struct stats_segment *s, struct metrics_text *t)
{
    uint64_t dropped = 0;
    for (int c = 0; c < COUNTER_COUNT; c++)
        if (is_drop((enum counter)c))
            dropped += sum(s, (enum counter)c);
    metrics_family(t, "livekit_node_packet_total", "counter", "UDP packets");
    metrics_count(t, METRICS_LABELS({"type", "in"}), sum(s, COUNTER_RX_PACKETS));
    metrics_count(t, METRICS_LABELS({"type", "out"}), sum(s, COUNTER_TX_PACKETS));
    metrics_count(t, METRICS_LABELS({"type", "dropped"}), dropped);
}

/* "0" and so on for workers, "session" for the last block. */
static void thread_name(const struct stats_segment *s, uint32_t block, char name[16])
{
    if (block + 1 == s->header->blocks)
        strcpy(name, "session");
    else
        snprintf(name, 16, "%u", block);
}

static void each_thread(const struct stats_segment *s, struct metrics_text *t, enum counter c,
                        const char *reason)
{
    for (uint32_t i = 0; i < s->header->blocks; i++) {
        char thread[16];
        thread_name(s, i, thread);
        const struct metrics_label labels[] = {
            {"thread", thread}, {reason ? "reason" : NULL, reason}, {NULL, NULL}};
        metrics_count(t, labels, counters_get(&s->block[i], c));
    }
}

static void all_counters(const struct stats_segment *s, struct metrics_text *t)
{
    metrics_family(t, "sluice_dataplane_drop_total", "counter",
                   "Packets that were dropped, by reason");
    for (int c = 0; c < COUNTER_COUNT; c++)
        if (is_drop((enum counter)c))
            each_thread(s, t, (enum counter)c, counter_name((enum counter)c) + strlen(DROP));
    for (int c = 0; c < COUNTER_COUNT; c++) {
        if (is_drop((enum counter)c))
            continue;
        char name[96];
        snprintf(name, sizeof name, "sluice_dataplane_%s_total", counter_name((enum counter)c));
        metrics_family(t, name, "counter", "Of the dataplane's threads");
        each_thread(s, t, (enum counter)c, NULL);
    }
}

void collect_media(const struct metrics_sources *s, struct metrics_text *t)
{
    metrics_family(t, "sluice_dataplane_up", "gauge", "1 if the dataplane is connected");
    metrics_count(t, NULL, s->rooms->media.up);
    if (!s->stats)
        return;
    packets(s->stats, t);
    both_ways(s->stats, t, "livekit_packet_bytes", "Bytes in UDP packets", COUNTER_RX_BYTES,
              COUNTER_TX_BYTES);
    both_ways(s->stats, t, "livekit_nack_total", "Packets asked for again", COUNTER_NACK_IN,
              COUNTER_NACK_OUT);
    both_ways(s->stats, t, "livekit_pli_total", "Key frame requests", COUNTER_PLI_IN,
              COUNTER_PLI_OUT);
    metrics_family(t, "livekit_fir_total", "counter", "Full intra requests");
    metrics_count(t, METRICS_LABELS({"direction", "incoming"}), sum(s->stats, COUNTER_FIR_IN));
    node_packets(s->stats, t);
    all_counters(s->stats, t);
    metrics_family(t, "sluice_dataplane_start_time_seconds", "gauge",
                   "When the dataplane was started");
    metrics_value(t, NULL, (double)s->stats->header->started_unix_us / 1e6);
}
