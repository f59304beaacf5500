/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/advertise.h"

#include "common/config/value.h"

#include <ctype.h>
#include <string.h>

static bool read_transport(struct config_advertise *a, const char *slash)
{
    a->udp = !slash || strcmp(slash, "/udp") == 0;
    a->tcp = !slash || strcmp(slash, "/tcp") == 0;
    return a->udp || a->tcp;
}

bool config_advertise_parse(struct config_advertise *a, const char *text)
{
    char part[NET_ADDR_TEXT];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof(part) || !read_transport(a, slash))
        return false;
    memcpy(part, text, len);
    part[len] = '\0';
    char *colon = strrchr(part, ':'), *ip = part;
    int64_t port;
    if (!colon || !value_number(colon + 1, &port) || port <= 0 || port > UINT16_MAX)
        return false;
    *colon = '\0';
    if (*ip == '[') {
        if (colon[-1] != ']')
            return false;
        colon[-1] = '\0';
        ip++;
    }
    return net_addr_parse(&a->at, ip, (uint16_t)port);
}

bool config_is_host_name(const char *text)
{
    size_t len = strlen(text), label = 0;
    const char *last = text;
    for (size_t i = 0; i < len; i++) {
        bool dot = text[i] == '.';
        if (!dot && !isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
        if (dot && label == 0)
            return false;
        label = dot ? 0 : label + 1;
        if (dot && i + 1 < len)
            last = text + i + 1;
        if (label > 63)
            return false;
    }
    return len > 0 && len < 254 && isalpha((unsigned char)*last);
}
