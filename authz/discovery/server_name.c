/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/discovery/server_name.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define USER_ID_MAX 255

static bool read_port(const char *at, const char *end, uint16_t *out)
{
    unsigned port = 0;
    if (at == end || end - at > 5)
        return false;
    for (; at < end; at++) {
        if (!isdigit((unsigned char)*at))
            return false;
        port = port * 10 + (unsigned)(*at - '0');
    }
    *out = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX;
}

static bool is_dns_name(const char *host)
{
    for (const char *p = host; *p; p++) {
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
            return false;
    }
    return *host && *host != '.' && !strstr(host, "..");
}

/* Digits and dots alone are an IPv4 address or nothing: resolvers take such names for addresses. */
static bool read_kind(struct server_name *n, bool bracketed)
{
    uint8_t ip[16];
    if (bracketed) {
        n->kind = HOST_IPV6;
        return inet_pton(AF_INET6, n->host, ip) == 1;
    }
    const char *last = strrchr(n->host, '.');
    last = last ? last + 1 : n->host;
    bool numeric = isdigit((unsigned char)*last) && strspn(last, "0123456789") == strlen(last);
    bool hex = last[0] == '0' && (last[1] == 'x' || last[1] == 'X');
    n->kind = numeric ? HOST_IPV4 : HOST_DNS;
    return numeric ? inet_pton(AF_INET, n->host, ip) == 1 : !hex && is_dns_name(n->host);
}

bool server_name_parse(const char *text, size_t length, struct server_name *out)
{
    const char *end = text + length, *host = text, *host_end;
    *out = (struct server_name){0};
    bool bracketed = length > 0 && *text == '[';
    if (bracketed)
        host++;
    host_end = memchr(text, bracketed ? ']' : ':', length);
    if (!host_end && bracketed)
        return false;
    if (!host_end)
        host_end = end;
    if (host_end - host > SERVER_HOST_MAX || host_end == host || memchr(text, 0, length))
        return false;
    memcpy(out->host, host, (size_t)(host_end - host));
    const char *rest = host_end + (bracketed ? 1 : 0);
    if (rest < end && (*rest != ':' || !read_port(rest + 1, end, &out->port)))
        return false;
    return read_kind(out, bracketed);
}

void server_name_format(const struct server_name *n, char out[static SERVER_NAME_SIZE])
{
    const char *format = n->kind == HOST_IPV6 ? "[%s]" : "%s";
    int length = snprintf(out, SERVER_NAME_SIZE, format, n->host);
    if (n->port > 0)
        snprintf(out + length, SERVER_NAME_SIZE - (size_t)length, ":%u", n->port);
}

const char *user_id_server(const char *user_id)
{
    const char *colon = strchr(user_id, ':');
    if (*user_id != '@' || !colon || colon == user_id + 1 || !colon[1] ||
        strlen(user_id) > USER_ID_MAX)
        return NULL;
    return colon + 1;
}
