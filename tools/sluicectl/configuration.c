/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/configuration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The file to read, or NULL: no file. */
static const char *file_of(const struct invocation *v)
{
    if (option_given(v, "config"))
        return option_value(v, "config");
    if (option_given(v, "dev") || environment("LIVEKIT_CONFIG"))
        return NULL;
    return access(CONFIGURATION_DEFAULT, F_OK) == 0 ? CONFIGURATION_DEFAULT : NULL;
}

const char *configuration_source(const struct invocation *v, char buf[static CONFIG_TEXT])
{
    const char *file = file_of(v);
    if (file)
        snprintf(buf, CONFIG_TEXT, "%s", file);
    else if (environment("LIVEKIT_CONFIG"))
        snprintf(buf, CONFIG_TEXT, "$LIVEKIT_CONFIG");
    else
        snprintf(buf, CONFIG_TEXT, option_given(v, "dev") ? "--dev" : "defaults and environment");
    return buf;
}

bool configuration_load(const struct invocation *v, struct config *c,
                        char err[static CONFIG_ERROR_TEXT])
{
    char name[] = "sluicectl", config[] = "--config", dev[] = "--dev", *argv[5] = {name};
    int argc = 1;
    char *file = NULL;
    if (file_of(v)) {
        file = strdup(file_of(v));
        argv[argc++] = config;
        argv[argc++] = file;
    }
    if (option_given(v, "dev"))
        argv[argc++] = dev;
    bool ok = config_load(c, name, argc, argv, err) == CONFIG_OK;
    free(file);
    return ok;
}

static bool fail(char *err, const char *why)
{
    snprintf(err, CONFIG_ERROR_TEXT, "%s", why);
    return false;
}

static bool add(struct api_keys *keys, const char *key, const char *secret, char *err)
{
    return api_keys_add(keys, key, secret) || fail(err, "that is no API key with its secret");
}

static bool from_configuration(const struct invocation *v, struct api_keys *keys, char *err)
{
    struct config *c = calloc(1, sizeof(*c));
    bool ok = c && configuration_load(v, c, err);
    for (size_t i = 0; ok && i < c->n_keys; i++)
        ok = add(keys, c->keys[i].key, c->keys[i].secret, err);
    if (c)
        explicit_bzero(c, sizeof(*c));
    free(c);
    return ok;
}

/* One pair from options or variables; false without a word if there is none. */
static bool from_pair(struct api_keys *keys, const char *key, const char *secret)
{
    return key && secret && api_keys_add(keys, key, secret);
}

/* Moves `key` to the front. */
static bool choose(struct api_keys *keys, const char *key, char *err)
{
    const char *secret = api_keys_secret(keys, key);
    struct api_keys one = {0};
    if (!secret) {
        snprintf(err, CONFIG_ERROR_TEXT, "the configuration has no API key \"%.200s\"", key);
        return false;
    }
    bool ok = api_keys_add(&one, key, secret);
    api_keys_wipe(keys);
    *keys = one;
    return ok;
}

bool configuration_keys(const struct invocation *v, struct api_keys *keys,
                        char err[static CONFIG_ERROR_TEXT])
{
    const char *key = option_value(v, "api-key"), *secret = option_value(v, "api-secret");
    bool named = option_given(v, "config") || option_given(v, "dev");
    keys->count = 0;
    if (secret)
        return key ? add(keys, key, secret, err) : fail(err, "--api-secret needs --api-key");
    if (!named &&
        from_pair(keys, environment("LIVEKIT_API_KEY"), environment("LIVEKIT_API_SECRET")))
        return !key || choose(keys, key, err);
    if (from_configuration(v, keys, err))
        return !key || choose(keys, key, err);
    if (!named && from_pair(keys, environment("LIVEKIT_KEY"), environment("LIVEKIT_SECRET")))
        return !key || choose(keys, key, err);
    return false;
}
