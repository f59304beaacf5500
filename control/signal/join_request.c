/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/join_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/signal/join_decode.h"
#include "control/signal/join_query.h"

#define ANSWER(code, words) ((struct join_answer){.status = (code), .text = (words)})
#define GO_ON               ((struct join_answer){0})

static const char no_permissions[] = "no permissions to access the room";

void join_params_free(struct join_params *p)
{
    free(p->room);
    free(p->identity);
    free(p->publish);
    free(p->metadata);
    join_free_attributes(p->attributes, p->attribute_count);
    if (p->request)
        livekit__join_request__free_unpacked(p->request, NULL);
    *p = (struct join_params){0};
}

static struct join_answer out_of_memory(void)
{
    return ANSWER(500, "out of memory");
}

/* --- the steps, in the order of their numbers in LiveKit --- */

static struct join_answer read_request(const struct join_question *q, struct join_params *out)
{
    size_t length;
    char *text = join_query_field(q, "join_request", &length);
    if (!text || length == 0) {
        free(text);
        join_read_fields(q, out);
        return q->v1 ? ANSWER(400, "join_request is required") : GO_ON;
    }
    const char *refusal = join_decode_request(text, length, &out->request);
    free(text);
    if (refusal)
        return ANSWER(400, refusal);
    out->single_pc = true;
    return join_read_request(out->request, out) ? GO_ON : out_of_memory();
}

static bool too_long(const char *text, uint32_t max)
{
    return max > 0 && strlen(text) > max;
}

static struct join_answer check_names(const struct claims *c, const struct join_limits *limits)
{
    static _Thread_local char text[96];
    if (!c->video.room_join)
        return ANSWER(401, "permissions denied");
    if (!*c->identity)
        return ANSWER(400, "identity cannot be empty");
    if (too_long(c->identity, limits->max_identity)) {
        snprintf(text, sizeof(text), "participant identity length exceeds limits: max length %u",
                 limits->max_identity);
        return ANSWER(400, text);
    }
    if (!*c->video.room)
        return ANSWER(400, "no room name");
    if (too_long(c->video.room, limits->max_room_name)) {
        snprintf(text, sizeof(text), "room name length exceeds limits: max length %u",
                 limits->max_room_name);
        return ANSWER(400, text);
    }
    return GO_ON;
}

static bool copy_names(const struct join_question *q, struct join_params *out)
{
    const struct claims *c = q->claims;
    size_t length;
    out->room = strdup(c->video.room);
    out->publish = join_query_field(q, "publish", &length);
    if (!out->publish)
        out->publish = strdup("");
    if (!out->publish)
        return false;
    if (asprintf(&out->identity, "%s%s%s", c->identity, *out->publish ? "#" : "", out->publish) < 0)
        out->identity = NULL;
    return out->room && out->identity;
}

static struct join_answer check_room(const struct claims *c, const struct join_limits *limits)
{
    if (!limits->auto_create && !c->video.room_create &&
        !(limits->room_exists && limits->room_exists(limits->room_arg, c->video.room)))
        return ANSWER(404, "requested room does not exist");
    if (limits->overloaded)
        return ANSWER(503, "node has exceeded its configured limit");
    return GO_ON;
}

static struct join_answer read_own_attributes(const struct join_question *q,
                                              struct join_params *out)
{
    size_t length;
    char *text = out->single_pc ? NULL : join_query_field(q, "attributes", &length);
    bool ok = !text || length == 0 ||
              join_decode_attributes(text, length, &out->attributes, &out->attribute_count);
    free(text);
    return ok || !q->validate ? GO_ON : ANSWER(400, "cannot decode attributes");
}

static struct join_answer check_own_metadata(const struct claims *c, const struct join_params *out)
{
    bool given = *out->metadata || out->attribute_count > 0;
    return given && !grant_can_update_own_metadata(&c->video) ? ANSWER(401, no_permissions) : GO_ON;
}

static struct join_answer decide(const struct join_question *q, const struct join_limits *limits,
                                 struct join_params *out)
{
    const struct claims *c = q->claims;
    if (!c || !c->video.present)
        return ANSWER(401, no_permissions);
    out->metadata = strdup("");
    if (!out->metadata)
        return out_of_memory();
    struct join_answer a = read_request(q, out);
    if (a.status == 0)
        a = check_names(c, limits);
    if (a.status == 0 && !copy_names(q, out))
        a = out_of_memory();
    if (a.status == 0 && *out->publish && !grant_can_publish(&c->video))
        a = ANSWER(401, no_permissions);
    if (a.status == 0)
        a = check_room(c, limits);
    if (a.status == 0)
        a = read_own_attributes(q, out);
    if (a.status == 0)
        a = check_own_metadata(c, out);
    return a.status == 0 ? ANSWER(200, "success") : a;
}

struct join_answer join_decide(const struct join_question *q, const struct join_limits *limits,
                               struct join_params *out)
{
    *out = (struct join_params){0};
    struct join_answer a = decide(q, limits, out);
    if (a.status == 200)
        join_complete_client(q, &out->client);
    else
        join_params_free(out);
    return a;
}
