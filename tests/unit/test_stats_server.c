/* SPDX-License-Identifier: Apache-2.0 */
/* The socket around conversations: clients that come, go, are too many, or vanish. */
#include "common/stats/server.h"

#include "tests/unit/stats_rows.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

static char dir[64], path[96];
static struct rows rows;
static struct stats_server *server;

static int start(void **state)
{
    (void)state;
    char err[STATS_SERVER_ERROR_TEXT];
    rows = (struct rows){.lines = 3, .size = 100};
    const struct stats_source source = rows_source(&rows);
    snprintf(dir, sizeof(dir), "/tmp/sluice-stats-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/stats.sock", dir);
    server = stats_server_open(path, &source, err);
    return server ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    stats_server_close(server);
    assert_int_equal(rows.answers, 0);
    return rmdir(dir);
}

static int connect_client(void)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    strcpy(sa.sun_path, path);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    return fd;
}

/* Runs the server until the client can read; what it reads is appended. 0: closed. */
static ssize_t hear(int fd, char *text, size_t size)
{
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
                          {.fd = stats_server_fd(server), .events = POLLIN}};
    for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
        poll(p, 2, 10);
        stats_server_run(server, clock_monotonic());
        ssize_t n = recv(fd, text, size - 1, MSG_DONTWAIT);
        if (n >= 0 || errno != EAGAIN) {
            text[n > 0 ? n : 0] = '\0';
            return n;
        }
    }
    fail_msg("no answer");
    return -1;
}

static void hear_until(int fd, const char *what)
{
    char all[65536] = {0};
    size_t len = 0;
    while (!strstr(all, what)) {
        ssize_t n = hear(fd, all + len, sizeof(all) - len);
        assert_true(n > 0);
        len += (size_t)n;
    }
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void only_the_group_may_ask(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
}

static void clients_are_answered(void **state)
{
    (void)state;
    char text[256];
    int a = connect_client(), b = connect_client();
    say(a, "{\"v\":1,\"get\":\"all\",\"id\":1}\n");
    say(b, "{\"v\":1,\"get\":\"all\",\"id\":2}");
    hear_until(a, "\"kind\":\"end\",\"id\":1");
    assert_int_equal(shutdown(b, SHUT_WR), 0);
    hear_until(b, "\"kind\":\"end\",\"id\":2");
    assert_int_equal(hear(b, text, sizeof(text)), 0); /* nothing more to say */
    say(a, "{\"v\":1,\"get\":\"all\",\"id\":3}\n");
    hear_until(a, "\"kind\":\"end\",\"id\":3");
    close(a);
    close(b);
}

static void too_many_are_told_so(void **state)
{
    (void)state;
    int fd[STATS_SERVER_CLIENTS + 1];
    for (int i = 0; i <= STATS_SERVER_CLIENTS; i++) {
        fd[i] = connect_client();
        stats_server_run(server, clock_monotonic());
    }
    hear_until(fd[STATS_SERVER_CLIENTS], "\"busy\"");
    close(fd[STATS_SERVER_CLIENTS]);
    close(fd[0]);
    stats_server_run(server, clock_monotonic());
    fd[0] = connect_client();
    say(fd[0], "{\"v\":1,\"get\":\"all\"}\n");
    hear_until(fd[0], "\"end\"");
    for (int i = 0; i < STATS_SERVER_CLIENTS; i++)
        close(fd[i]);
}

static void who_vanishes_leaves_nothing(void **state)
{
    (void)state;
    rows.lines = 100000;
    for (int i = 0; i < 3 * STATS_SERVER_CLIENTS; i++) {
        int fd = connect_client();
        stats_server_run(server, clock_monotonic());
        say(fd, "{\"v\":1,\"get\":\"all\",\"subscribe_ms\":100}\n");
        stats_server_run(server, clock_monotonic());
        assert_int_equal(rows.answers, 1);
        close(fd);
        stats_server_run(server, clock_monotonic());
        assert_int_equal(rows.answers, 0);
    }
}

static void subscriptions_have_a_deadline(void **state)
{
    (void)state;
    int fd = connect_client();
    assert_int_equal(stats_server_deadline(server), USEC_NEVER);
    say(fd, "{\"v\":1,\"get\":\"all\",\"subscribe_ms\":100}\n");
    hear_until(fd, "\"seq\":0,\"lines\":3}\n");
    usec_t due = stats_server_deadline(server);
    assert_true(due < USEC_NEVER);
    stats_server_run(server, due);
    char text[4096];
    assert_true(recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0);
    close(fd);
}

static void a_socket_that_cannot_be_is_explained(void **state)
{
    (void)state;
    char err[STATS_SERVER_ERROR_TEXT], longest[200];
    const struct stats_source source = rows_source(&rows);
    assert_null(stats_server_open("/nowhere/stats.sock", &source, err));
    assert_non_null(strstr(err, "/nowhere/stats.sock: "));
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    assert_null(stats_server_open(longest, &source, err));
    assert_non_null(strstr(err, "too long"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(only_the_group_may_ask),        CASE(clients_are_answered),
        CASE(too_many_are_told_so),          CASE(who_vanishes_leaves_nothing),
        CASE(subscriptions_have_a_deadline), CASE(a_socket_that_cannot_be_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
