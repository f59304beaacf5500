/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/stats_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/sluicectl/peer.h"

#define READ_SIZE 65536

int stats_socket_connect(struct stats_connection *c, const char *run_dir, const char *socket_name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    *c = (struct stats_connection){.fd = -1};
    int n = snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", run_dir, socket_name);
    if (n < 0 || (size_t)n >= sizeof(at.sun_path))
        return ENAMETOOLONG;
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return errno;
    if (connect(c->fd, (struct sockaddr *)&at, sizeof(at)) == 0)
        return 0;
    int error = errno;
    stats_socket_disconnect(c);
    return error;
}

void stats_socket_disconnect(struct stats_connection *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c->text);
    *c = (struct stats_connection){.fd = -1};
}

bool stats_socket_send(struct stats_connection *c, json_t *request)
{
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    size_t length = text ? strlen(text) : 0, sent = 0;
    if (text)
        text[length++] = '\n'; /* in place of the NUL */
    while (sent < length) {
        ssize_t n = send(c->fd, text + sent, length - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    free(text);
    return length > 0 && sent == length;
}

/* --- reading --- */

/* Takes a line that is whole off the front; NULL if there is none. */
static json_t *take_line(struct stats_connection *c, bool *whole)
{
    char *end = memchr(c->text + c->looked, '\n', c->length - c->looked);
    *whole = end != NULL;
    if (!end) {
        c->looked = c->length;
        return NULL;
    }
    size_t used = (size_t)(end - c->text) + 1;
    json_t *line = json_loadb(c->text, used - 1, 0, NULL);
    memmove(c->text, c->text + used, c->length - used);
    c->length -= used;
    c->looked = 0;
    if (!json_is_object(line)) {
        json_decref(line);
        return NULL;
    }
    return line;
}

static bool make_room(struct stats_connection *c)
{
    if (c->capacity - c->length >= READ_SIZE)
        return true;
    size_t capacity = c->capacity ? 2 * c->capacity : 2 * (size_t)READ_SIZE;
    char *grown = capacity <= STATS_SOCKET_LINE_MAX ? realloc(c->text, capacity) : NULL;
    if (!grown)
        return false;
    c->text = grown;
    c->capacity = capacity;
    return true;
}

/* Milliseconds for poll(2), rounded up. */
static int wait_ms(usec_t deadline)
{
    usec_t now = clock_monotonic();
    if (deadline == USEC_NEVER)
        return -1;
    return deadline <= now ? 0 : (int)((deadline - now + USEC_PER_MS - 1) / USEC_PER_MS);
}

enum stats_outcome stats_socket_read(struct stats_connection *c, usec_t deadline, json_t **line)
{
    for (;;) {
        bool whole = false;
        *line = c->length > 0 ? take_line(c, &whole) : NULL;
        if (whole)
            return *line ? STATS_READ_LINE : STATS_READ_CLOSED;
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        int ready = poll(&p, 1, wait_ms(deadline));
        if (ready < 0 && errno == EINTR)
            return STATS_READ_TIMEOUT;
        if (ready == 0)
            return STATS_READ_TIMEOUT;
        if (!make_room(c))
            return STATS_READ_CLOSED;
        ssize_t n = read(c->fd, c->text + c->length, READ_SIZE);
        if (n <= 0)
            return STATS_READ_CLOSED;
        c->length += (size_t)n;
    }
}

/* --- one question, one answer --- */

static json_t *request_of(const char *get, const char *room, const char *participant)
{
    json_t *r = json_pack("{si ss}", "v", 1, "get", get);
    if (room)
        json_object_set_new(r, "room", json_string(room));
    if (participant)
        json_object_set_new(r, "participant", json_string(participant));
    return r;
}

static bool is(const json_t *line, const char *kind)
{
    const char *k = json_string_value(json_object_get(line, "kind"));
    return k && strcmp(k, kind) == 0;
}

static void explain(struct stats_answer *a, const char *text)
{
    snprintf(a->reason, sizeof(a->reason), "%s", text ? text : "it refuses");
}

/* Reads until the end of the answer. */
static bool collect(struct stats_connection *c, struct stats_answer *a)
{
    usec_t deadline = clock_monotonic() + STATS_SOCKET_PATIENCE;
    json_t *line;
    a->lines = json_array();
    while (a->count < STATS_SOCKET_LINES_MAX) {
        enum stats_outcome r = stats_socket_read(c, deadline, &line);
        if (r != STATS_READ_LINE) {
            explain(a, r == STATS_READ_TIMEOUT ? "no answer in time" : "the answer breaks off");
            return false;
        }
        bool end = is(line, "end"), error = is(line, "error");
        if (error)
            explain(a, json_string_value(json_object_get(line, "text")));
        if (is(line, "begin")) {
            json_decref(a->begin);
            a->begin = json_incref(line);
        } else if (!end && !error) {
            json_array_append(a->lines, line);
            a->count++;
        }
        json_decref(line);
        if (end || error)
            return end;
    }
    explain(a, "the answer does not end");
    return false;
}

static bool exchange(struct stats_connection *c, json_t *request, struct stats_answer *a)
{
    if (stats_socket_send(c, request))
        return collect(c, a);
    explain(a, "it hangs up");
    return false;
}

static bool is_stopped(const struct stats_connection *c)
{
    pid_t pid;
    return peer_of_connection(c->fd, &pid) == 0 && peer_is_stopped(pid);
}

bool stats_socket_ask(const char *run_dir, const char *socket_name, const char *get,
                      const char *room, const char *participant, struct stats_answer *a)
{
    struct stats_connection c;
    *a = (struct stats_answer){0};
    int error = stats_socket_connect(&c, run_dir, socket_name);
    if (error == ENOENT || error == ECONNREFUSED)
        explain(a, "it does not run");
    else if (error != 0)
        explain(a, strerror(error));
    else if (is_stopped(&c))
        explain(a, "it was stopped by a signal");
    else if (exchange(&c, request_of(get, room, participant), a)) {
        stats_socket_disconnect(&c);
        return true;
    }
    stats_socket_disconnect(&c);
    json_decref(a->begin);
    json_decref(a->lines);
    a->begin = a->lines = NULL;
    a->count = 0;
    return false;
}

void stats_answer_free(struct stats_answer *a)
{
    json_decref(a->begin);
    json_decref(a->lines);
    *a = (struct stats_answer){0};
}
