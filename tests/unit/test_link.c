/* SPDX-License-Identifier: Apache-2.0 */
/* The link's socket: records stay whole and in order, also when the peer does not read for a while.
 */
#include "common/link/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
    char dir[64], path[96];
    int listener;
    struct link server, client;
};

static int setup(void **state)
{
    struct pair *p = calloc(1, sizeof(*p));
    strcpy(p->dir, "/tmp/sluice-link-XXXXXX");
    char err[LINK_ERROR_TEXT];
    if (!mkdtemp(p->dir))
        return -1;
    snprintf(p->path, sizeof(p->path), "%s/s", p->dir);
    p->listener = link_listen(p->path, -1, err);
    int fd = link_connect(p->path);
    if (p->listener < 0 || fd < 0 || !link_open(&p->client, fd))
        return -1;
    fd = link_accept(p->listener);
    if (fd < 0 || !link_open(&p->server, fd))
        return -1;
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    link_close(&p->client);
    link_close(&p->server);
    close(p->listener);
    unlink(p->path);
    rmdir(p->dir);
    free(p);
    return 0;
}

static bool send_seq(struct link *l, uint64_t seq)
{
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    Sluice__Link__Id id = SLUICE__LINK__ID__INIT;
    id.id = seq * 3;
    c.seq = seq;
    c.body_case = SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK;
    c.close_track = &id;
    return link_send(l, &c.base);
}

static bool receive_seq(struct link *l, uint64_t want)
{
    long n = link_receive(l);
    if (n <= 0)
        return false;
    Sluice__Link__Command *c = sluice__link__command__unpack(NULL, (size_t)n, l->buffer);
    assert_non_null(c);
    assert_int_equal(c->seq, want);
    assert_int_equal(c->close_track->id, want * 3);
    sluice__link__command__free_unpacked(c, NULL);
    return true;
}

static void test_order_with_queue(void **state)
{
    struct pair *p = *state;
    enum { COUNT = 20000 };
    for (uint64_t i = 1; i <= COUNT; i++)
        assert_true(send_seq(&p->client, i));
    assert_true(link_wants_write(&p->client));
    uint64_t got = 0;
    while (got < COUNT) {
        while (receive_seq(&p->server, got + 1))
            got++;
        assert_true(link_flush(&p->client));
    }
    assert_false(link_wants_write(&p->client));
    assert_int_equal(p->client.queued, 0);
}

static void test_peer_gone(void **state)
{
    struct pair *p = *state;
    link_close(&p->server);
    assert_int_equal(link_receive(&p->client), -1);
    assert_false(send_seq(&p->client, 1));
}

static void test_too_large(void **state)
{
    struct pair *p = *state;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    Sluice__Link__SendData d = SLUICE__LINK__SEND_DATA__INIT;
    uint8_t *big = calloc(1, LINK_RECORD_MAX);
    d.packet = (ProtobufCBinaryData){.len = LINK_RECORD_MAX, .data = big};
    c.body_case = SLUICE__LINK__COMMAND__BODY_SEND_DATA;
    c.send_data = &d;
    assert_false(link_send(&p->client, &c.base));
    free(big);
    assert_true(send_seq(&p->client, 7));
    assert_true(receive_seq(&p->server, 7));
}

static void test_listen_twice(void **state)
{
    struct pair *p = *state;
    char err[LINK_ERROR_TEXT];
    assert_int_equal(link_listen(p->path, -1, err), -1);
    assert_non_null(strstr(err, "another process"));
    close(link_accept(p->listener));
    close(p->listener);
    p->listener = link_listen(p->path, -1, err);
    assert_true(p->listener >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_with_queue, setup, teardown),
        cmocka_unit_test_setup_teardown(test_peer_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listen_twice, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
