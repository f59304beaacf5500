/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/join_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/http/query.h"
#include "control/signal/user_agent.h"

/* --- single fields --- */

char *join_query_field(const struct join_question *q, const char *name, size_t *length)
{
    const char *value;
    size_t n;
    if (!query_find(q->query, q->query_length, name, &value, &n))
        return NULL;
    char *out = malloc(n + 1);
    n = out ? query_decode(value, n, true, out) : QUERY_BAD;
    if (n == QUERY_BAD) {
        free(out);
        return NULL;
    }
    *length = n;
    return out;
}

static void copy(char out[static JOIN_TEXT], const char *text)
{
    snprintf(out, JOIN_TEXT, "%s", text ? text : "");
}

static void read_text(const struct join_question *q, const char *name, char out[static JOIN_TEXT])
{
    size_t length;
    char *text = join_query_field(q, name, &length);
    copy(out, text);
    free(text);
}

static enum tristate read_bool(const struct join_question *q, const char *name)
{
    char text[JOIN_TEXT];
    read_text(q, name, text);
    if (!*text)
        return TRISTATE_UNSET;
    return strcmp(text, "1") == 0 || strcmp(text, "true") == 0 ? TRISTATE_TRUE : TRISTATE_FALSE;
}

static int32_t read_int(const struct join_question *q, const char *name)
{
    char text[JOIN_TEXT], *end;
    read_text(q, name, text);
    long n = strtol(text, &end, 10);
    return *text && *end == 0 && n >= INT32_MIN && n <= INT32_MAX ? (int32_t)n : 0;
}

static Livekit__ClientInfo__SDK read_sdk(const struct join_question *q)
{
    static const char *const names[] = {
        [LIVEKIT__CLIENT_INFO__SDK__JS] = "js",
        [LIVEKIT__CLIENT_INFO__SDK__SWIFT] = "swift",
        [LIVEKIT__CLIENT_INFO__SDK__ANDROID] = "android",
        [LIVEKIT__CLIENT_INFO__SDK__FLUTTER] = "flutter",
        [LIVEKIT__CLIENT_INFO__SDK__GO] = "go",
        [LIVEKIT__CLIENT_INFO__SDK__UNITY] = "unity",
        [LIVEKIT__CLIENT_INFO__SDK__REACT_NATIVE] = "reactnative",
        [LIVEKIT__CLIENT_INFO__SDK__RUST] = "rust",
        [LIVEKIT__CLIENT_INFO__SDK__PYTHON] = "python",
        [LIVEKIT__CLIENT_INFO__SDK__CPP] = "cpp",
        [LIVEKIT__CLIENT_INFO__SDK__UNITY_WEB] = "unityweb",
        [LIVEKIT__CLIENT_INFO__SDK__NODE] = "node",
        [LIVEKIT__CLIENT_INFO__SDK__UNREAL] = "unreal",
        [LIVEKIT__CLIENT_INFO__SDK__ESP32] = "esp32",
        [LIVEKIT__CLIENT_INFO__SDK__DOTNET] = "dotnet",
    };
    char text[JOIN_TEXT];
    read_text(q, "sdk", text);
    if (strcasecmp(text, "ios") == 0)
        return LIVEKIT__CLIENT_INFO__SDK__SWIFT;
    for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(text, names[i]) == 0)
            return (Livekit__ClientInfo__SDK)i;
    }
    return LIVEKIT__CLIENT_INFO__SDK__UNKNOWN;
}

static uint32_t read_capabilities(const struct join_question *q)
{
    size_t length;
    char *text = join_query_field(q, "capabilities", &length), *rest = text, *name;
    uint32_t mask = 0;
    while (rest && (name = strsep(&rest, ","))) {
        const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(
            &livekit__client_info__capability__descriptor, name);
        if (v && v->value >= 0 && v->value < 32)
            mask |= 1u << v->value;
    }
    free(text);
    return mask;
}

void join_read_fields(const struct join_question *q, struct join_params *out)
{
    struct join_client *c = &out->client;
    out->auto_subscribe = read_bool(q, "auto_subscribe") != TRISTATE_FALSE;
    out->auto_subscribe_data_track = read_bool(q, "auto_subscribe_data_track") == TRISTATE_TRUE;
    out->adaptive_stream = read_bool(q, "adaptive_stream") == TRISTATE_TRUE;
    out->disable_ice_lite = read_bool(q, "disable_ice_lite") == TRISTATE_TRUE;
    out->subscriber_allow_pause = read_bool(q, "subscriber_allow_pause");
    out->reconnect = read_bool(q, "reconnect") == TRISTATE_TRUE;
    if (out->reconnect) {
        out->reconnect_reason = read_int(q, "reconnect_reason");
        read_text(q, "sid", out->participant_sid);
    }
    c->sdk = read_sdk(q);
    c->protocol = read_int(q, "protocol");
    c->client_protocol = read_int(q, "client_protocol");
    c->capabilities = read_capabilities(q);
    read_text(q, "version", c->version);
    read_text(q, "os", c->os);
    read_text(q, "os_version", c->os_version);
    read_text(q, "device_model", c->device_model);
    read_text(q, "browser", c->browser);
    read_text(q, "browser_version", c->browser_version);
    read_text(q, "network", c->network);
}

/* --- a join request --- */

static void read_client(const Livekit__ClientInfo *info, struct join_client *c)
{
    c->sdk = info->sdk;
    c->protocol = info->protocol;
    c->client_protocol = info->client_protocol;
    for (size_t i = 0; i < info->n_capabilities; i++) {
        if ((unsigned)info->capabilities[i] < 32)
            c->capabilities |= 1u << info->capabilities[i];
    }
    copy(c->version, info->version);
    copy(c->os, info->os);
    copy(c->os_version, info->os_version);
    copy(c->device_model, info->device_model);
    copy(c->browser, info->browser);
    copy(c->browser_version, info->browser_version);
    copy(c->network, info->network);
    copy(c->other_sdks, info->other_sdks);
}

static void read_settings(const Livekit__ConnectionSettings *s, struct join_params *out)
{
    out->auto_subscribe = s->auto_subscribe;
    out->adaptive_stream = s->adaptive_stream;
    out->disable_ice_lite = s->disable_ice_lite;
    if (s->subscriber_allow_pause_present_case ==
        LIVEKIT__CONNECTION_SETTINGS__SUBSCRIBER_ALLOW_PAUSE_PRESENT_SUBSCRIBER_ALLOW_PAUSE)
        out->subscriber_allow_pause = s->subscriber_allow_pause ? TRISTATE_TRUE : TRISTATE_FALSE;
    if (s->auto_subscribe_data_track_present_case ==
        LIVEKIT__CONNECTION_SETTINGS__AUTO_SUBSCRIBE_DATA_TRACK_PRESENT_AUTO_SUBSCRIBE_DATA_TRACK)
        out->auto_subscribe_data_track = s->auto_subscribe_data_track;
}

static bool read_attributes(const Livekit__JoinRequest *j, struct join_params *out)
{
    if (j->n_participant_attributes == 0)
        return true;
    out->attributes = calloc(j->n_participant_attributes, sizeof(*out->attributes));
    if (!out->attributes)
        return false;
    for (size_t i = 0; i < j->n_participant_attributes; i++) {
        struct claims_attribute *a = &out->attributes[out->attribute_count++];
        a->key = strdup(j->participant_attributes[i]->key);
        a->value = strdup(j->participant_attributes[i]->value);
        if (!a->key || !a->value)
            return false;
    }
    return true;
}

bool join_read_request(const Livekit__JoinRequest *j, struct join_params *out)
{
    if (j->client_info)
        read_client(j->client_info, &out->client);
    if (j->connection_settings)
        read_settings(j->connection_settings, out);
    out->reconnect = j->reconnect;
    if (out->reconnect) {
        out->reconnect_reason = j->reconnect_reason;
        copy(out->participant_sid, j->participant_sid);
    }
    free(out->metadata);
    out->metadata = strdup(j->metadata);
    return out->metadata && read_attributes(j, out);
}

/* --- what the client has left out --- */

static bool runs_in_a_browser(Livekit__ClientInfo__SDK sdk)
{
    return sdk == LIVEKIT__CLIENT_INFO__SDK__JS || sdk == LIVEKIT__CLIENT_INFO__SDK__REACT_NATIVE ||
           sdk == LIVEKIT__CLIENT_INFO__SDK__FLUTTER || sdk == LIVEKIT__CLIENT_INFO__SDK__UNITY ||
           sdk == LIVEKIT__CLIENT_INFO__SDK__UNITY_WEB || sdk == LIVEKIT__CLIENT_INFO__SDK__UNKNOWN;
}

void join_complete_client(const struct join_question *q, struct join_client *c)
{
    copy(c->address, q->address);
    if (!runs_in_a_browser(c->sdk) || !q->user_agent)
        return;
    struct user_agent ua;
    user_agent_parse(&ua, q->user_agent);
    if (!*c->browser) {
        copy(c->browser, ua.browser);
        copy(c->browser_version, ua.browser_version);
    }
    if (!*c->os) {
        copy(c->os, ua.os);
        copy(c->os_version, ua.os_version);
    }
    if (!*c->device_model)
        copy(c->device_model, ua.device);
}
