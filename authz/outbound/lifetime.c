/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/outbound/lifetime.h"

#include <ctype.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#define YEAR_S (366ll * 24 * 3600)

/* Digits, capped at a year. -1 if there is none. */
static int64_t read_seconds(const char *text, const char **end)
{
    int64_t v = -1;
    for (; isdigit((unsigned char)*text); text++) {
        v = (v < 0 ? 0 : v) * 10 + (*text - '0');
        if (v > YEAR_S)
            v = YEAR_S;
    }
    *end = text;
    return v;
}

static bool begins(const char *text, const char *word)
{
    return strncasecmp(text, word, strlen(word)) == 0;
}

/* True if a directive decides; *seconds then. */
static bool from_cache_control(const char *value, uint64_t *seconds)
{
    const char *end;
    for (const char *at = value; at && *at; at = strchr(at, ',')) {
        at += strspn(at, ", \t");
        if (begins(at, "no-store") || begins(at, "no-cache")) {
            *seconds = 0;
            return true;
        }
        if (!begins(at, "max-age="))
            continue;
        at += strlen("max-age=");
        int64_t v = read_seconds(at + (*at == '"'), &end);
        *seconds = v > 0 ? (uint64_t)v : 0;
        return true;
    }
    return false;
}

uint64_t lifetime_seconds(const char *cache_control, const char *expires, int64_t unix_now,
                          bool *said)
{
    uint64_t seconds = 0;
    *said = cache_control && from_cache_control(cache_control, &seconds);
    if (*said || !expires)
        return seconds;
    time_t at = curl_getdate(expires, NULL);
    *said = true;
    return at > unix_now ? (uint64_t)(at - unix_now) : 0;
}

int64_t retry_after_seconds(const char *value, int64_t unix_now)
{
    const char *end;
    value += strspn(value, " \t");
    int64_t v = read_seconds(value, &end);
    if (v >= 0)
        return end[strspn(end, " \t")] ? -1 : v;
    time_t at = curl_getdate(value, NULL);
    if (at < 0)
        return -1;
    return at > unix_now ? at - unix_now : 0;
}
