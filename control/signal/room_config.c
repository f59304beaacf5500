/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/room_config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A member in either spelling of proto3 JSON. */
static const json_t *member(const json_t *o, const char *camel, const char *snake)
{
    const json_t *v = json_object_get(o, camel);
    return v ? v : json_object_get(o, snake);
}

static uint32_t number(const json_t *o, const char *camel, const char *snake)
{
    json_int_t v = json_integer_value(member(o, camel, snake));
    return v > 0 && v <= UINT32_MAX ? (uint32_t)v : 0;
}

void room_config_read(const char *json, struct room_settings *s, struct room_config_texts *texts)
{
    *s = (struct room_settings){0};
    json_t *o = json ? json_loads(json, 0, NULL) : NULL;
    if (!o)
        return;
    s->empty_timeout = number(o, "emptyTimeout", "empty_timeout");
    s->departure_timeout = number(o, "departureTimeout", "departure_timeout");
    s->max_participants = number(o, "maxParticipants", "max_participants");
    s->sync_streams = json_is_true(member(o, "syncStreams", "sync_streams"));
    const char *metadata = json_string_value(json_object_get(o, "metadata"));
    if (metadata)
        texts->metadata = strdup(metadata);
    s->metadata = texts->metadata;
    json_decref(o);
}

void room_config_free(struct room_config_texts *texts)
{
    free(texts->metadata);
    texts->metadata = NULL;
}
