/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/authz.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/authz_file.h"
#include "common/config/file.h"
#include "common/config/value.h"

#define SKIP_VERIFY "YES_I_KNOW_WHAT_I_AM_DOING"

typedef char *environment(const char *name);

static bool wrong(char *err, const char *where, const char *reason)
{
    snprintf(err, CONFIG_ERROR_TEXT, "%.200s: %.250s", where, reason);
    return false;
}

static bool copy(char *out, size_t size, const char *text)
{
    size_t n = strlen(text);
    if (n >= size)
        return false;
    memcpy(out, text, n + 1);
    return true;
}

static void defaults(struct config_authz *c)
{
    *c = (struct config_authz){
        .can_update_own_metadata = true,
        .delegation = true,
        .delegate_restricted = true,
        .grace = 8 * USEC_PER_SEC,
        .start_grace = 60 * USEC_PER_SEC,
        .sanity_interval = 60 * USEC_PER_SEC,
        .lookup_time = 10 * USEC_PER_SEC,
        .rate = 10,
        .rate_burst = 100,
        .state_dir = "/var/lib/sluice",
        .run_dir = "/run/sluice",
        .log_level = LOG_LEVEL_INFO,
    };
}

/* --- homeservers --- */

const struct config_homeserver *config_authz_homeserver(const struct config_authz *c,
                                                        const char *name)
{
    for (size_t i = 0; i < c->n_homeservers; i++) {
        if (strcmp(c->homeservers[i].name, name) == 0)
            return &c->homeservers[i];
    }
    return NULL;
}

bool config_authz_full_access(const struct config_authz *c, const char *name)
{
    const struct config_homeserver *h = config_authz_homeserver(c, name);
    return c->full_access_any || (h && h->full_access);
}

struct config_homeserver *authz_homeserver(struct config_authz *c, const char *name)
{
    struct config_homeserver *h = (struct config_homeserver *)config_authz_homeserver(c, name);
    if (h || c->n_homeservers == AUTHZ_HOMESERVERS)
        return h;
    h = &c->homeservers[c->n_homeservers];
    *h = (struct config_homeserver){0};
    if (!*name || !copy(h->name, sizeof(h->name), name))
        return NULL;
    c->n_homeservers++;
    return h;
}

bool authz_full_access(struct config_authz *c, const char *text, char *err)
{
    char name[AUTHZ_SERVER_NAME];
    size_t count = 0;
    bool star = false;
    for (size_t i = 0; i < c->n_homeservers; i++)
        c->homeservers[i].full_access = false;
    for (const char *at = text; *at; count++) {
        at += strspn(at, ", \t\r\n");
        size_t n = strcspn(at, ", \t\r\n");
        if (n == 0)
            break;
        snprintf(name, sizeof(name), "%.*s", (int)n, at);
        at += n;
        star = star || strcmp(name, "*") == 0;
        struct config_homeserver *h = authz_homeserver(c, name);
        if (!h || n >= sizeof(name))
            return wrong(err, "full_access_homeservers", "more servers than fit");
        h->full_access = true;
    }
    c->full_access_any = star && count == 1;
    return count > 0 || wrong(err, "full_access_homeservers", "empty");
}

static bool is_http_url(const char *url)
{
    return (strncmp(url, "https://", 8) == 0 && url[8]) ||
           (strncmp(url, "http://", 7) == 0 && url[7]);
}

/* Copies [from, to) without blanks and slashes around. */
static bool copy_trimmed(char *out, size_t size, const char *from, const char *to)
{
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    if ((size_t)(to - from) >= size)
        return false;
    memcpy(out, from, (size_t)(to - from));
    out[to - from] = 0;
    return true;
}

bool config_authz_overrides(struct config_authz *c, const char *text,
                            char err[static CONFIG_ERROR_TEXT])
{
    static const char where[] = "LIVEKIT_CS_API_URL_OVERRIDES";
    char name[AUTHZ_SERVER_NAME], url[AUTHZ_URL];
    for (const char *at = text; *at;) {
        const char *end = at + strcspn(at, ",");
        const char *equals = memchr(at, '=', (size_t)(end - at));
        if (!equals || !copy_trimmed(name, sizeof(name), at, equals) ||
            !copy_trimmed(url, sizeof(url), equals + 1, end) || !*name || !is_http_url(url))
            return wrong(err, where, "not a list of server=url");
        struct config_homeserver *h = authz_homeserver(c, name);
        if (!h)
            return wrong(err, where, "more servers than fit");
        for (size_t n = strlen(url); n > 0 && url[n - 1] == '/'; n--)
            url[n - 1] = 0;
        snprintf(h->client_url, sizeof(h->client_url), "%s", url);
        at = *end ? end + 1 : end;
    }
    return true;
}

/* --- keys --- */

static void trim(char *text)
{
    size_t n = strlen(text), blank = strspn(text, " \r\n\t");
    while (n > blank && strchr(" \r\n\t", text[n - 1]))
        n--;
    memmove(text, text + blank, n - blank);
    text[n - blank] = 0;
}

/* A small file as a trimmed text from malloc. */
static char *read_text_file(const char *path, char *err)
{
    char reason[FILE_REASON];
    size_t length;
    char *text = file_read(path, &length, reason);
    if (!text)
        wrong(err, path, reason);
    else
        trim(text);
    return text;
}

static bool single_key(struct config_authz *c, const char *key, const char *secret, char *err)
{
    c->keys.count = 0;
    return api_keys_add(&c->keys, key, secret) ||
           wrong(err, "LIVEKIT_KEY", "key or secret is empty or too long");
}

/* LIVEKIT_KEY_FILE of lk-jwt-service: "key: secret". */
static bool key_from_file(struct config_authz *c, const char *path, char *err)
{
    char *text = read_text_file(path, err);
    if (!text)
        return false;
    char *colon = strchr(text, ':');
    bool ok = colon && !strchr(colon + 1, ':');
    if (ok) {
        *colon = 0;
        trim(text);
        trim(colon + 1);
        ok = single_key(c, text, colon + 1, err);
    } else {
        wrong(err, path, "not one line \"key: secret\"");
    }
    free(text);
    return ok;
}

/* The value of a variable, or of the file that another variable names. From malloc. */
static bool variable_or_file(environment *env, const char *name, const char *file_name, char **out,
                             char *err)
{
    const char *file = env(file_name), *value = env(name);
    *out = NULL;
    if (file && *file) {
        *out = read_text_file(file, err);
        return *out != NULL;
    }
    if (value && *value) {
        *out = strdup(value);
        trim(*out);
    }
    return true;
}

static bool read_keys(struct config_authz *c, environment *env, char *err)
{
    const char *file = env("LIVEKIT_KEY_FILE"), *many = env("LIVEKIT_KEYS");
    char *key = NULL, *secret = NULL;
    if (file && *file)
        return key_from_file(c, file, err);
    bool ok = variable_or_file(env, "LIVEKIT_KEY", "LIVEKIT_KEY_FROM_FILE", &key, err) &&
              variable_or_file(env, "LIVEKIT_SECRET", "LIVEKIT_SECRET_FROM_FILE", &secret, err);
    if (ok && (key || secret))
        ok = single_key(c, key ? key : "", secret ? secret : "", err);
    else if (ok && many && *many)
        ok = authz_keys_text(c, "LIVEKIT_KEYS", many, err);
    free(key);
    free(secret);
    if (ok && c->keys.count == 0)
        return wrong(err, "keys",
                     "none: give LIVEKIT_KEY and LIVEKIT_SECRET, LIVEKIT_KEY_FILE, or keys");
    return ok;
}

/* --- the rest of the environment --- */

static bool read_listen(struct config_authz *c, environment *env, char *err)
{
    const char *bind = env("LIVEKIT_JWT_BIND"), *port = env("LIVEKIT_JWT_PORT");
    bool has_bind = bind && *bind, has_port = port && *port;
    if (has_bind && has_port)
        return wrong(err, "LIVEKIT_JWT_BIND", "LIVEKIT_JWT_PORT is given as well");
    if (has_bind || has_port) {
        c->n_listen = 1;
        snprintf(c->listen[0], CONFIG_TEXT, "%s%.200s", has_bind ? "" : ":",
                 has_bind ? bind : port);
    }
    if (c->n_listen == 0) {
        c->n_listen = 1;
        snprintf(c->listen[0], CONFIG_TEXT, ":8080");
    }
    return true;
}

static bool read_sanity(struct config_authz *c, environment *env, char *err)
{
    const char *text = env("LIVEKIT_SANITY_CHECK_INTERVAL_SECONDS");
    int64_t seconds;
    if (!text || !*text)
        return true;
    if (!value_number(text, &seconds) || seconds < 0 || seconds > 86400)
        return wrong(err, "LIVEKIT_SANITY_CHECK_INTERVAL_SECONDS", "not a number of seconds");
    c->sanity_interval = (usec_t)seconds * USEC_PER_SEC;
    return true;
}

static bool read_texts(struct config_authz *c, environment *env, char *err)
{
    const struct {
        const char *name;
        char *out;
        size_t size;
    } texts[] = {
        {"LIVEKIT_URL", c->livekit_url, sizeof(c->livekit_url)},
        {"LIVEKIT_REDIS_URL", c->redis_url, sizeof(c->redis_url)},
        {"LIVEKIT_REDIS_PASSWORD", c->redis_password, sizeof(c->redis_password)},
        {"STATE_DIRECTORY", c->state_dir, sizeof(c->state_dir)},
        {"SSL_CERT_FILE", c->ca_file, sizeof(c->ca_file)},
        {"SLUICE_RUN_DIR", c->run_dir, sizeof(c->run_dir)},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *value = env(texts[i].name);
        if (value && *value && !copy(texts[i].out, texts[i].size, value))
            return wrong(err, texts[i].name, "too long");
    }
    return true;
}

static bool read_switches(struct config_authz *c, environment *env, char *err)
{
    const char *skip = env("LIVEKIT_INSECURE_SKIP_VERIFY_TLS"), *level = env("LIVEKIT_LOG_LEVEL");
    const char *metadata = env("LIVEKIT_CAN_UPDATE_OWN_METADATA");
    if (skip && strcmp(skip, SKIP_VERIFY) == 0)
        c->insecure_tls = true;
    if (level && *level && !log_level_parse(level, &c->log_level))
        return wrong(err, "LIVEKIT_LOG_LEVEL", "not debug, info, warn or error");
    if (metadata && *metadata && !value_bool(metadata, &c->can_update_own_metadata))
        return wrong(err, "LIVEKIT_CAN_UPDATE_OWN_METADATA", "neither true nor false");
    return true;
}

static bool read_servers(struct config_authz *c, environment *env, char *err)
{
    const char *full = env("LIVEKIT_FULL_ACCESS_HOMESERVERS");
    const char *overrides = env("LIVEKIT_CS_API_URL_OVERRIDES");
    if (!full || !*full)
        full = env("LIVEKIT_LOCAL_HOMESERVERS");
    if (full && *full && !authz_full_access(c, full, err))
        return false;
    return !overrides || config_authz_overrides(c, overrides, err);
}

static bool check(const struct config_authz *c, char *err)
{
    bool any = c->full_access_any;
    for (size_t i = 0; i < c->n_homeservers; i++)
        any = any || c->homeservers[i].full_access;
    if (!*c->livekit_url)
        return wrong(err, "LIVEKIT_URL", "not given");
    if (!any)
        return wrong(err, "LIVEKIT_FULL_ACCESS_HOMESERVERS", "not given");
    return true;
}

bool config_authz_load(struct config_authz *c, const char *file, const char *body,
                       char *(*env)(const char *name), char err[static CONFIG_ERROR_TEXT])
{
    char reason[FILE_REASON];
    char *text = NULL;
    size_t length = 0;
    defaults(c);
    if (!body)
        body = env("LIVEKIT_CONFIG");
    if (file) {
        text = file_read(file, &length, reason);
        if (!text)
            return wrong(err, file, reason);
        body = text;
    }
    bool ok = !body || authz_read_file(c, file ? file : "configuration", body, strlen(body), err);
    free(text);
    return ok && read_texts(c, env, err) && read_switches(c, env, err) && read_keys(c, env, err) &&
           read_listen(c, env, err) && read_sanity(c, env, err) && read_servers(c, env, err) &&
           check(c, err);
}
