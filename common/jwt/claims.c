/* SPDX-License-Identifier: Apache-2.0 */
#include "common/jwt/claims.h"

#include <stdlib.h>
#include <string.h>

/* Every text that is never NULL. */
static char **text_at(struct claims *c, size_t i)
{
    char **texts[] = {&c->api_key, &c->identity,    &c->name,       &c->metadata,
                      &c->sha256,  &c->room_preset, &c->video.room, &c->video.destination_room};
    return i < sizeof(texts) / sizeof(texts[0]) ? texts[i] : NULL;
}

bool claims_init(struct claims *c)
{
    *c = (struct claims){0};
    for (size_t i = 0; text_at(c, i); i++) {
        *text_at(c, i) = strdup("");
        if (!*text_at(c, i)) {
            claims_free(c);
            return false;
        }
    }
    return true;
}

void claims_free(struct claims *c)
{
    for (size_t i = 0; text_at(c, i); i++)
        free(*text_at(c, i));
    free(c->room_config);
    free(c->kind_details);
    for (size_t i = 0; i < c->attribute_count; i++) {
        free(c->attributes[i].key);
        free(c->attributes[i].value);
    }
    free(c->attributes);
    *c = (struct claims){0};
}

static bool copy_optional(char **dst, const char *src)
{
    *dst = src ? strdup(src) : NULL;
    return *dst || !src;
}

bool claims_copy(struct claims *dst, const struct claims *src)
{
    struct claims *from = (struct claims *)src;
    *dst = *src;
    dst->attributes = NULL;
    dst->attribute_count = 0;
    dst->room_config = dst->kind_details = NULL;
    for (size_t i = 0; text_at(dst, i); i++)
        *text_at(dst, i) = NULL;
    bool ok = copy_optional(&dst->room_config, src->room_config) &&
              copy_optional(&dst->kind_details, src->kind_details);
    for (size_t i = 0; ok && text_at(dst, i); i++)
        ok = copy_optional(text_at(dst, i), *text_at(from, i));
    for (size_t i = 0; ok && i < src->attribute_count; i++)
        ok = claims_set_attribute(dst, src->attributes[i].key, src->attributes[i].value);
    if (!ok)
        claims_free(dst);
    return ok;
}

bool claims_set_text(char **field, const char *value)
{
    char *copy = strdup(value);
    if (!copy)
        return false;
    free(*field);
    *field = copy;
    return true;
}

static struct claims_attribute *find_attribute(const struct claims *c, const char *key)
{
    for (size_t i = 0; i < c->attribute_count; i++) {
        if (strcmp(c->attributes[i].key, key) == 0)
            return &c->attributes[i];
    }
    return NULL;
}

const char *claims_attribute(const struct claims *c, const char *key)
{
    const struct claims_attribute *a = find_attribute(c, key);
    return a ? a->value : NULL;
}

static void remove_attribute(struct claims *c, struct claims_attribute *a)
{
    free(a->key);
    free(a->value);
    *a = c->attributes[--c->attribute_count];
}

static bool add_attribute(struct claims *c, const char *key, const char *value)
{
    struct claims_attribute *grown =
        realloc(c->attributes, (c->attribute_count + 1) * sizeof(*grown));
    if (!grown)
        return false;
    c->attributes = grown;
    struct claims_attribute a = {.key = strdup(key), .value = strdup(value)};
    if (!a.key || !a.value) {
        free(a.key);
        free(a.value);
        return false;
    }
    c->attributes[c->attribute_count++] = a;
    return true;
}

bool claims_set_attribute(struct claims *c, const char *key, const char *value)
{
    struct claims_attribute *a = find_attribute(c, key);
    bool removes = !value || !*value;
    if (a && !removes)
        return claims_set_text(&a->value, value);
    if (a)
        remove_attribute(c, a);
    return removes || add_attribute(c, key, value);
}

bool grant_can_publish(const struct video_grant *g)
{
    return g->can_publish != TRISTATE_FALSE;
}

bool grant_can_publish_source(const struct video_grant *g, unsigned track_source)
{
    if (!grant_can_publish(g))
        return false;
    return g->sources == 0 || (track_source < 32 && (g->sources & 1u << track_source) != 0);
}

bool grant_can_subscribe(const struct video_grant *g)
{
    return g->can_subscribe != TRISTATE_FALSE;
}

bool grant_can_publish_data(const struct video_grant *g)
{
    return g->can_publish_data == TRISTATE_UNSET ? grant_can_publish(g)
                                                 : g->can_publish_data == TRISTATE_TRUE;
}

bool grant_can_update_own_metadata(const struct video_grant *g)
{
    return g->can_update_own_metadata == TRISTATE_TRUE;
}

bool grant_can_subscribe_metrics(const struct video_grant *g)
{
    return g->can_subscribe_metrics == TRISTATE_TRUE;
}
