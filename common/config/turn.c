/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/turn.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

/* "10.0.0.0/8" or "2001:db8::/32"; a single address needs no length. */
static bool is_cidr(const char *text)
{
    char ip[NET_ADDR_TEXT];
    struct net_addr a;
    size_t n = strcspn(text, "/");
    if (n >= sizeof(ip))
        return false;
    memcpy(ip, text, n);
    ip[n] = 0;
    if (!net_addr_parse(&a, ip, 0))
        return false;
    if (!text[n])
        return true;
    char *end;
    unsigned long bits = strtoul(text + n + 1, &end, 10);
    return text[n + 1] >= '0' && text[n + 1] <= '9' && !*end && bits <= (a.family == 4 ? 32 : 128);
}

static bool each_is_cidr(const struct config_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (!is_cidr(l->text[i]))
            return false;
    return true;
}

static bool each_is_address(const struct config_list *l)
{
    struct net_addr a;
    for (size_t i = 0; i < l->n; i++)
        if (!net_addr_parse(&a, l->text[i], 0))
            return false;
    return true;
}

/* Browsers refuse to speak TURN to other low ports. */
static bool port_is_usable(uint16_t port)
{
    return port == 0 || port >= 1024 || port == 53 || port == 80 || port == 443;
}

static bool clashes(const struct config *c)
{
    const struct config_turn *t = &c->turn;
    bool tcp = t->tls_port != 0 && (t->tls_port == c->port || t->tls_port == c->rtc.tcp_port);
    bool udp = t->udp_port >= c->rtc.udp_port_first &&
               t->udp_port < c->rtc.udp_port_first + c->sluice.workers &&
               t->udp_port <= c->rtc.udp_port_last;
    return tcp || udp;
}

const char *config_turn_wrong(const struct config *c)
{
    const struct config_turn *t = &c->turn;
    if (!t->enabled)
        return NULL;
    if (t->udp_port == 0 && t->tls_port == 0)
        return "turn: neither udp_port nor tls_port is given";
    if (!port_is_usable(t->udp_port))
        return "turn.udp_port: below 1024 only 53, 80 and 443 are usable";
    if (clashes(c))
        return "turn: a port that is in use for something else";
    if (t->tls_port != 0 && !*t->domain)
        return "turn.domain: tls_port needs one, which its certificate is for";
    if (t->tls_port != 0 && !t->external_tls && (!*t->cert_file || !*t->key_file))
        return "turn: tls_port needs cert_file and key_file, or external_tls";
    if (t->proxy_protocol)
        return "turn.proxy_protocol: not understood here; switch it off at the balancer too";
    if (!each_is_address(&t->bind_addresses))
        return "turn.bind_addresses: not an IP address";
    if (!each_is_cidr(&t->deny_peer_cidrs))
        return "turn.deny_peer_cidrs: not an address range";
    if (t->ttl == 0)
        return "turn.ttl_seconds: credentials that are good for no time";
    return NULL;
}
