/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/discovery/resolve.h"

#include <stdio.h>
#include <string.h>

static void add_target(struct route *route, const char *host, uint16_t port)
{
    struct route_target *t = &route->targets[route->target_count++];
    snprintf(t->host, sizeof(t->host), "%s", host);
    t->port = port;
}

static void set_identity(struct resolve *r)
{
    server_name_format(&r->name, r->route.host_header);
    snprintf(r->route.tls_host, sizeof(r->route.tls_host), "%s", r->name.host);
    r->route.tls_kind = r->name.kind;
}

/* Steps 1, 2, 3.1, 3.2, 3.5 and 6: the name itself. */
static void use_name(struct resolve *r)
{
    set_identity(r);
    add_target(&r->route, r->name.host, r->name.port ? r->name.port : FEDERATION_PORT);
    r->question = RESOLVE_DONE;
}

static void ask_srv(struct resolve *r, bool deprecated)
{
    r->deprecated = deprecated;
    r->question = RESOLVE_SRV;
    snprintf(r->subject, sizeof(r->subject), "%s._tcp.%s", deprecated ? "_matrix" : "_matrix-fed",
             r->name.host);
}

void resolve_start(struct resolve *r, const struct server_name *server)
{
    unsigned failures = r->failures_before;
    *r = (struct resolve){.name = *server, .failures_before = failures};
    r->lifetime = WELL_KNOWN_DEFAULT;
    if (server->kind != HOST_DNS || server->port > 0) {
        use_name(r);
        return;
    }
    r->question = RESOLVE_WELL_KNOWN;
    snprintf(r->subject, sizeof(r->subject), "%s", server->host);
}

static usec_t failure_lifetime(unsigned failures)
{
    usec_t t = FAILURE_FIRST;
    for (; failures > 0 && t < FAILURE_LONGEST; failures--)
        t *= 2;
    return t < FAILURE_LONGEST ? t : FAILURE_LONGEST;
}

static usec_t bounded_lifetime(usec_t t)
{
    if (t == 0)
        return WELL_KNOWN_DEFAULT;
    if (t < WELL_KNOWN_LEAST)
        return WELL_KNOWN_LEAST;
    return t < WELL_KNOWN_LONGEST ? t : WELL_KNOWN_LONGEST;
}

void resolve_well_known(struct resolve *r, const struct server_name *delegated, usec_t lifetime)
{
    if (delegated) {
        r->name = *delegated;
        r->lifetime = bounded_lifetime(lifetime);
        r->failures_before = 0;
    } else {
        r->lifetime = failure_lifetime(r->failures_before++);
    }
    if (r->name.kind != HOST_DNS || r->name.port > 0)
        use_name(r);
    else
        ask_srv(r, false);
}

/* A target that is a server's name; not "." */
static bool usable(const struct srv_record *record)
{
    struct server_name n;
    size_t length = strlen(record->target);
    if (length > 0 && record->target[length - 1] == '.')
        length--;
    return record->port > 0 && server_name_parse(record->target, length, &n) && n.port == 0 &&
           n.kind == HOST_DNS;
}

void resolve_srv(struct resolve *r, const struct srv_record *records, size_t count,
                 uint32_t (*draw)(void *arg), void *arg)
{
    struct srv_record sorted[SRV_RECORDS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < count && n < SRV_RECORDS_MAX; i++) {
        if (usable(&records[i]))
            sorted[n++] = records[i];
    }
    if (n == 0) {
        if (r->deprecated)
            use_name(r);
        else
            ask_srv(r, true);
        return;
    }
    srv_order(sorted, n, draw, arg);
    set_identity(r);
    for (size_t i = 0; i < n; i++)
        add_target(&r->route, sorted[i].target, sorted[i].port);
    if (r->lifetime > SRV_LIFETIME)
        r->lifetime = SRV_LIFETIME;
    r->question = RESOLVE_DONE;
}
