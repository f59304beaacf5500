/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for machines. Times are microseconds, memory is bytes, rates are per second.
 */
#include "bench/sluice-bench/report.h"

#define REPORT_VERSION 1

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *counters_json(const struct counters *c)
{
    json_t *o = json_object();
#define X(name, text) json_object_set_new(o, #name, number(counter_get(&c->name)));
    BENCH_COUNTERS(X)
#undef X
    return o;
}

static json_t *histogram_json(const struct histogram *h)
{
    json_t *buckets = json_array();
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t n = atomic_load_explicit(&h->counts[i], memory_order_relaxed), low, high;
        if (n == 0)
            continue;
        histogram_range(i, &low, &high);
        json_array_append_new(
            buckets, json_pack("[I, I, I]", (json_int_t)low, (json_int_t)high, (json_int_t)n));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "count", (json_int_t)histogram_total(h),
                     "p50", (json_int_t)histogram_quantile(h, 0.5), "p99",
                     (json_int_t)histogram_quantile(h, 0.99), "p999",
                     (json_int_t)histogram_quantile(h, 0.999), "max",
                     (json_int_t)histogram_quantile(h, 1), "buckets", buckets);
}

/* NULL, which is left out, if the server said nothing. */
static json_t *server_histogram_json(const struct server_histogram *h)
{
    uint64_t total = server_histogram_total(h);
    if (total == 0)
        return NULL;
    return json_pack("{s:I, s:I, s:I, s:I}", "count", (json_int_t)total, "p50",
                     (json_int_t)server_histogram_quantile(h, 0.5), "p99",
                     (json_int_t)server_histogram_quantile(h, 0.99), "p999",
                     (json_int_t)server_histogram_quantile(h, 0.999));
}

static json_t *times_json(const struct report *r)
{
    const struct counters *all = &r->end.counters;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o*, s:o*}", "audio_latency",
                     histogram_json(&r->window.audio_latency), "video_latency",
                     histogram_json(&r->window.video_latency), "join",
                     histogram_json(&all->join_time), "connect", histogram_json(&all->connect_time),
                     "first_packet", histogram_json(&all->first_packet_time), "server_audio",
                     server_histogram_json(&r->server_end.audio), "server_video",
                     server_histogram_json(&r->server_end.video));
}

static json_t *settings_json(const struct settings *s)
{
    json_t *kbps = json_array();
    for (unsigned i = 0; i < s->layers; i++)
        json_array_append_new(kbps, number(s->kbps[i]));
    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:i}", "shape",
                     shape_name(&s->shape), "publishers", (int)s->shape.publishers, "subscribers",
                     (int)s->shape.subscribers, "threads", (int)s->threads, "join_rate",
                     (int)s->join_rate, "sample", (int)s->sample, "audio_pps", (int)s->audio_pps,
                     "audio_bytes", (int)s->audio_bytes, "fps", (int)s->fps, "video_kbps", kbps,
                     "quality", s->quality);
}

static json_t *servers_json(const struct report *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->servers.count; i++) {
        const struct process_usage *b = &r->begin.servers[i], *e = &r->end.servers[i];
        json_array_append_new(
            list, json_pack("{s:s, s:i, s:I, s:I, s:I}", "name", r->servers.list[i].name, "pid",
                            (int)r->servers.list[i].pid, "cpu", (json_int_t)(e->cpu - b->cpu),
                            "resident_before", (json_int_t)r->before.servers[i].resident,
                            "resident", (json_int_t)e->resident));
    }
    return list;
}

static json_t *seconds_json(const struct report *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->second_count; i++) {
        const struct report_second *s = &r->seconds[i];
        json_array_append_new(
            list,
            json_pack("{s:f, s:b, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:f, s:f, s:f, s:I}",
                      "at", s->at, "measured", s->measured, "connected", (json_int_t)s->connected,
                      "streams", (json_int_t)s->streams, "sent_pps", s->sent_pps, "sent_mbps",
                      s->sent_mbps, "received_pps", s->received_pps, "received_mbps",
                      s->received_mbps, "loss", s->loss, "p50", (json_int_t)s->p50, "p99",
                      (json_int_t)s->p99, "server_cpu", s->server_cpu, "own_cpu", s->own_cpu,
                      "softirq", s->softirq, "server_rss", (json_int_t)s->server_rss));
    }
    return list;
}

json_t *report_json(const struct report *r)
{
    json_t *warnings = json_array();
    for (size_t i = 0; i < r->warning_count; i++)
        json_array_append_new(warnings, json_string(r->warnings[i]));
    return json_pack("{s:i, s:o, s:b, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:o, "
                     "s:o, s:o}",
                     "version", REPORT_VERSION, "settings", settings_json(r->settings),
                     "interrupted", r->interrupted, "participants", (json_int_t)r->participants,
                     "expected_streams", (json_int_t)r->expected_streams, "duration", r->duration,
                     "loss", r->loss, "server_cpu", r->server_cpu, "cpu_per_packet", r->per_packet,
                     "own_cpu", r->own_cpu, "softirq", r->softirq, "measured",
                     counters_json(&r->window), "run", counters_json(&r->end.counters), "times",
                     times_json(r), "servers", servers_json(r), "seconds", seconds_json(r),
                     "warnings", warnings);
}
