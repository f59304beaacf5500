/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/config.h"

#include "common/config/advertise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/schema.h"
#include "common/config/turn.h"
#include "common/config/yaml.h"

static unsigned default_workers(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1)
        return 1;
    return cores > CONFIG_WORKERS ? CONFIG_WORKERS : (unsigned)cores;
}

static void set_development(struct config *c)
{
    char reason[SCHEMA_REASON];
    c->development = true;
    c->log_level = LOG_LEVEL_DEBUG;
    c->rtc.udp_port_first = c->rtc.udp_port_last = 7882;
    schema_append(&c->bind_addresses, "127.0.0.1", reason);
    schema_append(&c->bind_addresses, "::1", reason);
    schema_add_key(c, "devkey", "secret", reason);
}

void config_defaults(struct config *c, bool development)
{
    char reason[SCHEMA_REASON];
    *c = (struct config){0};
    for (size_t i = 0; i < schema_count; i++) {
        if (!schema_keys[i].standard ||
            schema_set(c, &schema_keys[i], schema_keys[i].standard, reason))
            continue;
        log_error("config", "%s: %s", schema_keys[i].path, reason);
        abort(); /* the table itself is wrong */
    }
    c->sluice.workers = default_workers();
    if (development)
        set_development(c);
}

bool config_parse(struct config *c, const char *name, const char *body, size_t len, bool strict,
                  char err[static CONFIG_ERROR_TEXT])
{
    struct yaml_options o = {.name = name, .strict = strict};
    struct yaml_given given = {0};
    return yaml_read(c, body, len, &o, &given, err);
}

static bool wrong(char *err, const char *reason)
{
    snprintf(err, CONFIG_ERROR_TEXT, "%s", reason);
    return false;
}

static bool key_known(const struct config *c, const char *key)
{
    for (size_t i = 0; i < c->n_keys; i++) {
        if (strcmp(c->keys[i].key, key) == 0)
            return true;
    }
    return false;
}

static bool address_good(const struct config_address *a, char err[static CONFIG_ERROR_TEXT])
{
    struct config_advertise entry;
    for (size_t i = 0; i < a->advertise.n; i++)
        if (!config_advertise_parse(&entry, a->advertise.text[i]))
            return wrong(err, "sluice.advertise: not ip:port, ip:port/udp or ip:port/tcp");
    if (*a->dns_name && !config_is_host_name(a->dns_name))
        return wrong(err, "sluice.dns_name: not a host name");
    if (a->stun_interval < USEC_PER_SEC)
        return wrong(err, "sluice.stun_interval: less than a second");
    return true;
}

bool config_check(const struct config *c, char err[static CONFIG_ERROR_TEXT])
{
    if (c->n_keys == 0)
        return wrong(err, "no API key: give keys, key_file or LIVEKIT_KEYS");
    if (c->port == 0)
        return wrong(err, "port: 0 cannot be listened on");
    if (c->rtc.udp_port_first == 0 || c->rtc.udp_port_first > c->rtc.udp_port_last)
        return wrong(err, "rtc: the range of UDP ports is empty");
    if (c->rtc.tcp_port != 0 && c->rtc.tcp_port == c->port)
        return wrong(err, "rtc.tcp_port: the same as port");
    if (c->sluice.workers == 0)
        return wrong(err, "sluice.workers: at least one is needed");
    if (c->sluice.max_participants == 0 || c->sluice.max_tracks == 0 ||
        c->sluice.max_subscriptions == 0)
        return wrong(err, "sluice: a pool of size 0");
    if (!address_good(&c->address, err))
        return false;
    if (c->webhook.urls.n > 0 && !key_known(c, c->webhook.api_key))
        return wrong(err, "webhook.api_key: not one of the keys");
    const char *turn = config_turn_wrong(c);
    return !turn || wrong(err, turn);
}

const char *const *config_default_stun(size_t *count)
{
    static const char *const servers[] = {
        "global.stun.twilio.com:3478",
        "stun.l.google.com:19302",
        "stun1.l.google.com:19302",
    };
    *count = sizeof(servers) / sizeof(servers[0]);
    return servers;
}

void config_warn_ignored(const struct config *c)
{
    char names[1500] = "";
    size_t n = 0;
    for (size_t i = 0; i < c->n_ignored && n < sizeof(names); i++)
        n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "", c->ignored[i]);
    if (c->n_ignored > 0)
        log_warn("config", "accepted, but without effect: %s", names);
}
