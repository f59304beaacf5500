/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the dataplane over a real socket: hello, events, breaks, coming back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "control/link/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;
static struct link_client *client;
static char path[64];
static int listener = -1;
static struct link peer;
static unsigned events, losses;

static void on_event(void *ctx, Sluice__Link__Event *e, usec_t now)
{
    (void)ctx;
    (void)now;
    assert_int_equal(e->body_case, SLUICE__LINK__EVENT__BODY_WELCOME);
    sluice__link__event__free_unpacked(e, NULL);
    events++;
}

static void on_lost(void *ctx)
{
    (void)ctx;
    losses++;
}

static void listen_here(void)
{
    char err[LINK_ERROR_TEXT];
    listener = link_listen(path, -1, err);
    assert_true(listener >= 0);
}

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/test-link-client-%d.sock", (int)getpid());
    events = losses = 0;
    loop = loop_create();
    struct link_client_events e = {.event = on_event, .lost = on_lost};
    client = link_client_create(loop, path, &e);
    return client ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    link_client_destroy(client);
    loop_destroy(loop);
    link_close(&peer);
    if (listener >= 0)
        close(listener);
    listener = -1;
    unlink(path);
    return 0;
}

static void turn_until_accepted(void)
{
    for (int i = 0; i < 200; i++) {
        loop_turn(loop, 20 * USEC_PER_MS);
        int fd = link_accept(listener);
        if (fd >= 0) {
            assert_true(link_open(&peer, fd));
            return;
        }
    }
    fail_msg("nobody connected");
}

static Sluice__Link__Command *next_command(void)
{
    for (int i = 0; i < 200; i++) {
        long n = link_receive(&peer);
        if (n > 0)
            return sluice__link__command__unpack(NULL, (size_t)n, peer.buffer);
        loop_turn(loop, 10 * USEC_PER_MS);
    }
    fail_msg("no command came");
    return NULL;
}

static void expect_hello(void)
{
    Sluice__Link__Command *c = next_command();
    assert_int_equal(c->body_case, SLUICE__LINK__COMMAND__BODY_HELLO);
    assert_int_equal(c->hello->version, LINK_VERSION);
    assert_true(c->seq > 0);
    sluice__link__command__free_unpacked(c, NULL);
}

static void send_welcome(void)
{
    Sluice__Link__Welcome body = SLUICE__LINK__WELCOME__INIT;
    body.instance = 3;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_WELCOME;
    e.welcome = &body;
    assert_true(link_send(&peer, &e.base));
}

static void it_connects_when_somebody_listens(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        loop_turn(loop, 20 * USEC_PER_MS);
    assert_false(link_client_connected(client));
    listen_here();
    turn_until_accepted();
    expect_hello();
    send_welcome();
    for (int i = 0; i < 100 && events == 0; i++)
        loop_turn(loop, 20 * USEC_PER_MS);
    assert_int_equal(events, 1);
    assert_int_equal(losses, 0);
}

static void it_comes_back_after_a_break(void **state)
{
    (void)state;
    listen_here();
    turn_until_accepted();
    expect_hello();
    link_close(&peer);
    for (int i = 0; i < 100 && losses == 0; i++)
        loop_turn(loop, 20 * USEC_PER_MS);
    assert_int_equal(losses, 1);
    turn_until_accepted();
    expect_hello();
    assert_int_equal(losses, 1);
}

static void a_break_is_not_told_from_within_a_command(void **state)
{
    (void)state;
    listen_here();
    turn_until_accepted();
    expect_hello();
    link_close(&peer);
    Sluice__Link__Id id = SLUICE__LINK__ID__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK;
    c.close_track = &id;
    for (int i = 0; i < 3; i++)
        link_client_send(client, &c);
    assert_int_equal(losses, 0);
    for (int i = 0; i < 100 && losses == 0; i++)
        loop_turn(loop, 20 * USEC_PER_MS);
    assert_int_equal(losses, 1);
    turn_until_accepted();
    expect_hello();
}

static void junk_breaks_the_link(void **state)
{
    (void)state;
    listen_here();
    turn_until_accepted();
    expect_hello();
    assert_int_equal(send(peer.fd, "\xff\xff\xff", 3, 0), 3);
    for (int i = 0; i < 100 && losses == 0; i++)
        loop_turn(loop, 20 * USEC_PER_MS);
    assert_int_equal(losses, 1);
    assert_int_equal(events, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_connects_when_somebody_listens),
        TEST(it_comes_back_after_a_break),
        TEST(a_break_is_not_told_from_within_a_command),
        TEST(junk_breaks_the_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
