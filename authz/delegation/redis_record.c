/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/delegation/redis_record.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_US 1000

char *redis_record_field(const char *room, const char *identity)
{
    json_t *key = json_pack("[s, s]", room, identity);
    char *text = key ? json_dumps(key, JSON_COMPACT) : NULL;
    json_decref(key);
    return text;
}

/* RFC 3339 in UTC with microseconds. */
static void format_time(usec_t unix_us, char out[static 40])
{
    time_t seconds = (time_t)(unix_us / USEC_PER_SEC);
    struct tm tm;
    char date[24];
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, 40, "%s.%06uZ", date, (unsigned)(unix_us % USEC_PER_SEC));
}

static bool read_time(const char *text, usec_t *out)
{
    struct tm tm = {0};
    const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    unsigned digits = 0, us = 0, hours, minutes;
    char sign;
    if (!at)
        return false;
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9'; at++, digits++)
            us = digits < 6 ? us * 10 + (unsigned)(*at - '0') : us;
    }
    for (; digits > 0 && digits < 6; digits++)
        us *= 10;
    int64_t seconds = timegm(&tm);
    if (sscanf(at, "%c%2u:%2u", &sign, &hours, &minutes) == 3 && (sign == '+' || sign == '-'))
        seconds -= (sign == '+' ? 1 : -1) * (int64_t)(hours * 3600 + minutes * 60);
    else if (strcmp(at, "Z") != 0)
        return false;
    if (seconds < 0)
        return false;
    *out = (usec_t)seconds * USEC_PER_SEC + us;
    return true;
}

char *redis_record_value(const struct job_record *r)
{
    char time[40];
    format_time(r->restarted_at, time);
    json_t *root =
        json_pack("{s:{s:s, s:I, s:s, s:s, s:s}, s:s, s:{s:b, s:b}}", "Params", "DelayId",
                  r->delay_id, "DelayTimeout", (json_int_t)r->timeout * NS_PER_US, "ServerName",
                  r->server, "LiveKitRoom", r->room, "LiveKitIdentity", r->identity, "RestartedAt",
                  time, "Sluice", "Restricted", (int)r->restricted, "Joined", (int)r->joined);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

bool redis_record_read(const char *value, size_t length,
                       void (*each)(void *arg, const struct job_record *r), void *arg)
{
    json_t *root = json_loadb(value, length, 0, NULL), *own = json_object_get(root, "Sluice");
    const json_t *p = json_object_get(root, "Params");
    const char *time = json_string_value(json_object_get(root, "RestartedAt"));
    json_int_t ns = json_integer_value(json_object_get(p, "DelayTimeout"));
    struct job_record r = {
        .room = json_string_value(json_object_get(p, "LiveKitRoom")),
        .identity = json_string_value(json_object_get(p, "LiveKitIdentity")),
        .server = json_string_value(json_object_get(p, "ServerName")),
        .delay_id = json_string_value(json_object_get(p, "DelayId")),
        .timeout = ns > 0 ? (usec_t)ns / NS_PER_US : 0,
        .restricted = json_is_true(json_object_get(own, "Restricted")),
        .joined = !own || json_is_true(json_object_get(own, "Joined")),
    };
    bool ok = r.room && r.identity && r.server && r.delay_id && r.timeout > 0 && time &&
              read_time(time, &r.restarted_at);
    if (ok)
        each(arg, &r);
    json_decref(root);
    return ok;
}
