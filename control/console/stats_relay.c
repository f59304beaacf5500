/* SPDX-License-Identifier: Apache-2.0 */
#include "control/console/stats_relay.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/jwt/claims.h"

#define PATIENCE (5 * USEC_PER_SEC)
#define CHUNK    (64u << 10)

struct stats_relay {
    struct loop *loop;
    char run_dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
    unsigned asking;
};

/* One request on its way. */
struct question {
    struct stats_relay *relay;
    struct http_request *request;
    struct loop_watch watch;
    struct loop_timer timer;
    char *answer;
    size_t length, room;
};

static void question_free(struct question *q)
{
    loop_timer_cancel(q->relay->loop, &q->timer);
    loop_unwatch(q->relay->loop, &q->watch);
    if (q->watch.fd >= 0)
        close(q->watch.fd);
    q->relay->asking--;
    free(q->answer);
    free(q);
}

static void on_gone(void *arg)
{
    question_free(arg);
}

static void fail(struct question *q, int status, const char *text)
{
    struct http_request *r = q->request;
    question_free(q);
    http_respond_text(r, status, text);
}

static void on_late(void *arg, usec_t now)
{
    (void)now;
    fail(arg, 504, "the stats socket took too long");
}

static void finish(struct question *q)
{
    struct http_request *r = q->request;
    char *answer = q->answer;
    size_t length = q->length;
    q->answer = NULL;
    question_free(q);
    http_add_header(r, "cache-control", "no-store");
    http_respond(r, 200, "application/x-ndjson", answer, length);
    free(answer);
}

static bool make_room(struct question *q)
{
    if (q->room - q->length >= CHUNK)
        return true;
    size_t room = q->room ? q->room * 2 : 2 * (size_t)CHUNK;
    char *p = room <= STATS_RELAY_ANSWER_MAX ? realloc(q->answer, room) : NULL;
    if (!p)
        return false;
    q->answer = p;
    q->room = room;
    return true;
}

/* The socket closes after its one answer, as nothing more can be asked. */
static void on_ready(void *arg, unsigned events)
{
    struct question *q = arg;
    (void)events;
    if (!make_room(q)) {
        fail(q, 502, "the answer of the stats socket is too long");
        return;
    }
    ssize_t n = read(q->watch.fd, q->answer + q->length, q->room - q->length);
    if (n > 0)
        q->length += (size_t)n;
    else if (n == 0)
        finish(q);
    else if (errno != EAGAIN && errno != EINTR)
        fail(q, 502, "the stats socket broke off");
}

/* The request line, from malloc, or NULL. */
static char *line_of(struct http_request *r, const char *get)
{
    json_t *o = json_pack("{s:i,s:s,s:s*,s:s*}", "v", 1, "get", get, "room",
                          http_query(r, "room").at, "participant", http_query(r, "participant").at);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL, *line = NULL;
    json_decref(o);
    if (text && asprintf(&line, "%s\n", text) < 0)
        line = NULL;
    free(text);
    return line;
}

/* A connected socket that has taken the line, or -1. */
static int ask(const char *run_dir, const char *name, const char *line)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int n = snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", run_dir, name);
    if (n < 0 || (size_t)n >= sizeof(at.sun_path))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    size_t length = strlen(line);
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
        write(fd, line, length) == (ssize_t)length && shutdown(fd, SHUT_WR) == 0)
        return fd;
    close(fd);
    return -1;
}

static void begin(struct stats_relay *relay, struct http_request *r, int fd)
{
    struct question *q = calloc(1, sizeof(*q));
    if (!q) {
        close(fd);
        http_respond_text(r, 500, "out of memory");
        return;
    }
    *q = (struct question){.relay = relay,
                           .request = r,
                           .watch = {.ready = on_ready, .arg = q, .fd = fd},
                           .timer = {.fire = on_late, .arg = q}};
    relay->asking++;
    http_on_gone(r, on_gone, q);
    loop_timer_after(relay->loop, &q->timer, PATIENCE);
    if (!loop_watch(relay->loop, &q->watch, LOOP_READ))
        fail(q, 503, "out of descriptors");
}

/* Answers those who may not. */
static bool may_ask(struct http_request *r)
{
    const struct claims *c = http_context(r);
    if (!c)
        http_respond_text(r, 401, "a token with the grants roomList and roomCreate is needed");
    else if (!c->video.room_list || !c->video.room_create)
        http_respond_text(r, 403, "the token lacks the grant roomList or roomCreate");
    return c && c->video.room_list && c->video.room_create;
}

static const char *socket_of(const char *from)
{
    if (from && strcmp(from, "dataplane") == 0)
        return "stats.sock";
    return from && strcmp(from, "control") == 0 ? "control-stats.sock" : NULL;
}

static void on_request(struct http_request *r, void *arg)
{
    struct stats_relay *relay = arg;
    if (!may_ask(r))
        return;
    const char *name = socket_of(http_query(r, "from").at), *get = http_query(r, "get").at;
    if (!name || !get || strcmp(get, "events") == 0) {
        http_respond_text(r, 400, "from is dataplane or control, get is one of the snapshots");
        return;
    }
    if (relay->asking >= STATS_RELAY_MAX) {
        http_respond_text(r, 503, "too many ask at once");
        return;
    }
    char *line = line_of(r, get);
    int fd = line ? ask(relay->run_dir, name, line) : -1;
    free(line);
    if (fd < 0)
        http_respond_text(r, 502, "nobody answers at the stats socket");
    else
        begin(relay, r, fd);
}

struct stats_relay *stats_relay_create(struct loop *l, struct http_server *s, const char *run_dir)
{
    struct stats_relay *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->loop = l;
    int n = snprintf(r->run_dir, sizeof(r->run_dir), "%s", run_dir);
    if (n >= 0 && (size_t)n < sizeof(r->run_dir) &&
        http_route(s, "GET", "/console/stats", HTTP_EXACT, on_request, r))
        return r;
    free(r);
    return NULL;
}

void stats_relay_destroy(struct stats_relay *r)
{
    free(r);
}
