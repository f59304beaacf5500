/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice-authz as a whole: its engines, and the HTTP server in front of them.
 */
#ifndef SLUICE_AUTHZ_HTTP_SERVICE_H
#define SLUICE_AUTHZ_HTTP_SERVICE_H

#include "authz/delegation/delegation.h"
#include "authz/http/rate.h"
#include "authz/openid/validator.h"
#include "authz/sfu/events.h"
#include "control/http/http.h"

struct service_counters {
    uint64_t requests, tokens, delegations, refused, failed, webhooks, webhooks_bad;
    uint64_t postponed, limited; /* for coming too fast: had to wait; were refused */
};

struct service {
    struct loop *loop;
    const struct config_authz *config;
    struct outbound outbound;
    struct directory *directory;
    struct validator *validator;
    struct sfu *sfu;
    struct sfu_events *events;     /* of sluice-control */
    struct delegation *delegation; /* NULL: refused, by choice or because jobs cannot be kept */
    struct http_server *http;
    struct rate rate;
    struct guard_network proxies[GUARD_NETWORKS_MAX]; /* whose X-Forwarded-For is believed */
    size_t proxy_count;
    struct service_counters counters;
};

/* Builds everything but listeners. False, with a line in the log; service_close() it then, too. */
bool service_open(struct service *s, struct loop *l, const struct config_authz *c);
void service_close(struct service *s);

#endif
