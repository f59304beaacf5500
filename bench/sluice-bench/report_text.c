/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for people.
 */
#include "bench/sluice-bench/report.h"

#include <inttypes.h>

void report_print_heading(FILE *f)
{
    fprintf(f, "%6s %6s %7s | %9s %9s | %9s %9s %8s | %8s %8s | %7s %7s\n", "time", "joined",
            "streams", "sent/s", "Mbit/s", "recv/s", "Mbit/s", "loss", "p50 us", "p99 us", "server",
            "bench");
}

void report_print_second(FILE *f, const struct report_second *s)
{
    fprintf(f,
            "%5.1fs %6" PRIu64 " %7" PRIu64 " | %9.0f %9.2f | %9.0f %9.2f %7.3f%% | %8" PRIu64
            " %8" PRIu64 " | %6.1f%% %6.1f%%%s\n",
            s->at, s->connected, s->streams, s->sent_pps, s->sent_mbps, s->received_pps,
            s->received_mbps, 100 * s->loss, s->p50, s->p99, 100 * s->server_cpu, 100 * s->own_cpu,
            s->measured ? "" : "  (joining)");
    fflush(f);
}

static void print_histogram(FILE *f, const char *name, const struct histogram *h)
{
    if (histogram_total(h) == 0)
        return;
    fprintf(f, "  %-22s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n",
            name, histogram_total(h), histogram_quantile(h, 0.5), histogram_quantile(h, 0.99),
            histogram_quantile(h, 0.999), histogram_quantile(h, 1));
}

static void print_server_histogram(FILE *f, const char *name, const struct server_histogram *h)
{
    if (server_histogram_total(h) == 0)
        return;
    fprintf(f, "  %-22s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n", name,
            server_histogram_total(h), server_histogram_quantile(h, 0.5),
            server_histogram_quantile(h, 0.99), server_histogram_quantile(h, 0.999));
}

static void print_times(FILE *f, const struct report *r)
{
    const struct counters *all = &r->end.counters;
    fprintf(f, "\n  %-22s %10s %10s %10s %10s %10s\n", "microseconds", "count", "p50", "p99",
            "p99.9", "max");
    print_histogram(f, "latency of audio", &r->window.audio_latency);
    print_histogram(f, "latency of video", &r->window.video_latency);
    print_server_histogram(f, "in the server, audio", &r->server_end.audio);
    print_server_histogram(f, "in the server, video", &r->server_end.video);
    print_histogram(f, "connect() to join", &all->join_time);
    print_histogram(f, "connect() to keys", &all->connect_time);
    print_histogram(f, "connect() to first RTP", &all->first_packet_time);
}

static void print_traffic(FILE *f, const struct report *r)
{
    const struct counters *w = &r->window;
    double s = r->duration > 0 ? r->duration : 1;
    fprintf(f, "\n  to the server      %10.0f packets/s %10.2f Mbit/s\n",
            (double)counter_get(&w->sent_packets) / s,
            (double)counter_get(&w->sent_bytes) * 8e-6 / s);
    fprintf(f, "  from the server    %10.0f packets/s %10.2f Mbit/s\n",
            (double)counter_get(&w->received_packets) / s,
            (double)counter_get(&w->received_bytes) * 8e-6 / s);
    fprintf(f, "  lost               %10.4f %% (%" PRId64 " of %" PRIu64 ")\n", 100 * r->loss,
            (int64_t)(counter_get(&w->expected_packets) - counter_get(&w->received_packets)),
            counter_get(&w->expected_packets));
    fprintf(f, "  out of order       %10" PRIu64 ", duplicates %" PRIu64 ", jumps %" PRIu64 "\n",
            counter_get(&w->reordered), counter_get(&w->duplicates), counter_get(&w->jumps));
    fprintf(f,
            "  checked            %10" PRIu64 " packets, %" PRIu64 " not authentic, %" PRIu64
            " of other content\n",
            counter_get(&w->verified), counter_get(&w->bad_auth), counter_get(&w->corrupt));
    fprintf(f,
            "  feedback           %10" PRIu64 " PLI/FIR, %" PRIu64 " NACK, %" PRIu64
            " TWCC, %" PRIu64 " reports; %" PRIu64 " key frames sent\n",
            counter_get(&w->plis), counter_get(&w->nacks), counter_get(&w->twccs),
            counter_get(&w->reports_in), counter_get(&w->key_frames));
}

static void print_recovery(FILE *f, const struct report *r)
{
    const struct counters *w = &r->window;
    if (r->settings->lose > 0)
        fprintf(f,
                "  thrown away        %10" PRIu64 ", asked for again %" PRIu64
                ", recovered by RTX %" PRIu64 "\n",
                counter_get(&w->thrown_away), counter_get(&w->asked), counter_get(&w->recovered));
}

static void print_servers(FILE *f, const struct report *r)
{
    uint64_t packets = counter_get(&r->window.received_packets);
    if (r->servers.count == 0) {
        fprintf(f, "\n  no server process found on this machine (--servers)\n");
        return;
    }
    fprintf(f, "\n  %-22s %10s %10s %10s %12s %12s\n", "server process", "pid", "CPU", "us/packet",
            "memory MiB", "KiB/member");
    for (size_t i = 0; i < r->servers.count; i++) {
        const struct process_usage *b = &r->begin.servers[i], *e = &r->end.servers[i];
        double cpu = (double)(e->cpu - b->cpu);
        double grown = (double)e->resident - (double)r->before.servers[i].resident;
        fprintf(f, "  %-22s %10d %9.1f%% %10.2f %12.1f %12.1f\n", r->servers.list[i].name,
                (int)r->servers.list[i].pid, r->duration > 0 ? cpu / r->duration / 1e4 : 0,
                packets > 0 ? cpu / (double)packets : 0, (double)e->resident / 1048576,
                grown / 1024 / (double)r->participants);
    }
    fprintf(f, "  softirq of the machine %9.1f%%; all servers %.2f us per forwarded packet\n",
            100 * r->softirq, r->per_packet);
}

void report_print(FILE *f, const struct report *r)
{
    const struct settings *s = r->settings;
    const struct counters *all = &r->end.counters;
    fprintf(f, "\n%s, %u publishing and %u others%s, ws://%s:%u%s, measured %.1f s%s\n\n",
            shape_name(&s->shape), s->shape.publishers, s->shape.subscribers,
            s->shape.kind == SHAPE_ONE_TO_ONE ? " (rooms)" : "", s->host, s->port, s->path,
            r->duration, r->interrupted ? " (interrupted)" : "");
    fprintf(f,
            "  participants       %10" PRIu64 " connected of %zu, %" PRIu64 " failed, %" PRIu64
            " sent away\n",
            counter_get(&all->connected), r->participants, counter_get(&all->failed),
            counter_get(&all->left));
    fprintf(f, "  streams            %10" PRIu64 " of %zu; %" PRIu64 " offers\n",
            counter_get(&all->streams), r->expected_streams, counter_get(&all->offers));
    print_traffic(f, r);
    print_recovery(f, r);
    print_times(f, r);
    print_servers(f, r);
    fprintf(f,
            "  sluice-bench           busiest thread %.1f %% of a core, %" PRIu64 " socket drops\n",
            100 * r->own_cpu, counter_get(&r->window.socket_drops));
    for (size_t i = 0; i < r->warning_count; i++)
        fprintf(f, "  WARNING: %s\n", r->warnings[i]);
}
