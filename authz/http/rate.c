/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/http/rate.h"

#include <stdlib.h>
#include <string.h>

#define WAYS 8 /* places where a source may be */

bool rate_init(struct rate *r, uint32_t per_second, uint32_t burst, uint64_t seed)
{
    *r = (struct rate){.seed = seed};
    if (per_second == 0)
        return true;
    r->cost = USEC_PER_SEC / per_second;
    r->burst = r->cost * burst;
    r->sources = calloc(RATE_SOURCES, sizeof(*r->sources));
    return r->sources != NULL;
}

void rate_free(struct rate *r)
{
    free(r->sources);
}

static uint64_t key_of(const struct rate *r, const struct net_addr *a)
{
    struct net_addr net = *a;
    net.port = 0;
    if (net.family == 6)
        memset(net.ip + 8, 0, 8);
    uint64_t key = net_addr_hash(&net, r->seed);
    return key ? key : 1;
}

static struct rate_source *place_of(struct rate *r, uint64_t key)
{
    struct rate_source *set = &r->sources[key % (RATE_SOURCES / WAYS) * WAYS], *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].paid_to < oldest->paid_to)
            oldest = &set[i];
    }
    *oldest = (struct rate_source){.key = key};
    return oldest;
}

usec_t rate_ask(struct rate *r, const struct net_addr *source, usec_t now)
{
    if (r->cost == 0 || source->family == 0)
        return 0;
    struct rate_source *s = place_of(r, key_of(r, source));
    usec_t from = s->paid_to > now ? s->paid_to : now, to = from + r->cost;
    if (to > now + r->burst + RATE_WAIT_MAX)
        return RATE_REFUSED;
    s->paid_to = to;
    return to > now + r->burst ? to - now - r->burst : 0;
}

static bool is_trusted(const struct net_addr *a, const struct guard_network *trusted, size_t count)
{
    if (a->family == 0 || net_addr_is_loopback(a))
        return true;
    for (size_t i = 0; i < count; i++) {
        if (guard_network_has(&trusted[i], a))
            return true;
    }
    return false;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80" */
static bool read_address(const char *at, size_t n, struct net_addr *out)
{
    char text[64];
    while (n > 0 && (*at == ' ' || *at == '\t'))
        at++, n--;
    while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == '\t'))
        n--;
    if (n == 0 || n >= sizeof(text))
        return false;
    memcpy(text, at, n);
    text[n] = 0;
    char *begin = text, *colon = strchr(text, ':');
    if (*text == '[') {
        begin++;
        begin[strcspn(begin, "]")] = 0;
    } else if (colon && !strchr(colon + 1, ':')) {
        *colon = 0;
    }
    return net_addr_parse(out, begin, 0);
}

struct net_addr rate_source(const struct net_addr *peer, const char *forwarded,
                            const struct guard_network *trusted, size_t trusted_count)
{
    struct net_addr source = *peer;
    size_t end = forwarded ? strlen(forwarded) : 0;
    while (is_trusted(&source, trusted, trusted_count)) {
        size_t begin = end;
        while (begin > 0 && forwarded[begin - 1] != ',')
            begin--;
        if (end == 0 || !read_address(forwarded + begin, end - begin, &source))
            return (struct net_addr){0};
        end = begin > 0 ? begin - 1 : 0;
    }
    return source;
}
