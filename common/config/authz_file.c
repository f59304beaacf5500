/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/authz_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/file.h"
#include "common/config/value.h"
#include "common/config/yaml_tree.h"

struct reading {
    struct config_authz *c;
    const char *name; /* of the document */
    char *err;
};

static bool fail(struct reading *r, const char *key, const char *reason)
{
    snprintf(r->err, CONFIG_ERROR_TEXT, "%.200s: %.100s: %.150s", r->name, key, reason);
    return false;
}

/* --- values --- */

static bool take_text(struct reading *r, const char *key, const json_t *v, char *out, size_t size)
{
    if (!json_is_string(v) || json_string_length(v) >= size)
        return fail(r, key, "not a text that fits");
    memcpy(out, json_string_value(v), json_string_length(v) + 1);
    return true;
}

static bool take_bool(struct reading *r, const char *key, const json_t *v, bool *out)
{
    return (json_is_string(v) && value_bool(json_string_value(v), out)) ||
           fail(r, key, "neither true nor false");
}

static bool take_duration(struct reading *r, const char *key, const json_t *v, usec_t *out)
{
    return (json_is_string(v) && value_duration(json_string_value(v), out)) ||
           fail(r, key, "not a duration, as 10s");
}

static bool take_list(struct reading *r, const char *key, const json_t *v, struct config_list *out)
{
    size_t i;
    const json_t *item;
    if (!json_is_array(v) || json_array_size(v) > CONFIG_LIST)
        return fail(r, key, "not a list that fits");
    json_array_foreach(v, i, item)
    {
        if (!take_text(r, key, item, out->text[i], CONFIG_TEXT))
            return false;
    }
    out->n = json_array_size(v);
    return true;
}

/* A list, or one text with commas, into one text with commas. */
static bool join(struct reading *r, const char *key, const json_t *v, char *out, size_t size)
{
    size_t i, n = 0;
    const json_t *item;
    if (json_is_string(v))
        return take_text(r, key, v, out, size);
    if (!json_is_array(v))
        return fail(r, key, "neither a text nor a list");
    out[0] = 0;
    json_array_foreach(v, i, item)
    {
        if (!json_is_string(item) || n + json_string_length(item) + 2 > size)
            return fail(r, key, "not a list that fits");
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? "," : "", json_string_value(item));
    }
    return true;
}

/* --- keys --- */

static bool take_keys(struct reading *r, const char *key, json_t *v)
{
    const char *name;
    json_t *secret;
    if (!json_is_object(v))
        return fail(r, key, "not a mapping of keys to secrets");
    r->c->keys.count = 0;
    json_object_foreach(v, name, secret)
    {
        if (!json_is_string(secret) || !api_keys_add(&r->c->keys, name, json_string_value(secret)))
            return fail(r, key, "a key or secret that cannot be used");
    }
    return true;
}

bool authz_keys_text(struct config_authz *c, const char *name, const char *body, char *err)
{
    struct reading r = {.c = c, .name = name, .err = err};
    char reason[YAML_TREE_REASON];
    json_t *tree = yaml_tree(body, strlen(body), reason);
    bool ok = tree ? take_keys(&r, "keys", tree) : fail(&r, "keys", reason);
    json_decref(tree);
    return ok;
}

static bool take_key_file(struct reading *r, const json_t *v)
{
    char path[CONFIG_TEXT], reason[FILE_REASON];
    size_t length;
    if (!take_text(r, "key_file", v, path, sizeof(path)))
        return false;
    char *text = *path ? file_read(path, &length, reason) : NULL;
    bool ok =
        !*path || (text ? authz_keys_text(r->c, path, text, r->err) : fail(r, "key_file", reason));
    free(text);
    return ok;
}

/* --- section sluice.authz --- */

static bool take_number(struct reading *r, const char *key, const json_t *v, uint32_t *out)
{
    char text[16];
    int64_t number;
    if (!take_text(r, key, v, text, sizeof(text)))
        return false;
    if (!value_number(text, &number) || number < 0 || number > 100000)
        return fail(r, key, "not a number up to 100000");
    *out = (uint32_t)number;
    return true;
}

static bool take_homeserver(struct reading *r, const char *name, json_t *v)
{
    struct config_homeserver *h = authz_homeserver(r->c, name);
    char rate[16] = "";
    int64_t number = 0;
    const char *key;
    json_t *value;
    if (!h || !(json_is_object(v) || json_is_null(v)))
        return fail(r, name, "not a homeserver that fits");
    json_object_foreach(v, key, value)
    {
        bool ok;
        if (strcmp(key, "federation_url") == 0)
            ok = take_text(r, key, value, h->federation_url, sizeof(h->federation_url));
        else if (strcmp(key, "client_url") == 0)
            ok = take_text(r, key, value, h->client_url, sizeof(h->client_url));
        else if (strcmp(key, "ca_file") == 0)
            ok = take_text(r, key, value, h->ca_file, sizeof(h->ca_file));
        else if (strcmp(key, "delayed_event_rate") == 0)
            ok = take_text(r, key, value, rate, sizeof(rate)) &&
                 ((value_number(rate, &number) && number > 0 && number <= 10000) ||
                  fail(r, key, "not a number of calls per second"));
        else
            ok = fail(r, key, "unknown key");
        if (!ok)
            return false;
    }
    h->delayed_event_rate = (uint32_t)number;
    return true;
}

static bool take_homeservers(struct reading *r, const char *key, json_t *v)
{
    const char *name;
    json_t *entry;
    if (!json_is_object(v))
        return fail(r, key, "not a mapping of server names");
    json_object_foreach(v, name, entry)
    {
        if (!take_homeserver(r, name, entry))
            return false;
    }
    return true;
}

static bool take_full_access(struct reading *r, const char *key, json_t *v)
{
    char names[AUTHZ_HOMESERVERS * 64];
    return join(r, key, v, names, sizeof(names)) && authz_full_access(r->c, names, r->err);
}

static bool take_publish(struct reading *r, const char *key, json_t *v)
{
    const char *text = json_string_value(v);
    bool on;
    if (text && strcmp(text, "auto") == 0) {
        r->c->restricted_publish = AUTHZ_PUBLISH_AUTO;
        return true;
    }
    if (!text || !value_bool(text, &on))
        return fail(r, key, "not true, auto or false");
    r->c->restricted_publish = on ? AUTHZ_PUBLISH_TRUE : AUTHZ_PUBLISH_FALSE;
    return true;
}

static bool take_sfu(struct reading *r, const char *key, json_t *v)
{
    static const char *const names[] = {"auto", "local", "twirp"};
    for (size_t i = 0; json_is_string(v) && i < 3; i++) {
        if (strcmp(json_string_value(v), names[i]) != 0)
            continue;
        r->c->sfu = (enum authz_sfu)i;
        return true;
    }
    return fail(r, key, "not auto, local or twirp");
}

static bool take_listen(struct reading *r, const char *key, json_t *v)
{
    struct config_list list = {0};
    bool ok = true;
    if (json_is_string(v)) {
        list.n = 1;
        ok = take_text(r, key, v, list.text[0], CONFIG_TEXT);
    } else {
        ok = take_list(r, key, v, &list);
    }
    if (ok && list.n > AUTHZ_LISTENERS)
        return fail(r, key, "more than fit");
    for (size_t i = 0; ok && i < list.n; i++)
        memcpy(r->c->listen[i], list.text[i], CONFIG_TEXT);
    r->c->n_listen = ok ? list.n : 0;
    return ok;
}

#define TEXT(name, member)                                                                         \
    if (strcmp(key, name) == 0)                                                                    \
        return take_text(r, key, v, r->c->member, sizeof(r->c->member));
#define BOOL(name, member)                                                                         \
    if (strcmp(key, name) == 0)                                                                    \
        return take_bool(r, key, v, &r->c->member);
#define DURATION(name, member)                                                                     \
    if (strcmp(key, name) == 0)                                                                    \
        return take_duration(r, key, v, &r->c->member);
#define NUMBER(name, member)                                                                       \
    if (strcmp(key, name) == 0)                                                                    \
        return take_number(r, key, v, &r->c->member);
#define WITH(name, take)                                                                           \
    if (strcmp(key, name) == 0)                                                                    \
        return take(r, key, v);

static bool take_authz_key(struct reading *r, const char *key, json_t *v)
{
    TEXT("livekit_url", livekit_url)
    TEXT("state_dir", state_dir)
    TEXT("redis_url", redis_url)
    TEXT("redis_password", redis_password)
    TEXT("service_url", service_url)
    TEXT("user", user)
    TEXT("ca_file", ca_file)
    TEXT("well_known_base_url", well_known_base_url)
    BOOL("can_update_own_metadata", can_update_own_metadata)
    BOOL("delegation", delegation)
    BOOL("delegate_restricted", delegate_restricted)
    DURATION("grace", grace)
    DURATION("start_grace", start_grace)
    DURATION("sanity_check_interval", sanity_interval)
    DURATION("lookup_time", lookup_time)
    NUMBER("rate", rate)
    NUMBER("rate_burst", rate_burst)
    WITH("homeservers", take_homeservers)
    WITH("full_access_homeservers", take_full_access)
    WITH("restricted_publish", take_publish)
    WITH("sfu", take_sfu)
    WITH("listen", take_listen)
    if (strcmp(key, "dns_servers") == 0)
        return join(r, key, v, r->c->dns_servers, sizeof(r->c->dns_servers));
    if (strcmp(key, "allowed_networks") == 0)
        return take_list(r, key, v, &r->c->allowed_networks);
    if (strcmp(key, "trusted_proxies") == 0)
        return take_list(r, key, v, &r->c->trusted_proxies);
    return fail(r, key, "unknown key of sluice.authz");
}

static bool take_level(struct reading *r, const char *key, json_t *v)
{
    return (json_is_string(v) && log_level_parse(json_string_value(v), &r->c->log_level)) ||
           fail(r, key, "not debug, info, warn or error");
}

/* A member that is there and not null. */
static json_t *given(json_t *object, const char *key)
{
    json_t *v = json_object_get(object, key);
    return json_is_null(v) ? NULL : v;
}

static bool take_common(struct reading *r, json_t *root)
{
    json_t *v, *logging = given(root, "logging"), *sluice = given(root, "sluice");
    if ((v = given(root, "keys")) && !take_keys(r, "keys", v))
        return false;
    if ((v = given(root, "key_file")) && !take_key_file(r, v))
        return false;
    if (((v = given(root, "log_level")) || (v = given(logging, "level"))) &&
        !take_level(r, "log_level", v))
        return false;
    if ((v = given(logging, "json")) && !take_bool(r, "logging.json", v, &r->c->log_json))
        return false;
    if ((v = given(sluice, "run_dir")) &&
        !take_text(r, "sluice.run_dir", v, r->c->run_dir, sizeof(r->c->run_dir)))
        return false;
    return !(v = given(sluice, "user")) ||
           take_text(r, "sluice.user", v, r->c->user, sizeof(r->c->user));
}

bool authz_read_file(struct config_authz *c, const char *name, const char *body, size_t length,
                     char *err)
{
    struct reading r = {.c = c, .name = name, .err = err};
    char reason[YAML_TREE_REASON];
    const char *key;
    json_t *v, *tree = yaml_tree(body, length, reason);
    if (!tree)
        return fail(&r, "not readable", reason);
    bool ok = take_common(&r, tree);
    json_t *section = given(given(tree, "sluice"), "authz");
    if (ok && section && !json_is_object(section))
        ok = fail(&r, "sluice.authz", "not a mapping");
    json_object_foreach(section, key, v)
    {
        ok = ok && (json_is_null(v) || take_authz_key(&r, key, v));
    }
    json_decref(tree);
    return ok;
}
