/* SPDX-License-Identifier: Apache-2.0 */
/* `token create`: an access token, signed with a key of the server. */
#include "tools/sluicectl/token.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/config/value.h"
#include "common/jwt/claims_json.h"
#include "common/jwt/token.h"
#include "tools/sluicectl/commands.h"
#include "tools/sluicectl/configuration.h"

#define VALID_FOR "6h" /* as LiveKit's SDKs have it */

/* --- options and the claims that they become --- */

struct claim {
    const char *option, *name;
};

static const struct claim texts[] = {
    {"identity", "sub"}, {"name", "name"}, {"metadata", "metadata"}, {"room-preset", "roomPreset"}};

static const struct claim grant_texts[] = {{"room", "room"},
                                           {"destination-room", "destinationRoom"}};

static const struct claim rights[] = {
    {"join", "roomJoin"},   {"create", "roomCreate"}, {"list", "roomList"},
    {"admin", "roomAdmin"}, {"record", "roomRecord"}, {"ingress-admin", "ingressAdmin"},
    {"hidden", "hidden"},   {"recorder", "recorder"}, {"agent", "agent"},
};

/* yes or no; what is absent is up to LiveKit's defaults */
static const struct claim choices[] = {
    {"can-publish", "canPublish"},
    {"can-subscribe", "canSubscribe"},
    {"can-publish-data", "canPublishData"},
    {"can-update-own-metadata", "canUpdateOwnMetadata"},
    {"can-subscribe-metrics", "canSubscribeMetrics"},
    {"can-manage-agent-session", "canManageAgentSession"},
};

#define EACH(c, table)                                                                             \
    for (const struct claim *c = (table); c < (table) + sizeof(table) / sizeof((table)[0]); c++)

static bool fail(char *err, const char *what, const char *value)
{
    snprintf(err, TOKEN_REASON, "%s%.150s", what, value);
    return false;
}

static bool one_of(const char *value, const char *const *list)
{
    while (*list && strcmp(value, *list) != 0)
        list++;
    return *list != NULL;
}

static bool add_choices(const struct invocation *v, json_t *grant, char *err)
{
    EACH(c, choices)
    {
        const char *text = option_value(v, c->option);
        bool yes;
        if (!text)
            continue;
        if (!value_bool(text, &yes)) {
            snprintf(err, TOKEN_REASON, "--%s is yes or no, not %.100s", c->option, text);
            return false;
        }
        json_object_set_new(grant, c->name, json_boolean(yes));
    }
    return true;
}

/* One name, or several with commas. */
static bool add_source(json_t *list, const char *text, char *err)
{
    static const char *const known[] = {"camera", "microphone", "screen_share",
                                        "screen_share_audio", NULL};
    char buf[256], *rest = buf;
    snprintf(buf, sizeof(buf), "%s", text);
    for (const char *name; (name = strsep(&rest, ","));) {
        if (!one_of(name, known))
            return fail(err,
                        "--source is camera, microphone, screen_share or screen_share_audio, not ",
                        name);
        json_array_append_new(list, json_string(name));
    }
    return true;
}

static bool add_sources(const struct invocation *v, json_t *grant, char *err)
{
    size_t at = 0;
    json_t *list = json_array();
    bool ok = true;
    for (const char *text; ok && (text = option_next(v, "source", &at));)
        ok = add_source(list, text, err);
    if (json_array_size(list) > 0)
        json_object_set(grant, "canPublishSources", list);
    json_decref(list);
    return ok;
}

static bool add_grant(const struct invocation *v, json_t *claims, char *err)
{
    json_t *grant = json_object();
    json_object_set_new(claims, "video", grant);
    EACH(c, grant_texts)
    {
        if (option_given(v, c->option))
            json_object_set_new(grant, c->name, json_string(option_value(v, c->option)));
    }
    EACH(c, rights)
    {
        if (option_given(v, c->option))
            json_object_set_new(grant, c->name, json_true());
    }
    return add_choices(v, grant, err) && add_sources(v, grant, err);
}

static bool add_attributes(const struct invocation *v, json_t *claims, char *err)
{
    size_t at = 0;
    for (const char *text; (text = option_next(v, "attribute", &at));) {
        const char *equals = strchr(text, '=');
        if (!equals || equals == text)
            return fail(err, "--attribute is KEY=VALUE, not ", text);
        json_t *all = json_object_get(claims, "attributes");
        if (!all)
            json_object_set_new(claims, "attributes", all = json_object());
        char *key = strndup(text, (size_t)(equals - text));
        json_object_set_new(all, key, json_string(equals + 1));
        free(key);
    }
    return true;
}

static bool add_kind(const struct invocation *v, json_t *claims, char *err)
{
    static const char *const kinds[] = {"standard", "ingress",   "egress", "sip",
                                        "agent",    "connector", "bridge", NULL};
    const char *kind = option_value(v, "kind");
    if (kind && !one_of(kind, kinds))
        return fail(err,
                    "--kind is standard, ingress, egress, sip, agent, connector or bridge, "
                    "not ",
                    kind);
    if (kind)
        json_object_set_new(claims, "kind", json_string(kind));
    return true;
}

static bool add_room_config(const struct invocation *v, json_t *claims, char *err)
{
    const char *text = option_value(v, "room-config");
    json_error_t e;
    if (!text)
        return true;
    json_t *root = json_loads(text, 0, &e);
    if (!json_is_object(root)) {
        json_decref(root);
        return fail(err, "--room-config is no JSON object: ", root ? text : e.text);
    }
    json_object_set_new(claims, "roomConfig", root);
    return true;
}

static bool add_times(const struct invocation *v, json_t *claims, int64_t now, char *err)
{
    const char *text = option_value(v, "valid-for");
    usec_t valid;
    if (!text)
        text = VALID_FOR;
    if (!value_duration(text, &valid) || valid < USEC_PER_SEC)
        return fail(err, "--valid-for is a time as 30s, 10m or 6h, not ", text);
    json_object_set_new(claims, "nbf", json_integer(now));
    json_object_set_new(claims, "iat", json_integer(now));
    json_object_set_new(claims, "exp", json_integer(now + (int64_t)(valid / USEC_PER_SEC)));
    return true;
}

/* What no server could make sense of. */
static bool makes_sense(const struct invocation *v, char *err)
{
    bool any = false;
    EACH(c, rights)
    any = any || option_given(v, c->option);
    if (!any)
        return fail(err, "a token without rights: give --join, --create, --list, --admin, ...", "");
    if (option_given(v, "join") && !option_given(v, "identity"))
        return fail(err, "--join needs --identity", "");
    if ((option_given(v, "join") || option_given(v, "admin")) && !option_given(v, "room"))
        return fail(err, "--join and --admin need --room", "");
    return true;
}

json_t *token_claims(const struct invocation *v, int64_t unix_now, char err[static TOKEN_REASON])
{
    json_t *claims = json_object();
    EACH(c, texts)
    {
        if (option_given(v, c->option))
            json_object_set_new(claims, c->name, json_string(option_value(v, c->option)));
    }
    bool ok = makes_sense(v, err) && add_grant(v, claims, err) && add_attributes(v, claims, err) &&
              add_kind(v, claims, err) && add_room_config(v, claims, err) &&
              add_times(v, claims, unix_now, err);
    if (!ok) {
        json_decref(claims);
        return NULL;
    }
    return claims;
}

/* --- the command --- */

static void warn(const struct api_keys *keys)
{
    if (strlen(keys->list[0].secret) < API_SECRET_ADVISED)
        fprintf(stderr, "sluicectl: warning: the secret of \"%s\" is shorter than %d characters\n",
                keys->list[0].key, API_SECRET_ADVISED);
}

static void print(const struct invocation *v, const char *token, const json_t *claims)
{
    if (!v->json) {
        puts(token);
        return;
    }
    json_t *root = json_pack("{ss sO}", "token", token, "claims", (json_t *)claims);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

static enum status sign_and_print(const struct invocation *v, const struct api_keys *keys,
                                  json_t *payload)
{
    struct claims c;
    char *token = NULL;
    json_object_set_new(payload, "iss", json_string(keys->list[0].key));
    if (claims_from_json(payload, &c)) {
        token = token_sign(keys, &c);
        claims_free(&c);
    }
    if (!token) {
        fprintf(stderr, "sluicectl: cannot sign (texts that are no UTF-8?)\n");
        return STATUS_FAILED;
    }
    if (!option_given(v, "dev"))
        warn(keys);
    print(v, token, payload);
    free(token);
    return STATUS_OK;
}

static enum status run(const struct invocation *v)
{
    static struct api_keys keys;
    char err[CONFIG_ERROR_TEXT];
    json_t *payload = token_claims(v, (int64_t)(clock_realtime() / USEC_PER_SEC), err);
    if (!payload) {
        fprintf(stderr, "sluicectl token create: %s\n", err);
        return STATUS_USAGE;
    }
    enum status status = STATUS_USAGE;
    if (configuration_keys(v, &keys, err))
        status = sign_and_print(v, &keys, payload);
    else
        fprintf(stderr,
                "sluicectl token create: no key to sign with (--api-key and --api-secret, "
                "--config, --dev): %s\n",
                err);
    api_keys_wipe(&keys);
    json_decref(payload);
    return status;
}

static const struct command_option own_options[] = {
    {"identity", "ID", "who: the participant's identity", COMPLETE_NOTHING},
    {"room", "NAME", "in which room", COMPLETE_NOTHING},
    {"join", NULL, "may join the room", COMPLETE_NOTHING},
    {"create", NULL, "may create rooms", COMPLETE_NOTHING},
    {"list", NULL, "may list rooms", COMPLETE_NOTHING},
    {"admin", NULL, "may moderate the room", COMPLETE_NOTHING},
    {"record", NULL, "may record (roomRecord)", COMPLETE_NOTHING},
    {"ingress-admin", NULL, "may manage ingress", COMPLETE_NOTHING},
    {"hidden", NULL, "is not seen by others", COMPLETE_NOTHING},
    {"recorder", NULL, "is told to others as a recorder", COMPLETE_NOTHING},
    {"agent", NULL, "is told to others as an agent", COMPLETE_NOTHING},
    {"can-publish", "yes|no", "publish tracks (yes)", COMPLETE_NOTHING},
    {"can-subscribe", "yes|no", "receive tracks (yes)", COMPLETE_NOTHING},
    {"can-publish-data", "yes|no", "send data (as can-publish)", COMPLETE_NOTHING},
    {"can-update-own-metadata", "yes|no", "change its own name and metadata (no)",
     COMPLETE_NOTHING},
    {"can-subscribe-metrics", "yes|no", "receive metrics (no)", COMPLETE_NOTHING},
    {"can-manage-agent-session", "yes|no", "manage agent sessions (no)", COMPLETE_NOTHING},
    {"source", "SOURCE", "publish only camera, microphone, screen_share, screen_share_audio",
     COMPLETE_NOTHING},
    {"name", "TEXT", "shown to others", COMPLETE_NOTHING},
    {"metadata", "TEXT", "of the participant", COMPLETE_NOTHING},
    {"attribute", "KEY=VALUE", "of the participant; may be repeated", COMPLETE_NOTHING},
    {"kind", "KIND", "standard, ingress, egress, sip, agent, connector, bridge", COMPLETE_NOTHING},
    {"room-preset", "NAME", "room_configurations to create the room by", COMPLETE_NOTHING},
    {"room-config", "JSON", "RoomConfiguration to create the room by", COMPLETE_NOTHING},
    {"destination-room", "NAME", "for forwarding participants", COMPLETE_NOTHING},
    {"valid-for", "TIME", "until it expires: 30s, 10m, 6h (6h)", COMPLETE_NOTHING},
    {"config", "FILE", "livekit.yaml with the keys [$LIVEKIT_CONFIG, " CONFIGURATION_DEFAULT "]",
     COMPLETE_FILE},
    {"api-key", "KEY", "which key signs [$LIVEKIT_API_KEY; the first one]", COMPLETE_NOTHING},
    {"api-secret", "SECRET", "its secret [$LIVEKIT_API_SECRET]; others see it in ps",
     COMPLETE_NOTHING},
    {"dev", NULL, "sign with the key of --dev servers", COMPLETE_NOTHING},
    {0},
};

const struct command command_token_create = {
    .name = "token create",
    .arguments = "",
    .summary = "an access token for clients or the server API",
    .details =
        "Prints the token alone. The claims are LiveKit's:\n\n"
        "  sluicectl token create --join --room daily --identity alice --valid-for 1h\n"
        "  sluicectl token create --create --list --admin --room daily    (for the server API)",
    .options = own_options,
    .run = run,
};
