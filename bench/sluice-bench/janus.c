/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/janus.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define KEEPALIVE_INTERVAL (20 * USEC_PER_SEC)
#define FEED               1 /* the publisher's number in its room */

enum step { STEP_SESSION, STEP_HANDLE, STEP_ROOM, STEP_JOINED };

struct janus {
    struct signal *signal;
    janus_event_fn *event;
    void *user;
    json_int_t room, session, handle;
    bool publishes;
    enum step step;
};

/* --- requests --- */

/* Completes and sends a request; takes `o`. */
static void request(struct janus *j, json_t *o)
{
    json_object_set_new(o, "transaction", json_string("bench"));
    if (j->session)
        json_object_set_new(o, "session_id", json_integer(j->session));
    if (j->handle)
        json_object_set_new(o, "handle_id", json_integer(j->handle));
    char *text = json_dumps(o, JSON_COMPACT);
    if (text)
        signal_write(j->signal, (const uint8_t *)text, strlen(text));
    free(text);
    json_decref(o);
}

/* A message to the plugin, with a description or NULL; takes `body`. */
static void message(struct janus *j, json_t *body, const char *type, const char *sdp)
{
    json_t *o = json_pack("{s:s, s:o}", "janus", "message", "body", body);
    if (sdp)
        json_object_set_new(o, "jsep", json_pack("{s:s, s:s}", "type", type, "sdp", sdp));
    request(j, o);
}

static void ask_room(struct janus *j)
{
    message(j,
            json_pack("{s:s, s:I, s:i, s:s, s:s, s:i, s:b}", "request", "create", "room", j->room,
                      "publishers", 100, "audiocodec", "opus", "videocodec", "vp8", "bitrate", 0,
                      "notify_joining", 0),
            NULL, NULL);
}

static void ask_join(struct janus *j)
{
    if (j->publishes)
        message(j,
                json_pack("{s:s, s:s, s:I, s:i}", "request", "join", "ptype", "publisher", "room",
                          j->room, "id", FEED),
                NULL, NULL);
    else
        message(j,
                json_pack("{s:s, s:s, s:I, s:[{s:i}]}", "request", "join", "ptype", "subscriber",
                          "room", j->room, "streams", "feed", FEED),
                NULL, NULL);
}

void janus_publish(struct signal *g, const char *offer)
{
    message(signal_self(g), json_pack("{s:s}", "request", "publish"), "offer", offer);
}

void janus_start(struct signal *g, const char *answer)
{
    message(signal_self(g), json_pack("{s:s}", "request", "start"), "answer", answer);
}

static void on_ping(void *self)
{
    request(self, json_pack("{s:s}", "janus", "keepalive"));
}

static void on_leave(void *self)
{
    struct janus *j = self;
    j->handle = 0;
    request(j, json_pack("{s:s}", "janus", "destroy"));
}

/* --- what comes back --- */

static json_int_t id_of(const json_t *o)
{
    return json_integer_value(json_object_get(json_object_get(o, "data"), "id"));
}

static void on_success(struct janus *j, const json_t *o)
{
    switch (j->step) {
    case STEP_SESSION:
        j->session = id_of(o);
        j->step = STEP_HANDLE;
        request(j, json_pack("{s:s, s:s}", "janus", "attach", "plugin", "janus.plugin.videoroom"));
        break;
    case STEP_HANDLE:
        j->handle = id_of(o);
        j->step = j->publishes ? STEP_ROOM : STEP_JOINED;
        if (j->publishes)
            ask_room(j);
        else
            ask_join(j);
        break;
    case STEP_ROOM: /* or there was one already */
        j->step = STEP_JOINED;
        ask_join(j);
        break;
    case STEP_JOINED:
        break;
    }
}

static void on_event(struct janus *j, const json_t *o)
{
    const json_t *data = json_object_get(json_object_get(o, "plugindata"), "data");
    const json_t *jsep = json_object_get(o, "jsep");
    const char *what = json_string_value(json_object_get(data, "videoroom"));
    const char *sdp = json_string_value(json_object_get(jsep, "sdp"));
    const char *error = json_string_value(json_object_get(data, "error"));
    if (error)
        j->event(j->user, JANUS_ERROR, error);
    else if (sdp)
        j->event(j->user, j->publishes ? JANUS_ANSWER : JANUS_OFFER, sdp);
    else if (what && strcmp(what, "joined") == 0)
        j->event(j->user, JANUS_JOINED, NULL);
}

static void on_message(void *self, const uint8_t *data, size_t len)
{
    struct janus *j = self;
    json_t *o = json_loadb((const char *)data, len, 0, NULL);
    const char *kind = json_string_value(json_object_get(o, "janus"));
    if (kind && strcmp(kind, "success") == 0)
        on_success(j, o);
    else if (kind && strcmp(kind, "event") == 0)
        on_event(j, o);
    else if (kind && (strcmp(kind, "error") == 0 || strcmp(kind, "hangup") == 0))
        j->event(j->user, JANUS_ERROR, kind);
    json_decref(o);
}

/* --- life --- */

static const struct signal_dialect dialect = {
    .protocol = "janus-protocol",
    .ping_interval = KEEPALIVE_INTERVAL,
    .message = on_message,
    .ping = on_ping,
    .leave = on_leave,
    .destroy = free,
};

/* Rooms have numbers: FNV-1a of the name, in 31 bits. */
static json_int_t number_of(const char *room)
{
    uint32_t hash = 2166136261u;
    for (; *room; room++)
        hash = (hash ^ (uint8_t)*room) * 16777619u;
    return hash & 0x7fffffff;
}

struct signal *janus_open(const struct settings *s, const char *room, bool publishes,
                          janus_event_fn *event, void *user)
{
    struct janus *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    *j = (struct janus){
        .event = event, .user = user, .room = number_of(room), .publishes = publishes};
    struct signal *g = signal_open(&dialect, j, s->host, s->port, s->path[0] ? s->path : "/");
    if (!g)
        return NULL;
    j->signal = g;
    request(j, json_pack("{s:s}", "janus", "create"));
    return g;
}
