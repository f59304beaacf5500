/* SPDX-License-Identifier: Apache-2.0 */
/* Texts into members of struct config. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/addr.h"
#include "common/config/advertise.h"
#include "common/config/schema.h"
#include "common/config/value.h"

static bool refuse(char *reason, const char *what, const char *text)
{
    snprintf(reason, SCHEMA_REASON, "%s: \"%.100s\"", what, text);
    return false;
}

static void *member(struct config *c, const struct schema_key *key)
{
    return (char *)c + key->offset;
}

bool schema_copy(char *out, size_t size, const char *text, char reason[static SCHEMA_REASON])
{
    size_t n = strlen(text);
    if (n >= size)
        return refuse(reason, "too long", text);
    memcpy(out, text, n + 1);
    return true;
}

bool schema_append(struct config_list *list, const char *text, char reason[static SCHEMA_REASON])
{
    if (list->n == CONFIG_LIST)
        return refuse(reason, "more entries than fit, first too many", text);
    if (!schema_copy(list->text[list->n], CONFIG_TEXT, text, reason))
        return false;
    list->n++;
    return true;
}

/* Splits at commas and trims spaces. */
static bool append_each(struct config_list *list, const char *text, char *reason)
{
    while (*text) {
        char part[CONFIG_TEXT];
        size_t n = strcspn(text, ",");
        size_t skip = strspn(text, " "), end = n;
        while (end > skip && text[end - 1] == ' ')
            end--;
        if (end - skip >= sizeof(part))
            return refuse(reason, "too long", text);
        memcpy(part, text + skip, end - skip);
        part[end - skip] = 0;
        if (!schema_append(list, part, reason))
            return false;
        text += n + (text[n] == ',');
    }
    return true;
}

bool schema_set_number(void *at, const struct schema_key *key, const char *text,
                       char reason[static SCHEMA_REASON])
{
    uint64_t max = key->size >= 4 ? UINT32_MAX : (UINT64_C(1) << 8 * key->size) - 1;
    int64_t n;
    if (key->max > 0 && key->max < max)
        max = key->max;
    if (!value_number(text, &n))
        return refuse(reason, "not a number", text);
    if (n < 0 && key->type == SCHEMA_LIMIT)
        n = 0;
    if (n < 0 || (uint64_t)n > max)
        return refuse(reason, "out of range", text);
    switch (key->size) {
    case 1:
        *(uint8_t *)at = (uint8_t)n;
        break;
    case 2:
        *(uint16_t *)at = (uint16_t)n;
        break;
    default:
        *(uint32_t *)at = (uint32_t)n;
        break;
    }
    return true;
}

static bool set_backend(enum config_backend *out, const char *text, char *reason)
{
    static const char *const names[] = {"auto", "xdp", "udp"};
    for (int i = 0; i < 3; i++) {
        if (strcasecmp(text, names[i]) == 0) {
            *out = (enum config_backend)i;
            return true;
        }
    }
    return refuse(reason, "not one of auto, xdp, udp", text);
}

static bool set_addresses(struct config_list *list, const char *text, char *reason)
{
    struct net_addr a;
    list->n = 0;
    if (!append_each(list, text, reason))
        return false;
    for (size_t i = 0; i < list->n; i++) {
        if (!net_addr_parse(&a, list->text[i], 0) && !config_is_host_name(list->text[i]))
            return refuse(reason, "neither an IP address nor a host name", list->text[i]);
    }
    return true;
}

static bool set_list(struct config_list *list, const char *text, char *reason)
{
    list->n = 0;
    return schema_append(list, text, reason);
}

bool schema_set(struct config *c, const struct schema_key *key, const char *text,
                char reason[static SCHEMA_REASON])
{
    void *at = member(c, key);
    switch (key->type) {
    case SCHEMA_IGNORED:
        schema_note_ignored(c, key->path);
        return true;
    case SCHEMA_BOOL:
        return value_bool(text, at) || refuse(reason, "not true or false", text);
    case SCHEMA_NUMBER:
    case SCHEMA_LIMIT:
        return schema_set_number(at, key, text, reason);
    case SCHEMA_DURATION:
        return value_duration(text, at) || refuse(reason, "not a duration like 500ms or 5s", text);
    case SCHEMA_TEXT:
        return schema_copy(at, key->size, text, reason);
    case SCHEMA_LIST:
        return set_list(at, text, reason);
    case SCHEMA_LEVEL:
        return log_level_parse(text, at) ||
               refuse(reason, "not one of debug, info, warn, error", text);
    case SCHEMA_BACKEND:
        return set_backend(at, text, reason);
    case SCHEMA_PORTS:
        return value_ports(text, &c->rtc.udp_port_first, &c->rtc.udp_port_last) ||
               refuse(reason, "not a port or a range of ports", text);
    case SCHEMA_ADDRESS:
        return set_addresses(at, text, reason);
    case SCHEMA_CODECS:
        return append_each(at, text, reason);
    default:
        return refuse(reason, "not one value but a structure", text);
    }
}

bool schema_add_key(struct config *c, const char *key, const char *secret,
                    char reason[static SCHEMA_REASON])
{
    size_t i = 0;
    if (!*key || !*secret)
        return refuse(reason, "a key or its secret is empty", key);
    while (i < c->n_keys && strcmp(c->keys[i].key, key) != 0)
        i++;
    if (i == CONFIG_KEYS)
        return refuse(reason, "more keys than fit, first too many", key);
    if (!schema_copy(c->keys[i].key, CONFIG_TEXT, key, reason))
        return false;
    if (strlen(secret) >= CONFIG_TEXT)
        return refuse(reason, "the secret is too long of key", key);
    memcpy(c->keys[i].secret, secret, strlen(secret) + 1);
    if (i == c->n_keys)
        c->n_keys++;
    return true;
}

void schema_note_ignored(struct config *c, const char *path)
{
    for (size_t i = 0; i < c->n_ignored; i++) {
        if (strcmp(c->ignored[i], path) == 0)
            return;
    }
    if (c->n_ignored < CONFIG_IGNORED)
        snprintf(c->ignored[c->n_ignored++], CONFIG_TEXT, "%s", path);
}
