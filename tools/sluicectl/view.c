/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/view.h"

#include <string.h>

#include "tools/sluicectl/stats_socket.h"

/* --- asking --- */

static json_t *ask(const struct invocation *v, const char *socket, const char *get,
                   const char *room, const char *participant, char reason[STATS_SOCKET_REASON])
{
    struct stats_answer a;
    if (!stats_socket_ask(v->run_dir, socket, get, room, participant, &a)) {
        snprintf(reason, STATS_SOCKET_REASON, "%s", a.reason);
        return NULL;
    }
    json_t *lines = json_incref(a.lines);
    stats_answer_free(&a);
    return lines;
}

enum status view_load(const struct invocation *v, const char *get, const char *room,
                      const char *participant, struct view *view)
{
    char media[STATS_SOCKET_REASON], signalling[STATS_SOCKET_REASON];
    view->media = ask(v, STATS_DATAPLANE, get, room, participant, media);
    view->signalling = ask(v, STATS_CONTROL, get, room, participant, signalling);
    if (!view->media && !view->signalling) {
        fprintf(stderr,
                "sluicectl: nobody answers in %s: sluice-dataplane: %s; sluice-control: %s\n",
                v->run_dir, media, signalling);
        return STATUS_NO_ANSWER;
    }
    if (!view->media && !v->json)
        fprintf(stderr, "sluicectl: without sluice-dataplane: %s\n", media);
    if (!view->signalling && !v->json)
        fprintf(stderr, "sluicectl: without sluice-control: %s\n", signalling);
    if (!room || json_array_size(view->media) > 0 || json_array_size(view->signalling) > 0)
        return STATUS_OK;
    if (participant)
        fprintf(stderr, "sluicectl: there is no participant \"%s\" in room \"%s\"\n", participant,
                room);
    else
        fprintf(stderr, "sluicectl: there is no room \"%s\"\n", room);
    view_free(view);
    return STATUS_NOT_FOUND;
}

void view_free(struct view *view)
{
    json_decref(view->media);
    json_decref(view->signalling);
    *view = (struct view){0};
}

json_t *view_root(const struct view *view)
{
    return json_pack("{sb sb}", "dataplane", view->media != NULL, "control",
                     view->signalling != NULL);
}

/* --- putting together --- */

static const char *text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static bool is_kind(const json_t *line, const char *kind)
{
    const char *k = text(line, "kind");
    return k && strcmp(k, kind) == 0;
}

/* The member that names an object of a kind. */
static const char *key_of(const char *kind)
{
    return strcmp(kind, "room") == 0 ? "room_sid" : kind;
}

static json_t *object_of(const char *key, const json_t *sid, json_t *media, json_t *signalling)
{
    json_t *o = json_object();
    json_object_set(o, key, (json_t *)sid);
    json_object_set_new(o, "media", media ? json_incref(media) : json_null());
    json_object_set_new(o, "signalling", signalling ? json_incref(signalling) : json_null());
    return o;
}

static void add_subscriptions(json_t *out, const json_t *lines)
{
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        if (is_kind(line, "subscription"))
            json_array_append(out, line);
    }
}

json_t *view_objects(const struct view *view, const char *kind)
{
    const char *key = key_of(kind);
    json_t *out = json_array(), *by_sid = json_object(), *line;
    size_t i;
    if (strcmp(kind, "subscription") == 0) {
        add_subscriptions(out, view->media);
        json_decref(by_sid);
        return out;
    }
    json_array_foreach(view->media, i, line)
    {
        if (!is_kind(line, kind) || !text(line, key))
            continue;
        json_t *o = object_of(key, json_object_get(line, key), line, NULL);
        json_object_set(by_sid, text(line, key), o);
        json_array_append_new(out, o);
    }
    json_array_foreach(view->signalling, i, line)
    {
        if (!is_kind(line, kind) || !text(line, key))
            continue;
        json_t *o = json_object_get(by_sid, text(line, key));
        if (o)
            json_object_set(o, "signalling", line);
        else
            json_array_append_new(out, object_of(key, json_object_get(line, key), NULL, line));
    }
    json_decref(by_sid);
    return out;
}

/* --- reading --- */

const json_t *view_field(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(json_object_get(object, "media"), name);
    return v && !json_is_null(v) ? v : json_object_get(json_object_get(object, "signalling"), name);
}

const char *view_text(const json_t *object, const char *name)
{
    return json_string_value(view_field(object, name));
}

double view_number(const json_t *object, const char *name)
{
    return json_number_value(view_field(object, name));
}

double view_flow(const json_t *object, const char *direction, const char *name)
{
    const json_t *flow = json_object_get(json_object_get(object, "media"), direction);
    return json_number_value(json_object_get(flow, name));
}
