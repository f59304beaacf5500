/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/ice_servers.h"

#include "control/room/commands.h"
#include "control/room/preference.h"
#include "control/room/turn_credentials.h"

#include <stdio.h>
#include <string.h>

#define URL_MAX 320

struct listing {
    struct arena *a;
    const struct participant *p;
    const struct rooms_config *config;
    bool tls_only;
    int64_t now; /* Unix seconds */
    size_t count;
    Livekit__ICEServer **list;
};

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static char *copy(struct arena *a, const char *s)
{
    return arena_copy(a, s, strlen(s) + 1);
}

static Livekit__ICEServer *add(struct listing *l, size_t urls, const char *username,
                               const char *credential)
{
    Livekit__ICEServer *m = ARENA_MESSAGE(l->a, Livekit__ICEServer, livekit__iceserver);
    m->urls = ARENA_ARRAY(l->a, char *, urls);
    m->username = text(username);
    m->credential = text(credential);
    l->list[l->count++] = m;
    return m;
}

/* ---- ours ---- */

/* An address that is offered with two ports stands in the list once. */
static bool told_before(const struct rooms *rs, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (rs->addresses[k].udp && net_addr_same_ip(&rs->addresses[k].at, &rs->addresses[i].at))
            return true;
    return false;
}

static void add_own_udp(struct listing *l, Livekit__ICEServer *m)
{
    const struct rooms *rs = l->p->room->rooms;
    for (size_t i = 0; i < rs->address_count; i++) {
        struct net_addr at = rs->addresses[i].at;
        char url[URL_MAX], where[NET_ADDR_TEXT];
        if (!rs->addresses[i].udp || told_before(rs, i))
            continue;
        at.port = l->config->turn.udp_port;
        snprintf(url, sizeof url, "turn:%s?transport=udp", net_addr_format(&at, where));
        m->urls[m->n_urls++] = copy(l->a, url);
    }
}

static void add_own_tls(struct listing *l, Livekit__ICEServer *m)
{
    char url[URL_MAX];
    snprintf(url, sizeof url, "turns:%s:%u?transport=tcp", l->config->turn.domain,
             l->config->turn.tls_port);
    m->urls[m->n_urls++] = copy(l->a, url);
}

static void add_own(struct listing *l)
{
    const struct turn_settings *t = &l->config->turn;
    struct turn_credentials c;
    bool udp = t->udp_port != 0 && !l->tls_only;
    if ((!udp && t->tls_port == 0) || l->config->keys->count == 0 ||
        !turn_credentials_make(&c, &l->config->keys->list[0], l->p->sid, l->now + t->ttl))
        return;
    Livekit__ICEServer *m =
        add(l, CANDIDATE_ADDRESSES_MAX + 1, copy(l->a, c.username), copy(l->a, c.password));
    if (udp)
        add_own_udp(l, m);
    if (t->tls_port != 0)
        add_own_tls(l, m);
    command_add_turn_user(l->p, c.username, c.key, sizeof c.key, t->ttl);
}

/* ---- others ---- */

/* Servers that need no credentials go into one entry. */
static bool joins_last(const struct listing *l, const struct ice_server *s)
{
    const Livekit__ICEServer *last = l->count > 0 ? l->list[l->count - 1] : NULL;
    return last && !*s->secret && strcmp(last->username, s->username) == 0 &&
           strcmp(last->credential, s->credential) == 0;
}

static void add_other(struct listing *l, const struct ice_server *s)
{
    const char *username = s->username, *credential = s->credential;
    struct rest_credentials c;
    if (l->tls_only && !s->tls)
        return;
    if (*s->secret) {
        if (!rest_credentials_make(&c, s->secret, l->p->sid, l->now + s->ttl))
            return;
        username = copy(l->a, c.username);
        credential = copy(l->a, c.password);
    }
    Livekit__ICEServer *m = joins_last(l, s)
                                ? l->list[l->count - 1]
                                : add(l, l->config->ice_server_count, username, credential);
    m->urls[m->n_urls++] = text(s->url);
}

size_t ice_servers_for(struct arena *a, const struct participant *p, Livekit__ICEServer ***list)
{
    const struct rooms_config *c = &p->room->rooms->config;
    struct listing l = {.a = a,
                        .p = p,
                        .config = c,
                        .tls_only = ice_servers_over_tls(p),
                        .now = (int64_t)(clock_realtime() / USEC_PER_SEC),
                        .list = ARENA_ARRAY(a, Livekit__ICEServer *, c->ice_server_count + 1)};
    add_own(&l);
    for (size_t i = 0; i < c->ice_server_count; i++)
        add_other(&l, &c->ice_servers[i]);
    *list = l.list;
    return l.count;
}

bool ice_servers_have_tls(const struct rooms *rs)
{
    const struct rooms_config *c = &rs->config;
    bool known = c->turn.tls_port != 0;
    for (size_t i = 0; i < c->ice_server_count; i++)
        known |= c->ice_servers[i].tls;
    return known;
}

bool ice_servers_over_tls(const struct participant *p)
{
    return preference_of(p->room, p->claims.identity) == LIVEKIT__CANDIDATE_PROTOCOL__TLS &&
           ice_servers_have_tls(p->room->rooms);
}
