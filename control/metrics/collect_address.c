/* SPDX-License-Identifier: Apache-2.0 */
/* How the outside reaches us. */
#include "control/address/watcher.h"
#include "control/metrics/collect.h"

static void flag(struct metrics_text *t, const char *name, const char *help, bool value)
{
    metrics_family(t, name, "gauge", help);
    metrics_count(t, NULL, value);
}

static void servers(const struct watcher *w, struct metrics_text *t, usec_t now)
{
    metrics_family(t, "sluice_address_stun_age_seconds", "gauge",
                   "Time since a STUN server's last answer");
    for (int f = 0; f < FAMILIES; f++)
        for (unsigned i = 0; i < w->votes[f].count; i++) {
            const struct vote_server *s = &w->votes[f].server[i];
            char server[NET_ADDR_TEXT], mapped[NET_ADDR_TEXT];
            if (s->answered)
                metrics_value(t,
                              METRICS_LABELS({"server", net_addr_format(&s->server, server)},
                                             {"mapped", net_addr_format(&s->mapped, mapped)}),
                              (double)(now - s->answered) / USEC_PER_SEC);
        }
}

void collect_address(const struct metrics_sources *s, struct metrics_text *t)
{
    const struct watcher *w = s->address;
    if (!w)
        return;
    char text[ADDRESS_PLAN_TEXT];
    metrics_family(t, "sluice_address_offered", "gauge", "The addresses that clients are given");
    metrics_count(t,
                  METRICS_LABELS({"addresses", address_plan_text(&w->plan, text)},
                                 {"source_ipv4", address_source_name(w->plan.source[FAMILY_4])},
                                 {"source_ipv6", address_source_name(w->plan.source[FAMILY_6])}),
                  1);
    metrics_family(t, "sluice_address_changes_total", "counter",
                   "Changes of what clients are given, the first one at the start included");
    metrics_count(t, NULL, w->changes);
    flag(t, "sluice_address_degraded", "1 while no source says how the outside reaches us",
         w->plan.degraded);
    flag(t, "sluice_address_line_down", "1 while nothing is heard from the outside", w->line_down);
    flag(t, "sluice_address_symmetric_nat", "1 if the NAT gives each destination another port",
         w->votes[FAMILY_4].symmetric || w->votes[FAMILY_6].symmetric);
    servers(w, t, clock_monotonic());
}
