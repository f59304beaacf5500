/* SPDX-License-Identifier: Apache-2.0 */
/* `events`: what happens, as it happens, from both processes. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/sluicectl/commands.h"
#include "tools/sluicectl/format.h"
#include "tools/sluicectl/stats_socket.h"

#define RETRY (USEC_PER_SEC / 2)

struct source {
    const char *socket, *program;
    struct stats_connection connection;
    bool connected, told; /* told: that it is not there */
    bool started;         /* was connected before: go on from `seq` */
    bool begun;           /* it has told `newest` */
    json_int_t seq;       /* of its newest event that was printed */
    json_int_t newest;    /* when the answer began */
    usec_t retry_at;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

/* --- one event --- */

static const char *text(const json_t *e, const char *key, char *buf, size_t size)
{
    return format_clean(json_string_value(json_object_get(e, key)), buf, size);
}

static void print_words(const json_t *e)
{
    char when[32], name[64], room[128], who[128], detail[512], track[64];
    json_int_t us = json_integer_value(json_object_get(e, "unix_us"));
    time_t at = (time_t)(us / 1000000);
    struct tm tm;
    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime_r(&at, &tm));
    printf("%s.%03d  %-22s %-16s %s", when, (int)(us / 1000 % 1000),
           text(e, "event", name, sizeof(name)), text(e, "room", room, sizeof(room)),
           text(e, "identity", who, sizeof(who)));
    if (*text(e, "track", track, sizeof(track)))
        printf("  %s", track);
    if (*text(e, "text", detail, sizeof(detail)))
        printf("  %s", detail);
    putchar('\n');
}

static void print_event(const struct invocation *v, const json_t *e)
{
    if (v->json) {
        json_dumpf(e, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        print_words(e);
    }
    fflush(stdout);
    if (ferror(stdout)) /* whoever read us has gone */
        stopped = 1;
}

/* --- a source --- */

static bool wants_kept(const struct invocation *v)
{
    return option_given(v, "kept") || option_given(v, "no-follow");
}

static json_t *request(const struct invocation *v, const struct source *s)
{
    const char *room = option_value(v, "room"), *participant = option_value(v, "participant");
    json_t *r = json_pack("{si ss}", "v", 1, "get", "events");
    if (room)
        json_object_set_new(r, "room", json_string(room));
    if (participant)
        json_object_set_new(r, "participant", json_string(participant));
    if (s->started)
        json_object_set_new(r, "since", json_integer(s->seq));
    else if (wants_kept(v))
        json_object_set_new(r, "since", json_integer(0));
    return r;
}

static void connect_source(const struct invocation *v, struct source *s)
{
    int error = stats_socket_connect(&s->connection, v->run_dir, s->socket);
    s->begun = false;
    s->connected = error == 0 && stats_socket_send(&s->connection, request(v, s));
    s->retry_at = clock_monotonic() + RETRY;
    if (!s->connected && !s->told)
        fprintf(stderr, "sluicectl: %s does not run in %s (%s)%s\n", s->program, v->run_dir,
                strerror(error ? error : EPIPE),
                option_given(v, "no-follow") ? "" : "; waiting for it");
    s->told = !s->connected;
}

static bool is(const json_t *line, const char *kind)
{
    const char *k = json_string_value(json_object_get(line, "kind"));
    return k && strcmp(k, kind) == 0;
}

/* A new process counts from the beginning: all that it has is news. */
static void on_begin(const struct invocation *v, struct source *s, const json_t *line)
{
    bool anew = false;
    s->newest = json_integer_value(json_object_get(line, "seq"));
    if (!s->started)
        s->seq = wants_kept(v) ? 0 : s->newest;
    else if (s->newest < s->seq)
        anew = true;
    s->started = true;
    s->begun = !anew;
    if (anew) {
        s->seq = 0;
        stats_socket_send(&s->connection, request(v, s));
    }
}

static void on_line(const struct invocation *v, struct source *s, const json_t *line)
{
    if (is(line, "begin")) {
        on_begin(v, s, line);
    } else if (is(line, "event")) {
        s->seq = json_integer_value(json_object_get(line, "seq"));
        print_event(v, line);
    } else if (is(line, "error")) {
        fprintf(stderr, "sluicectl: %s: %s\n", s->program,
                json_string_value(json_object_get(line, "text")));
    }
}

/* Everything that has come. */
static void read_source(const struct invocation *v, struct source *s)
{
    json_t *line;
    enum stats_outcome r;
    while (!stopped && (r = stats_socket_read(&s->connection, 1, &line)) == STATS_READ_LINE) {
        on_line(v, s, line);
        json_decref(line);
    }
    if (!stopped && r == STATS_READ_CLOSED) {
        stats_socket_disconnect(&s->connection);
        s->connected = false;
    }
}

/* --- both --- */

/* Milliseconds until something is due. */
static int time_out(const struct source *s, size_t count, usec_t until)
{
    usec_t now = clock_monotonic(), next = until;
    for (size_t i = 0; i < count; i++) {
        if (!s[i].connected && s[i].retry_at < next)
            next = s[i].retry_at;
    }
    if (next == USEC_NEVER)
        return -1;
    return next <= now ? 0 : (int)((next - now) / USEC_PER_MS) + 1;
}

static void turn(const struct invocation *v, struct source *s, size_t count, usec_t until)
{
    struct pollfd fds[3] = {0};
    for (size_t i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = s[i].connected ? s[i].connection.fd : -1, .events = POLLIN};
    fds[count] = (struct pollfd){.fd = STDOUT_FILENO}; /* tells when a pipe's reader has gone */
    if (poll(fds, count + 1, time_out(s, count, until)) < 0)
        return;
    if (fds[count].revents & (POLLERR | POLLHUP))
        stopped = 1;
    for (size_t i = 0; i < count; i++) {
        if (fds[i].revents)
            read_source(v, &s[i]);
        if (!s[i].connected && clock_monotonic() >= s[i].retry_at)
            connect_source(v, &s[i]);
    }
}

/* Everything that is remembered has come. */
static bool complete(const struct source *s)
{
    return !s->connected || (s->begun && s->seq >= s->newest);
}

static void catch_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal};
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static enum status run(const struct invocation *v)
{
    struct source s[] = {{.socket = STATS_DATAPLANE, .program = "sluice-dataplane"},
                         {.socket = STATS_CONTROL, .program = "sluice-control"}};
    catch_signals();
    for (size_t i = 0; i < 2; i++)
        connect_source(v, &s[i]);
    bool any = s[0].connected || s[1].connected;
    usec_t until =
        option_given(v, "no-follow") ? clock_monotonic() + STATS_SOCKET_PATIENCE / 2 : USEC_NEVER;
    while (!stopped && (any || !option_given(v, "no-follow"))) {
        turn(v, s, 2, until);
        if (option_given(v, "no-follow") &&
            ((complete(&s[0]) && complete(&s[1])) || clock_monotonic() >= until))
            break;
    }
    for (size_t i = 0; i < 2; i++)
        stats_socket_disconnect(&s[i].connection);
    return any || !option_given(v, "no-follow") ? STATUS_OK : STATUS_NO_ANSWER;
}

static const struct command_option own_options[] = {
    {"room", "NAME", "only of this room", COMPLETE_NOTHING},
    {"participant", "ID", "only of this participant: identity or sid", COMPLETE_NOTHING},
    {"kept", NULL, "first those that the processes remember (some hundred)", COMPLETE_NOTHING},
    {"no-follow", NULL, "only those that they remember, then end", COMPLETE_NOTHING},
    {0},
};

const struct command command_events = {
    .name = "events",
    .arguments = "",
    .summary = "who comes and goes, what connects and fails, as it happens",
    .details =
        "Ends with Ctrl-C. Processes that are restarted meanwhile are found again. With --json\n"
        "one object per line (docs/stats.md, \"Events\").",
    .options = own_options,
    .run = run,
};
