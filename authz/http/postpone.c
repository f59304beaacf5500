/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/http/postpone.h"

#include <stdlib.h>

#include "authz/http/answer.h"
#include "authz/http/grant.h"
#include "common/log.h"
#include "common/random.h"

static const struct refusal too_fast = {429, "M_LIMIT_EXCEEDED", "Too many requests"};

struct postponed {
    struct service *service;
    struct http_request *request;
    enum endpoint endpoint;
    struct loop_timer timer;
};

bool postpone_open(struct service *s)
{
    static const char *const private_networks[] = {
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"};
    const struct config_authz *c = s->config;
    size_t given = c->trusted_proxies.n;
    size_t n = given > 0 ? given : sizeof(private_networks) / sizeof(private_networks[0]);
    for (size_t i = 0; i < n; i++) {
        const char *text = given > 0 ? c->trusted_proxies.text[i] : private_networks[i];
        if (i == GUARD_NETWORKS_MAX || !guard_network_parse(&s->proxies[i], text)) {
            log_error("start", "trusted_proxies: too many, or not a network: %s", text);
            return false;
        }
    }
    s->proxy_count = n;
    return rate_init(&s->rate, c->rate, c->rate_burst, random_u64());
}

void postpone_close(struct service *s)
{
    rate_free(&s->rate);
}

static void on_gone(void *arg)
{
    struct postponed *p = arg;
    loop_timer_cancel(p->service->loop, &p->timer);
    free(p);
}

static void on_time(void *arg, usec_t now)
{
    struct postponed p = *(struct postponed *)arg;
    (void)now;
    free(arg);
    http_on_gone(p.request, NULL, NULL);
    grant_begin(p.service, p.request, p.endpoint);
}

static void refuse(struct service *s, struct http_request *r)
{
    s->counters.limited++;
    http_add_header(r, "retry-after", "5");
    answer_refusal(r, &too_fast);
}

void postpone(struct service *s, struct http_request *r, enum endpoint endpoint)
{
    struct net_addr peer = http_peer(r);
    struct net_addr source =
        rate_source(&peer, http_header(r, "x-forwarded-for"), s->proxies, s->proxy_count);
    usec_t wait = rate_ask(&s->rate, &source, clock_monotonic());
    if (wait == 0) {
        grant_begin(s, r, endpoint);
        return;
    }
    struct postponed *p = wait == RATE_REFUSED ? NULL : calloc(1, sizeof(*p));
    if (!p) {
        refuse(s, r);
        return;
    }
    s->counters.postponed++;
    *p = (struct postponed){s, r, endpoint, {.fire = on_time, .arg = p}};
    http_on_gone(r, on_gone, p);
    loop_timer_after(s->loop, &p->timer, wait);
}
