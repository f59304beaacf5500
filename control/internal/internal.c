/* SPDX-License-Identifier: Apache-2.0 */
#include "control/internal/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "control/internal/feed.h"

#define WAIT          (25 * USEC_PER_SEC)
#define ANSWER_MS     60000
#define BODY_MAX      65536
#define BACKLOG       64
#define TIMEOUT_S_MAX 86400

/* A listener that waits for something to hear. */
struct waiting {
    struct internal *internal;
    struct waiting *next, *prev;
    struct http_request *request;
    struct loop_timer timer;
    uint64_t after;
    char epoch[FEED_EPOCH_SIZE];
};

struct internal {
    struct internal_config config;
    struct loop *loop;
    struct http_server *http;
    struct waiting *waiting;
    struct feed feed;
};

static void answer(struct http_request *r, int status, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (text)
        http_respond(r, status, "application/json", text, strlen(text));
    else
        http_respond(r, 500, NULL, NULL, 0);
    free(text);
}

/* --- events --- */

static void waiting_free(struct waiting *w)
{
    struct internal *i = w->internal;
    *(w->prev ? &w->prev->next : &i->waiting) = w->next;
    if (w->next)
        w->next->prev = w->prev;
    loop_timer_cancel(i->loop, &w->timer);
    free(w);
}

static void tell(struct waiting *w)
{
    struct http_request *r = w->request;
    json_t *body = feed_since(&w->internal->feed, w->epoch, w->after);
    waiting_free(w);
    answer(r, 200, body);
}

static void on_wait_over(void *arg, usec_t now)
{
    (void)now;
    tell(arg);
}

static void on_gone(void *arg)
{
    waiting_free(arg);
}

static void wait_for_events(struct internal *i, struct http_request *r, const char *epoch,
                            uint64_t after)
{
    struct waiting *w = calloc(1, sizeof(*w));
    if (!w) {
        answer(r, 500, NULL);
        return;
    }
    *w = (struct waiting){.internal = i, .request = r, .after = after, .next = i->waiting};
    snprintf(w->epoch, sizeof(w->epoch), "%s", epoch);
    w->timer = (struct loop_timer){.fire = on_wait_over, .arg = w};
    if (w->next)
        w->next->prev = w;
    i->waiting = w;
    loop_timer_after(i->loop, &w->timer, WAIT);
    http_on_gone(r, on_gone, w);
}

static void on_events(struct http_request *r, void *arg)
{
    struct internal *i = arg;
    const char *epoch = http_query(r, "epoch").at, *number = http_query(r, "after").at;
    uint64_t after = number ? strtoull(number, NULL, 10) : 0;
    if (!epoch)
        epoch = "";
    if (feed_has(&i->feed, epoch, after))
        answer(r, 200, feed_since(&i->feed, epoch, after));
    else
        wait_for_events(i, r, epoch, after);
}

static const char *reason_name(Livekit__DisconnectReason reason)
{
    const ProtobufCEnumValue *v =
        protobuf_c_enum_descriptor_get_value(&livekit__disconnect_reason__descriptor, (int)reason);
    return v ? v->name : "UNKNOWN_REASON";
}

void internal_event(struct internal *i, enum room_event e, const struct room *r,
                    const struct participant *p)
{
    const char *kind = e == PARTICIPANT_JOINED    ? "joined"
                       : e == PARTICIPANT_LEFT    ? "left"
                       : e == PARTICIPANT_ABORTED ? "aborted"
                                                  : NULL;
    if (!kind || !p)
        return;
    feed_add(&i->feed, kind, e == PARTICIPANT_JOINED ? "" : reason_name(p->disconnect_reason),
             r->name, p->claims.identity);
    for (struct waiting *w = i->waiting, *next; w; w = next) {
        next = w->next;
        tell(w);
    }
}

/* --- rooms and participants --- */

static bool ready(struct internal *i, struct http_request *r)
{
    if (i->config.rooms->media.up)
        return true;
    answer(r, 503, json_pack("{s:s}", "error", "the dataplane is not there"));
    return false;
}

static uint32_t seconds(const json_t *body, const char *name)
{
    json_int_t v = json_integer_value(json_object_get(body, name));
    return v > 0 && v <= TIMEOUT_S_MAX ? (uint32_t)v : 0;
}

static void on_create_room(struct http_request *r, void *arg)
{
    struct internal *i = arg;
    struct http_text text = http_body(r);
    json_t *body = json_loadb(text.at ? text.at : "", text.length, 0, NULL);
    const char *name = json_string_value(json_object_get(body, "name"));
    const struct room_settings s = {.empty_timeout = seconds(body, "empty_timeout"),
                                    .departure_timeout = seconds(body, "departure_timeout")};
    if (!name || !*name || strlen(name) > 255) {
        answer(r, 400, json_pack("{s:s}", "error", "no name"));
    } else if (ready(i, r)) {
        usec_t now = clock_monotonic();
        struct room *room = rooms_open(i->config.rooms, name, &s, now);
        if (room)
            room_update_settings(room, &s, now);
        answer(r, room ? 200 : 503, json_object());
        i->config.touched(i->config.arg);
    }
    json_decref(body);
}

static void on_participant(struct http_request *r, void *arg)
{
    struct internal *i = arg;
    const char *name = http_query(r, "room").at, *identity = http_query(r, "identity").at;
    if (!name || !identity) {
        answer(r, 400, json_pack("{s:s}", "error", "no room or identity"));
        return;
    }
    if (!ready(i, r))
        return;
    const struct room *room = rooms_find(i->config.rooms, name);
    const struct participant *p = room ? room_participant(room, identity) : NULL;
    answer(r, 200, json_pack("{s:b}", "present", p && !p->closing));
}

/* --- the socket --- */

static int open_socket(const char *run_dir)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int n = snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/control.sock", run_dir);
    if (n < 0 || (size_t)n >= sizeof(sa.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(sa.sun_path);
    mode_t before = umask(0117);
    bool ok =
        fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 && listen(fd, BACKLOG) == 0;
    umask(before);
    if (!ok && fd >= 0)
        close(fd);
    return ok ? fd : -1;
}

static bool listen_at(struct internal *i)
{
    int fd = open_socket(i->config.run_dir);
    if (fd >= 0 && http_server_listen_fd(i->http, fd) == 0)
        return true;
    log_error("internal", "cannot listen socket=%s/control.sock error=\"%s\"", i->config.run_dir,
              strerror(errno));
    if (fd >= 0)
        close(fd);
    return false;
}

struct internal *internal_create(struct loop *l, const struct internal_config *c)
{
    const struct http_config http = {.body_max = BODY_MAX, .answer_timeout_ms = ANSWER_MS};
    struct internal *i = calloc(1, sizeof(*i));
    if (!i)
        return NULL;
    i->config = *c;
    i->loop = l;
    feed_init(&i->feed);
    i->http = http_server_create(l, &http);
    if (i->http &&
        http_route(i->http, "POST", "/internal/create_room", HTTP_EXACT, on_create_room, i) &&
        http_route(i->http, "GET", "/internal/participant", HTTP_EXACT, on_participant, i) &&
        http_route(i->http, "GET", "/internal/events", HTTP_EXACT, on_events, i) && listen_at(i))
        return i;
    internal_destroy(i);
    return NULL;
}

struct http_server *internal_server(struct internal *i)
{
    return i->http;
}

void internal_destroy(struct internal *i)
{
    if (!i)
        return;
    if (i->http)
        http_server_destroy(i->http);
    feed_free(&i->feed);
    free(i);
}
