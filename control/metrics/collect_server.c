/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP, the server API and webhooks. */
#include "control/metrics/collect.h"

static void http(const struct http_counters *n, struct metrics_text *t)
{
    metrics_family(t, "sluice_http_connections", "gauge", "Open TCP connections");
    metrics_count(t, NULL, n->connections);
    metrics_family(t, "sluice_http_websockets", "gauge", "Open signalling connections");
    metrics_count(t, NULL, n->websockets);
    metrics_family(t, "sluice_http_accepted_total", "counter", "TCP connections");
    metrics_count(t, NULL, n->accepted);
    metrics_family(t, "sluice_http_requests_total", "counter", "Requests");
    metrics_count(t, NULL, n->requests);
    metrics_family(t, "sluice_http_refused_total", "counter",
                   "Connections and requests that were given up, by reason");
    metrics_count(t, METRICS_LABELS({"reason", "per_address"}), n->refused_per_address);
    metrics_count(t, METRICS_LABELS({"reason", "for_memory"}), n->refused_for_memory);
    metrics_count(t, METRICS_LABELS({"reason", "idle"}), n->idle_closed);
    metrics_count(t, METRICS_LABELS({"reason", "request_timeout"}), n->request_timeouts);
    metrics_count(t, METRICS_LABELS({"reason", "answer_timeout"}), n->answer_timeouts);
    metrics_count(t, METRICS_LABELS({"reason", "send_timeout"}), n->send_timeouts);
}

static void twirp_status(const struct api *a, struct metrics_text *t)
{
    metrics_family(t, "livekit_node_twirp_request_status", "counter", "Calls of the server API");
    for (size_t i = 0; api_method_name(i); i++) {
        const struct api_method_counters *n = api_method_counters(a, i);
        for (int code = 0; code < TWIRP_CODE_COUNT; code++)
            if (n->ended[code] > 0)
                metrics_count(
                    t,
                    METRICS_LABELS(
                        {"service", "RoomService"}, {"method", api_method_name(i)},
                        {"status", code == TWIRP_OK ? "success" : "error"},
                        {"code", code == TWIRP_OK ? "" : twirp_code_name((enum twirp_code)code)}),
                    n->ended[code]);
    }
}

static void twirp_latency(const struct api *a, struct metrics_text *t)
{
    double bounds[API_LATENCY_BUCKETS];
    for (size_t i = 0; i < API_LATENCY_BUCKETS; i++)
        bounds[i] = api_latency_bounds[i];
    metrics_family(t, "livekit_node_twirp_request_latency_ms", "histogram",
                   "How long calls of the server API took");
    for (size_t i = 0; api_method_name(i); i++) {
        const struct api_method_counters *n = api_method_counters(a, i);
        struct metrics_histogram h = {.bounds = bounds, .count = API_LATENCY_BUCKETS};
        uint64_t all = 0;
        for (size_t k = 0; k <= API_LATENCY_BUCKETS; k++)
            all += h.in[k] = n->latency[k];
        h.sum = (double)n->latency_us / 1000;
        if (all > 0)
            metrics_buckets(
                t, METRICS_LABELS({"service", "RoomService"}, {"method", api_method_name(i)}), &h);
    }
}

static void webhooks(const struct webhook *w, struct metrics_text *t)
{
    static const struct {
        const char *name, *type, *help;
    } families[] = {
        {"sluice_webhook_delivered_total", "counter", "Webhooks that arrived"},
        {"sluice_webhook_retried_total", "counter", "Attempts that failed and were repeated"},
        {"sluice_webhook_dropped_total", "counter", "Webhooks that were given up"},
        {"sluice_webhook_waiting", "gauge", "Webhooks that wait"},
    };
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        metrics_family(t, families[f].name, families[f].type, families[f].help);
        for (unsigned i = 0; i < webhook_url_count(w); i++) {
            const struct webhook_counters *n = webhook_counters(w, i);
            const uint64_t values[] = {n->delivered, n->retried, n->dropped, n->waiting};
            metrics_count(t, METRICS_LABELS({"url", webhook_url(w, i)}), values[f]);
        }
    }
}

void collect_server(const struct metrics_sources *s, struct metrics_text *t)
{
    if (s->http) {
        struct http_counters n = http_server_counters(s->http);
        http(&n, t);
    }
    if (s->api) {
        twirp_status(s->api, t);
        twirp_latency(s->api, t);
    }
    if (s->webhook)
        webhooks(s->webhook, t);
}
