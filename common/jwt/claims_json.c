/* SPDX-License-Identifier: Apache-2.0 */
#include "common/jwt/claims_json.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* --- the fields, each named once for both directions --- */

struct field {
    const char *name;
    size_t offset;
};

static const struct field claim_texts[] = {
    {"iss", offsetof(struct claims, api_key)},
    {"sub", offsetof(struct claims, identity)},
    {"name", offsetof(struct claims, name)},
    {"metadata", offsetof(struct claims, metadata)},
    {"sha256", offsetof(struct claims, sha256)},
    {"roomPreset", offsetof(struct claims, room_preset)},
};

static const struct field grant_texts[] = {
    {"room", offsetof(struct video_grant, room)},
    {"destinationRoom", offsetof(struct video_grant, destination_room)},
};

static const struct field grant_flags[] = {
    {"roomCreate", offsetof(struct video_grant, room_create)},
    {"roomList", offsetof(struct video_grant, room_list)},
    {"roomRecord", offsetof(struct video_grant, room_record)},
    {"roomAdmin", offsetof(struct video_grant, room_admin)},
    {"roomJoin", offsetof(struct video_grant, room_join)},
    {"ingressAdmin", offsetof(struct video_grant, ingress_admin)},
    {"hidden", offsetof(struct video_grant, hidden)},
    {"recorder", offsetof(struct video_grant, recorder)},
    {"agent", offsetof(struct video_grant, agent)},
};

static const struct field grant_tristates[] = {
    {"canPublish", offsetof(struct video_grant, can_publish)},
    {"canSubscribe", offsetof(struct video_grant, can_subscribe)},
    {"canPublishData", offsetof(struct video_grant, can_publish_data)},
    {"canUpdateOwnMetadata", offsetof(struct video_grant, can_update_own_metadata)},
    {"canSubscribeMetrics", offsetof(struct video_grant, can_subscribe_metrics)},
    {"canManageAgentSession", offsetof(struct video_grant, can_manage_agent_session)},
};

static const struct field times[] = {
    {"nbf", offsetof(struct claims, not_before)},
    {"exp", offsetof(struct claims, expires)},
    {"iat", offsetof(struct claims, issued_at)},
};

#define EACH(it, table)                                                                            \
    for (const struct field *it = (table); it < (table) + sizeof(table) / sizeof((table)[0]); it++)

/* A bit that no track has: a list of nothing but unknown names must not come to mean "all". */
#define UNKNOWN_SOURCE (1u << 31)

static const struct {
    const char *name;
    uint32_t bit;
} sources[] = {
    {"camera", GRANT_CAMERA},
    {"microphone", GRANT_MICROPHONE},
    {"screen_share", GRANT_SCREEN_SHARE},
    {"screen_share_audio", GRANT_SCREEN_SHARE_AUDIO},
    {"unknown", UNKNOWN_SOURCE},
};

static const struct {
    const char *name;
    enum claims_kind kind;
} kinds[] = {
    {"standard", CLAIMS_STANDARD}, {"ingress", CLAIMS_INGRESS}, {"egress", CLAIMS_EGRESS},
    {"sip", CLAIMS_SIP},           {"agent", CLAIMS_AGENT},     {"connector", CLAIMS_CONNECTOR},
    {"bridge", CLAIMS_BRIDGE},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* --- reading --- */

static bool absent(const json_t *v)
{
    return !v || json_is_null(v);
}

static bool read_text(const json_t *object, const char *name, char **out)
{
    const json_t *v = json_object_get(object, name);
    if (absent(v))
        return true;
    return json_is_string(v) && claims_set_text(out, json_string_value(v));
}

static bool read_time(const json_t *object, const char *name, int64_t *out)
{
    const json_t *v = json_object_get(object, name);
    if (absent(v))
        return true;
    if (!json_is_number(v))
        return false;
    double seconds = json_number_value(v);
    if (!(fabs(seconds) < 9e15))
        return false;
    *out = (int64_t)floor(seconds);
    return true;
}

static bool read_bool(const json_t *object, const char *name, bool *out)
{
    const json_t *v = json_object_get(object, name);
    if (absent(v))
        return true;
    *out = json_is_true(v);
    return json_is_boolean(v);
}

static bool read_tristate(const json_t *object, const char *name, enum tristate *out)
{
    const json_t *v = json_object_get(object, name);
    if (absent(v))
        return true;
    *out = json_is_true(v) ? TRISTATE_TRUE : TRISTATE_FALSE;
    return json_is_boolean(v);
}

/* A source of another name restricts all the same. */
static bool read_sources(const json_t *grant, uint32_t *out)
{
    const json_t *list = json_object_get(grant, "canPublishSources");
    size_t i;
    const json_t *v;
    if (absent(list))
        return true;
    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i, v)
    {
        const char *name = json_string_value(v);
        uint32_t bit = UNKNOWN_SOURCE;
        if (!name)
            return false;
        for (size_t k = 0; k < COUNT(sources); k++) {
            if (strcmp(name, sources[k].name) == 0)
                bit = sources[k].bit;
        }
        *out |= bit;
    }
    return true;
}

static bool read_grant(const json_t *payload, struct video_grant *g)
{
    const json_t *grant = json_object_get(payload, "video");
    bool ok = true;
    if (absent(grant))
        return true;
    if (!json_is_object(grant))
        return false;
    g->present = true;
    EACH(f, grant_texts)
    ok = ok && read_text(grant, f->name, (char **)((char *)g + f->offset));
    EACH(f, grant_flags)
    ok = ok && read_bool(grant, f->name, (bool *)((char *)g + f->offset));
    EACH(f, grant_tristates)
    ok = ok && read_tristate(grant, f->name, (enum tristate *)((char *)g + f->offset));
    return ok && read_sources(grant, &g->sources);
}

static bool read_attributes(const json_t *payload, struct claims *c)
{
    json_t *object = json_object_get(payload, "attributes");
    const char *key;
    json_t *v;
    if (absent(object))
        return true;
    if (!json_is_object(object))
        return false;
    json_object_foreach(object, key, v)
    {
        if (!json_is_string(v) || !claims_set_attribute(c, key, json_string_value(v)))
            return false;
    }
    return true;
}

static bool read_kind(const json_t *payload, struct claims *c)
{
    const json_t *v = json_object_get(payload, "kind");
    if (absent(v))
        return true;
    for (size_t i = 0; json_is_string(v) && i < COUNT(kinds); i++) {
        if (strcmp(json_string_value(v), kinds[i].name) == 0)
            c->kind = kinds[i].kind;
    }
    return json_is_string(v);
}

/* Keeps a subtree as text. */
static bool read_json(const json_t *payload, const char *name, json_type type, char **out)
{
    const json_t *v = json_object_get(payload, name);
    if (absent(v))
        return true;
    if (json_typeof(v) != type)
        return false;
    *out = json_dumps(v, JSON_COMPACT);
    return *out != NULL;
}

bool claims_from_json(const json_t *payload, struct claims *out)
{
    if (!claims_init(out))
        return false;
    bool ok = json_is_object(payload);
    EACH(f, claim_texts)
    ok = ok && read_text(payload, f->name, (char **)((char *)out + f->offset));
    EACH(f, times)
    ok = ok && read_time(payload, f->name, (int64_t *)((char *)out + f->offset));
    if (ok && !*out->identity)
        ok = read_text(payload, "jti", &out->identity);
    ok = ok && read_grant(payload, &out->video) && read_attributes(payload, out) &&
         read_kind(payload, out) &&
         read_json(payload, "roomConfig", JSON_OBJECT, &out->room_config) &&
         read_json(payload, "kindDetails", JSON_ARRAY, &out->kind_details);
    if (!ok)
        claims_free(out);
    return ok;
}

/* --- writing --- */

static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

static bool write_text(json_t *object, const char *name, const char *value)
{
    return !*value || set(object, name, json_string(value));
}

static bool write_sources(json_t *grant, uint32_t mask)
{
    if (mask == 0)
        return true;
    json_t *list = json_array();
    bool ok = true;
    for (size_t i = 0; i < COUNT(sources); i++) {
        if (mask & sources[i].bit)
            ok = ok && json_array_append_new(list, json_string(sources[i].name)) == 0;
    }
    return set(grant, "canPublishSources", list) && ok;
}

static bool write_grant(json_t *payload, const struct video_grant *g)
{
    bool ok = true;
    if (!g->present)
        return true;
    json_t *grant = json_object();
    EACH(f, grant_texts)
    ok = ok && write_text(grant, f->name, *(char *const *)((const char *)g + f->offset));
    EACH(f, grant_flags)
    {
        if (*(const bool *)((const char *)g + f->offset))
            ok = ok && set(grant, f->name, json_true());
    }
    EACH(f, grant_tristates)
    {
        enum tristate v = *(const enum tristate *)((const char *)g + f->offset);
        if (v != TRISTATE_UNSET)
            ok = ok && set(grant, f->name, json_boolean(v == TRISTATE_TRUE));
    }
    ok = write_sources(grant, g->sources) && ok;
    return set(payload, "video", grant) && ok;
}

static bool write_attributes(json_t *payload, const struct claims *c)
{
    bool ok = true;
    if (c->attribute_count == 0)
        return true;
    json_t *object = json_object();
    for (size_t i = 0; i < c->attribute_count; i++)
        ok = ok && set(object, c->attributes[i].key, json_string(c->attributes[i].value));
    return set(payload, "attributes", object) && ok;
}

static bool write_kind(json_t *payload, const struct claims *c)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (*c->identity && kinds[i].kind == c->kind)
            return set(payload, "kind", json_string(kinds[i].name));
    }
    return true;
}

static bool write_json(json_t *payload, const char *name, const char *text)
{
    return !text || set(payload, name, json_loads(text, 0, NULL));
}

json_t *claims_to_json(const struct claims *c)
{
    json_t *payload = json_object();
    bool ok = payload != NULL;
    EACH(f, claim_texts)
    ok = ok && write_text(payload, f->name, *(char *const *)((const char *)c + f->offset));
    EACH(f, times)
    {
        int64_t v = *(const int64_t *)((const char *)c + f->offset);
        if (v != 0)
            ok = ok && set(payload, f->name, json_integer(v));
    }
    ok = ok && write_text(payload, "identity", c->identity) && write_grant(payload, &c->video) &&
         write_attributes(payload, c) && write_kind(payload, c) &&
         write_json(payload, "roomConfig", c->room_config) &&
         write_json(payload, "kindDetails", c->kind_details);
    if (!ok) {
        json_decref(payload);
        return NULL;
    }
    return payload;
}
