/* SPDX-License-Identifier: Apache-2.0 */
#include "control/reports.h"

#include <stdio.h>

static bool start_webhook(struct reports *r, struct loop *l, const struct config *c,
                          const struct api_keys *keys)
{
    const struct config_webhook *w = &c->webhook;
    struct webhook_config config = {
        .keys = keys,
        .api_key = w->api_key,
        .events = webhook_events(w->include_events.text, w->include_events.n,
                                 w->exclude_events.text, w->exclude_events.n),
        .full_room = c->room.enable_full_room_in_webhooks,
        .path = r->journal_path,
        .ledger_path = r->ledger_path,
    };
    for (size_t i = 0; i < w->urls.n && i < WEBHOOK_URLS_MAX; i++)
        config.urls[config.url_count++] = w->urls.text[i];
    r->webhook = config.url_count > 0 ? webhook_create(l, &config) : NULL;
    return config.url_count == 0 || r->webhook;
}

bool reports_start(struct reports *r, struct loop *l, const struct config *c,
                   const struct api_keys *keys)
{
    const char *dir = c->sluice.run_dir;
    snprintf(r->journal_path, sizeof r->journal_path, "%s/webhooks.journal", dir);
    snprintf(r->ledger_path, sizeof r->ledger_path, "%s/webhooks.ledger", dir);
    snprintf(r->stats_path, sizeof r->stats_path, "%s/dataplane.stats", dir);
    history_init(&r->history);
    return start_webhook(r, l, c, keys);
}

bool reports_listen(struct reports *r, struct loop *l, const struct config *c,
                    const struct metrics_sources *sources)
{
    if (c->prometheus.port == 0)
        return true;
    struct exporter_config config = {.username = c->prometheus.username,
                                     .password = c->prometheus.password,
                                     .stats_path = r->stats_path,
                                     .sources = *sources};
    config.sources.history = &r->history;
    config.sources.webhook = r->webhook;
    r->exporter = exporter_create(l, &config, c->bind_addresses.text, c->bind_addresses.n,
                                  c->prometheus.port);
    return r->exporter != NULL;
}

void reports_event(struct reports *r, enum room_event e, const struct room *room,
                   const struct participant *p, const struct publication *t)
{
    history_event(&r->history, e, room, p, t, (int64_t)(clock_realtime() / USEC_PER_MS));
    if (r->webhook)
        webhook_event(r->webhook, e, room, p, t);
}

void reports_settle(struct reports *r, const struct rooms *rs)
{
    if (r->settled || !rs->media.up)
        return;
    r->settled = true;
    if (r->webhook)
        webhook_settle(r->webhook, rs);
}

void reports_stop(struct reports *r)
{
    exporter_destroy(r->exporter);
    webhook_destroy(r->webhook);
}
