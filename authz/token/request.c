/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/token/request.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BAD_JSON(name, text) static const struct refusal name = {400, "M_BAD_JSON", text}

static const struct refusal not_json = {400, "M_NOT_JSON", "Error reading request"};
BAD_JSON(no_room, "Missing room parameter");
BAD_JSON(no_openid, "Missing OpenID token parameters");
BAD_JSON(no_slot, "The request body is missing `room_id` or `slot_id`");
BAD_JSON(no_member,
         "The request body `member` is missing a `id`, `claimed_user_id` or `claimed_device_id`");
BAD_JSON(no_member_delegate,
         "The request body `member` is missing `id`, `claimed_user_id` or `claimed_device_id`");
BAD_JSON(no_token,
         "The request body `openid_token` is missing a `access_token` or `matrix_server_name`");
BAD_JSON(no_token_delegate,
         "The request body `openid_token` is missing `access_token` or `matrix_server_name`");
BAD_JSON(no_delay, "The request body is missing `delay_id` or `delay_timeout`");
BAD_JSON(too_long, "A field of the request body is too long");

enum reading { READ_OK, READ_WRONG_TYPE, READ_TOO_LONG };

/* The member of that name, or the first that differs only in case. NULL for null. */
static json_t *member(json_t *object, const char *name)
{
    json_t *found = json_object_get(object, name), *value;
    const char *key;
    if (!found) {
        json_object_foreach(object, key, value)
        {
            if (!found && strcasecmp(key, name) == 0)
                found = value;
        }
    }
    return json_is_null(found) ? NULL : found;
}

static enum reading read_text(json_t *object, const char *name, char *out, size_t size)
{
    const json_t *v = member(object, name);
    if (!v)
        return READ_OK;
    if (!json_is_string(v))
        return READ_WRONG_TYPE;
    if (json_string_length(v) >= size)
        return READ_TOO_LONG;
    memcpy(out, json_string_value(v), json_string_length(v) + 1);
    return READ_OK;
}

/* An object, or an empty one in its place. False if it is something else. */
static bool read_object(json_t *object, const char *name, json_t **out)
{
    *out = member(object, name);
    return !*out || json_is_object(*out);
}

static enum reading read_timeout(json_t *object, int64_t *out)
{
    const json_t *v = member(object, "delay_timeout");
    if (!v)
        return READ_OK;
    if (json_is_integer(v)) {
        *out = json_integer_value(v);
    } else if (json_is_string(v)) {
        char *end;
        errno = 0;
        *out = strtoll(json_string_value(v), &end, 10);
        if (errno != 0 || *end || end == json_string_value(v))
            return READ_WRONG_TYPE;
    } else {
        return READ_WRONG_TYPE;
    }
    if (*out > DELAY_TIMEOUT_MAX)
        *out = DELAY_TIMEOUT_MAX;
    return READ_OK;
}

static enum reading read_identity(json_t *root, struct token_request *q)
{
    json_t *m = NULL;
    enum reading r;
    if (q->endpoint == ENDPOINT_SFU_GET) {
        memcpy(q->slot_id, SLOT_LEGACY, sizeof(SLOT_LEGACY));
        r = read_text(root, "room", q->room_id, sizeof(q->room_id));
        return r ? r : read_text(root, "device_id", q->device_id, sizeof(q->device_id));
    }
    if (!read_object(root, "member", &m))
        return READ_WRONG_TYPE;
    if ((r = read_text(root, "room_id", q->room_id, sizeof(q->room_id))) ||
        (r = read_text(root, "slot_id", q->slot_id, sizeof(q->slot_id))) ||
        (r = read_text(m, "id", q->member_id, sizeof(q->member_id))) ||
        (r = read_text(m, "claimed_user_id", q->claimed_user_id, sizeof(q->claimed_user_id))))
        return r;
    return read_text(m, "claimed_device_id", q->device_id, sizeof(q->device_id));
}

static enum reading read_fields(json_t *root, struct token_request *q)
{
    json_t *openid = NULL;
    enum reading r;
    if (!json_is_object(root) || !read_object(root, "openid_token", &openid))
        return READ_WRONG_TYPE;
    if ((r = read_identity(root, q)) ||
        (r = read_text(openid, "access_token", q->access_token, sizeof(q->access_token))) ||
        (r = read_text(openid, "matrix_server_name", q->server_name, sizeof(q->server_name))) ||
        (r = read_text(root, "delay_id", q->delay_id, sizeof(q->delay_id))))
        return r;
    return read_timeout(root, &q->delay_timeout);
}

static const struct refusal *check_delay(const struct token_request *q)
{
    bool id = *q->delay_id != 0, timeout = q->delay_timeout > 0;
    bool both = id && timeout, neither = !id && !timeout;
    return both || (neither && q->endpoint != ENDPOINT_DELEGATE) ? NULL : &no_delay;
}

static const struct refusal *check(const struct token_request *q)
{
    bool legacy = q->endpoint == ENDPOINT_SFU_GET, delegate = q->endpoint == ENDPOINT_DELEGATE;
    if (!*q->room_id || !*q->slot_id)
        return legacy ? &no_room : &no_slot;
    if (!legacy && (!*q->member_id || !*q->claimed_user_id || !*q->device_id))
        return delegate ? &no_member_delegate : &no_member;
    if (!*q->access_token || !*q->server_name)
        return legacy ? &no_openid : delegate ? &no_token_delegate : &no_token;
    return check_delay(q);
}

const struct refusal *token_request_read(enum endpoint endpoint, const char *body, size_t length,
                                         struct token_request *out)
{
    *out = (struct token_request){.endpoint = endpoint};
    json_t *root = json_loadb(body, length, JSON_DISABLE_EOF_CHECK, NULL);
    enum reading r = read_fields(root, out);
    json_decref(root);
    if (r == READ_WRONG_TYPE)
        return &not_json;
    return r == READ_TOO_LONG ? &too_long : check(out);
}
