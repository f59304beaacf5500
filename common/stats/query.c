/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/query.h"

#include <string.h>

static const char *const gets[] = {
    [QUERY_PROCESS] = "process",
    [QUERY_THREADS] = "threads",
    [QUERY_QUEUES] = "queues",
    [QUERY_POOLS] = "pools",
    [QUERY_ROOMS] = "rooms",
    [QUERY_ROOM] = "room",
    [QUERY_PARTICIPANT] = "participant",
    [QUERY_TRACK] = "track",
    [QUERY_ADDRESS] = "address",
    [QUERY_ALL] = "all",
    [QUERY_EVENTS] = "events",
};

static bool read_id(struct query *q, const json_t *v)
{
    if (!v)
        return true;
    if (json_is_integer(v)) {
        q->id = QUERY_ID_NUMBER;
        q->id_number = json_integer_value(v);
        return true;
    }
    size_t len = json_string_length(v);
    if (!json_is_string(v) || len > QUERY_ID_MAX)
        return false;
    q->id = QUERY_ID_TEXT;
    memcpy(q->id_text, json_string_value(v), len + 1);
    return true;
}

/* A name that is too long is none that anybody has; to ask for it is no mistake of form. */
static bool read_name(char to[static QUERY_NAME_MAX], const json_t *v)
{
    if (!v)
        return true;
    size_t len = json_string_length(v);
    if (!json_is_string(v) || len >= QUERY_NAME_MAX)
        return false;
    memcpy(to, json_string_value(v), len + 1);
    return true;
}

static bool read_interval(struct query *q, const json_t *v)
{
    json_int_t ms = json_integer_value(v);
    if (!v)
        return true;
    if (!json_is_integer(v) || ms < 0 || ms > (json_int_t)(QUERY_INTERVAL_MAX / USEC_PER_MS))
        return false;
    q->interval = (usec_t)ms * USEC_PER_MS;
    return ms == 0 || q->interval >= QUERY_INTERVAL_MIN;
}

static bool read_since(struct query *q, const json_t *v)
{
    if (!v)
        return true;
    q->has_since = true;
    q->since = (uint64_t)json_integer_value(v);
    return json_is_integer(v) && json_integer_value(v) >= 0;
}

static enum query_result read_get(struct query *q, const json_t *v)
{
    const char *name = json_string_value(v);
    if (!name)
        return QUERY_MALFORMED;
    for (size_t i = 0; i < sizeof(gets) / sizeof(gets[0]); i++) {
        if (strcmp(name, gets[i]) != 0)
            continue;
        q->get = (enum query_get)i;
        return QUERY_OK;
    }
    return QUERY_UNKNOWN;
}

static enum query_result read_all(struct query *q, const json_t *o)
{
    const json_t *v = json_object_get(o, "v");
    if (!json_is_object(o) || !read_id(q, json_object_get(o, "id")) || !json_is_integer(v))
        return QUERY_MALFORMED;
    if (json_integer_value(v) != QUERY_VERSION_SPOKEN)
        return QUERY_VERSION;
    if (!read_name(q->room, json_object_get(o, "room")) ||
        !read_name(q->participant, json_object_get(o, "participant")) ||
        !read_name(q->track, json_object_get(o, "track")) ||
        !read_interval(q, json_object_get(o, "subscribe_ms")) ||
        !read_since(q, json_object_get(o, "since")))
        return QUERY_MALFORMED;
    return read_get(q, json_object_get(o, "get"));
}

enum query_result query_parse(struct query *q, const char *line, size_t len)
{
    *q = (struct query){0};
    json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    enum query_result r = read_all(q, o);
    json_decref(o);
    return r;
}

const char *query_result_name(enum query_result r)
{
    static const char *const names[] = {"ok", "malformed", "version", "unknown"};
    return names[r];
}

void query_put_id(const struct query *q, json_t *line)
{
    if (q->id == QUERY_ID_NUMBER)
        json_object_set_new(line, "id", json_integer(q->id_number));
    else if (q->id == QUERY_ID_TEXT)
        json_object_set_new(line, "id", json_string(q->id_text));
}
