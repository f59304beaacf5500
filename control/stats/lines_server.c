/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/line.h"
#include "common/version.h"
#include "control/stats/lines.h"

#include <unistd.h>

json_t *line_process(const struct stats_sources *s, const struct stats_clients *clients)
{
    json_t *o = line_new("process");
    line_text(o, "program", "sluice-control");
    line_text(o, "version", SLUICE_VERSION);
    line_count(o, "pid", (uint64_t)getpid());
    line_time(o, "started_unix_us", s->started);
    line_count(o, "uptime_us", clock_monotonic() - s->started);
    line_flag(o, "dataplane", s->rooms->media.up);
    line_resources(o);
    line_count(o, "rooms", s->rooms->room_count);
    line_count(o, "participants", s->rooms->participant_count);
    line_count(o, "clients", clients->clients);
    line_count(o, "clients_refused", clients->refused);
    line_count(o, "clients_dropped", clients->dropped);
    line_count(o, "snapshots_skipped", clients->skipped);
    return o;
}

json_t *line_signalling(const struct stats_sources *s)
{
    const struct http_counters n = http_server_counters(s->http);
    json_t *o = line_new("signalling");
    line_count(o, "connections", n.connections);
    line_count(o, "websockets", n.websockets);
    line_count(o, "accepted", n.accepted);
    line_count(o, "requests", n.requests);
    line_count(o, "refused_per_address", n.refused_per_address);
    line_count(o, "joined", s->history->joined);
    line_count(o, "left", s->history->left);
    line_count(o, "aborted", s->history->aborted);
    return o;
}

json_t *line_webhook(const struct webhook *w, unsigned url)
{
    const struct webhook_counters *n = webhook_counters(w, url);
    json_t *o = line_new("webhook");
    line_text(o, "url", webhook_url(w, url));
    line_count(o, "waiting", n->waiting);
    line_count(o, "delivered", n->delivered);
    line_count(o, "retried", n->retried);
    line_count(o, "dropped", n->dropped);
    return o;
}

json_t *line_address(const struct stats_sources *s)
{
    json_t *o = line_new("address"),
           *report = address_service_report(s->address, clock_monotonic());
    json_object_update(o, report);
    json_decref(report);
    return o;
}
