/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/http/service.h"

#include "authz/http/postpone.h"
#include "authz/http/routes.h"
#include "common/log.h"

#define ANSWER_TIMEOUT_MS 60000 /* more than all the waiting for others together */
#define CONNECTIONS_MAX   8192
#define DRAIN_TURNS       8

static const struct http_cors cors = {
    .methods = "POST",
    .headers = "Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token",
};

static void on_event(void *ctx, const struct sfu_event *e)
{
    struct service *s = ctx;
    if (s->delegation)
        delegation_event(s->delegation, e);
}

static void on_restarted(void *ctx)
{
    struct service *s = ctx;
    if (s->delegation)
        delegation_sfu_restarted(s->delegation);
}

static bool open_outbound(struct service *s)
{
    const struct config_authz *c = s->config;
    struct outbound *o = &s->outbound;
    if (!outbound_init(o, s->loop, *c->dns_servers ? c->dns_servers : NULL)) {
        log_error("start", "dns_servers cannot be read, or memory is out");
        return false;
    }
    o->insecure = c->insecure_tls;
    o->ca_file = *c->ca_file ? c->ca_file : NULL;
    for (size_t i = 0; i < c->allowed_networks.n; i++) {
        if (!guard_network_parse(&o->allowed[o->allowed_count++], c->allowed_networks.text[i])) {
            log_error("start", "allowed_networks: not a network: %s", c->allowed_networks.text[i]);
            return false;
        }
    }
    return true;
}

static void open_delegation(struct service *s)
{
    if (!s->config->delegation)
        return;
    s->delegation = delegation_create(&s->outbound, s->directory, s->sfu, s->config);
    if (!s->delegation)
        log_warn("start", "delegation of delayed leaves is off: jobs cannot be kept");
}

static bool open_http(struct service *s)
{
    const struct http_config cfg = {
        .any_origin = &cors,
        .body_max = WEBHOOK_BODY_MAX,
        .connections_max = CONNECTIONS_MAX,
        .answer_timeout_ms = ANSWER_TIMEOUT_MS,
    };
    s->http = http_server_create(s->loop, &cfg);
    return s->http && routes_add(s);
}

bool service_open(struct service *s, struct loop *l, const struct config_authz *c)
{
    const struct sfu_listener listener = {s, on_event, on_restarted};
    *s = (struct service){.loop = l, .config = c};
    if (!open_outbound(s) || !postpone_open(s))
        return false;
    s->directory = directory_create(&s->outbound, c);
    s->sfu = sfu_create(&s->outbound, c);
    s->validator = s->directory ? validator_create(s->directory, &s->outbound, c) : NULL;
    if (!s->sfu || !s->validator)
        return false;
    open_delegation(s);
    s->events = sfu_events_create(&s->outbound, s->sfu, &listener);
    return s->events && open_http(s);
}

void service_close(struct service *s)
{
    if (s->http)
        http_server_destroy(s->http);
    sfu_events_destroy(s->events);
    delegation_destroy(s->delegation);
    for (int i = 0; i < DRAIN_TURNS; i++) /* answers to those who are gone */
        loop_turn(s->loop, 0);
    validator_destroy(s->validator);
    sfu_destroy(s->sfu);
    directory_destroy(s->directory);
    outbound_free(&s->outbound);
    postpone_close(s);
}
