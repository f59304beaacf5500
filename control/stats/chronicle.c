/* SPDX-License-Identifier: Apache-2.0 */
#include "control/stats/chronicle.h"

#include "common/stats/line.h"

#include <string.h>

void chronicle_free(struct chronicle *c)
{
    for (size_t i = 0; i < CHRONICLE_EVENTS; i++)
        json_decref(c->entry[i].line);
    *c = (struct chronicle){0};
}

/* The line of a new event, which stays the chronicle's. */
static json_t *add(struct chronicle *c, const char *kind)
{
    struct chronicle_entry *e = &c->entry[++c->newest % CHRONICLE_EVENTS];
    json_decref(e->line);
    e->line = line_new("event");
    line_text(e->line, "source", "control");
    line_count(e->line, "seq", c->newest);
    line_count(e->line, "unix_us", clock_realtime());
    line_text(e->line, "event", kind);
    return e->line;
}

void chronicle_note(struct chronicle *c, const char *kind, const char *text)
{
    line_name(add(c, kind), "text", text);
}

static const char *kind_of(enum room_event e)
{
    switch (e) {
    case ROOM_STARTED:
        return "room_started";
    case ROOM_FINISHED:
        return "room_finished";
    case PARTICIPANT_JOINED:
        return "participant_joined";
    case PARTICIPANT_LEFT:
        return "participant_left";
    case PARTICIPANT_ABORTED:
        return "participant_aborted";
    case TRACK_PUBLISHED:
        return "track_published";
    case TRACK_UNPUBLISHED:
        return "track_unpublished";
    }
    return "unknown";
}

static const char *reason_name(Livekit__DisconnectReason reason)
{
    const ProtobufCEnumValue *v =
        protobuf_c_enum_descriptor_get_value(&livekit__disconnect_reason__descriptor, (int)reason);
    return v ? v->name : "UNKNOWN_REASON";
}

void chronicle_room_event(struct chronicle *c, enum room_event e, const struct room *r,
                          const struct participant *p, const struct publication *t)
{
    json_t *o = add(c, kind_of(e));
    line_text(o, "room", r->name);
    line_text(o, "room_sid", r->sid);
    if (p) {
        line_text(o, "participant", p->sid);
        line_text(o, "identity", p->claims.identity);
    }
    if (t) {
        line_text(o, "track", t->sid);
        line_text(o, "text", t->info->type == LIVEKIT__TRACK_TYPE__VIDEO ? "video" : "audio");
    }
    if (p && (e == PARTICIPANT_LEFT || e == PARTICIPANT_ABORTED))
        line_text(o, "text", reason_name(p->disconnect_reason));
}

static bool is(const json_t *line, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text && strcmp(text, value) == 0;
}

static bool selected(const struct query *q, const json_t *line)
{
    return (!*q->room || is(line, "room", q->room)) &&
           (!*q->participant || is(line, "identity", q->participant) ||
            is(line, "participant", q->participant));
}

json_t *chronicle_next(const struct chronicle *c, const struct query *q, uint64_t *after)
{
    if (c->newest > CHRONICLE_EVENTS && *after < c->newest - CHRONICLE_EVENTS)
        *after = c->newest - CHRONICLE_EVENTS;
    while (*after < c->newest) {
        json_t *line = c->entry[++*after % CHRONICLE_EVENTS].line;
        if (line && selected(q, line))
            return json_incref(line);
    }
    return NULL;
}
