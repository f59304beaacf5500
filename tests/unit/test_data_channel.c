/* SPDX-License-Identifier: Apache-2.0 */
/* Two associations facing each other over a link in memory that may lose and reorder, in virtual
 * time. */
#include "dataplane/sctp/sctp_internal.h"

#include "common/bytes.h"
#include "tests/unit/virtual_clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ASSOCIATIONS 4
#define KEPT         4096 /* packets on the link */
#define BIG          65536

struct side {
    struct data_association *association;
    unsigned up, down, opened, closed, messages, dcep_drops, drops;
    uint16_t last_channel;
    bool last_by_peer, last_binary;
    struct data_channel_type last_type;
    size_t last_len, bytes;
    uint8_t last_data[BIG];
    uint32_t next_number, missed; /* of numbered messages */
};

struct flying {
    struct side *to;
    uint16_t len;
    uint8_t data[DATA_PACKET_MAX];
};

static struct data_stack *stack;
static struct side server, client;
static struct flying *link_queue;
static unsigned link_len, loss_percent, largest_packet, random_state;

static const struct data_channel_type reliable = {.label = "_reliable", .ordered = true};
static const struct data_channel_type lossy = {
    .label = "_lossy", .ordered = false, .reliability = DATA_RETRANSMITS};

static unsigned chance(void)
{
    random_state = random_state * 1103515245u + 12345u;
    return random_state >> 16 & 0x7fff;
}

/* ---- the link ---- */

static void collect_output(void)
{
    struct data_association *from;
    uint8_t buf[DATA_PACKET_MAX];
    size_t len;
    while ((len = data_output(stack, &from, buf)) > 0) {
        largest_packet = len > largest_packet ? (unsigned)len : largest_packet;
        if (chance() % 100 < loss_percent || link_len == KEPT)
            continue;
        struct flying *f = &link_queue[link_len++];
        f->to = data_user(from) == &server ? &client : &server;
        f->len = (uint16_t)len;
        memcpy(f->data, buf, len);
    }
}

static void note_message(struct side *s, const struct data_event *e)
{
    uint32_t number;
    s->messages++;
    s->bytes += e->len;
    s->last_binary = e->binary;
    s->last_len = e->len;
    memcpy(s->last_data, e->data, e->len < BIG ? e->len : BIG);
    if (e->len >= sizeof(number)) {
        memcpy(&number, e->data, sizeof(number));
        s->missed += number != s->next_number;
        s->next_number = number + 1;
    }
}

static void note_event(const struct data_event *e)
{
    struct side *s = data_user(e->association);
    s->last_channel = e->channel;
    s->up += e->type == DATA_UP;
    s->down += e->type == DATA_DOWN;
    s->opened += e->type == DATA_CHANNEL_OPEN;
    s->closed += e->type == DATA_CHANNEL_CLOSED;
    s->dcep_drops += e->type == DATA_DROP_DCEP;
    s->drops += e->type == DATA_DROP_MESSAGE;
    if (e->what)
        s->last_type = *e->what;
    if (e->type == DATA_CHANNEL_OPEN)
        s->last_by_peer = e->by_peer;
    if (e->type == DATA_MESSAGE)
        note_message(s, e);
}

static void take_events(void)
{
    struct data_event e;
    while (data_next_event(stack, &e))
        note_event(&e);
}

/* Delivers what flies; with loss, sometimes the second packet before the first. */
static void deliver(void)
{
    collect_output();
    while (link_len > 0) {
        unsigned which = loss_percent > 0 && link_len > 1 && chance() % 10 == 0;
        struct flying f = link_queue[which];
        memmove(&link_queue[which], &link_queue[which + 1],
                (--link_len - which) * sizeof(*link_queue));
        if (f.to->association)
            assert_true(data_input(f.to->association, f.data, f.len, virtual_now));
        take_events();
        collect_output();
    }
}

static void run(usec_t duration)
{
    usec_t end = virtual_now + duration;
    deliver();
    while (virtual_now < end) {
        virtual_now += TICK;
        data_timeout(stack, virtual_now);
        take_events();
        deliver();
    }
}

/* ---- setting up ---- */

static void open_side(struct side *s, bool dtls_client)
{
    const struct data_options o = {
        .dtls_client = dtls_client, .local_port = 5000, .remote_port = 5000, .user = s};
    memset(s, 0, sizeof(*s));
    s->association = data_open(stack, &o, virtual_now);
    assert_non_null(s->association);
}

static int open_both(void **state)
{
    (void)state;
    random_state = 4711;
    loss_percent = link_len = largest_packet = 0;
    stack = data_stack_create(ASSOCIATIONS, virtual_now);
    link_queue = malloc(KEPT * sizeof(*link_queue));
    if (!stack || !link_queue)
        return -1;
    open_side(&server, false);
    open_side(&client, true);
    run(100 * USEC_PER_MS);
    return server.up == 1 && client.up == 1 ? 0 : -1;
}

static int close_both(void **state)
{
    (void)state;
    data_stack_destroy(stack);
    free(link_queue);
    return 0;
}

static uint16_t open_channel(struct side *s, const struct data_channel_type *type)
{
    int id = data_channel_create(s->association, type, virtual_now);
    assert_true(id >= 0);
    run(50 * USEC_PER_MS);
    return (uint16_t)id;
}

static enum data_send_result send_text(struct side *s, uint16_t channel, const char *text)
{
    return data_send(s->association, channel, false, (const uint8_t *)text, strlen(text),
                     virtual_now);
}

/* ---- tests ---- */

static void the_peer_opens_channels(void **state)
{
    (void)state;
    uint16_t id = open_channel(&client, &lossy);
    assert_int_equal(id, 0);
    assert_int_equal(server.opened, 1);
    assert_true(server.last_by_peer);
    assert_string_equal(server.last_type.label, "_lossy");
    assert_false(server.last_type.ordered);
    assert_int_equal(server.last_type.reliability, DATA_RETRANSMITS);
    assert_int_equal(client.opened, 1);
    assert_false(client.last_by_peer);
    assert_int_equal(open_channel(&client, &reliable), 2);
    assert_int_equal(send_text(&server, 2, "hello"), DATA_SENT);
    run(10 * USEC_PER_MS);
    assert_int_equal(client.messages, 1);
    assert_int_equal(client.last_channel, 2);
    assert_false(client.last_binary);
    assert_memory_equal(client.last_data, "hello", 5);
}

static void we_open_channels(void **state)
{
    (void)state;
    assert_int_equal(open_channel(&server, &reliable), 1);
    assert_int_equal(open_channel(&server, &lossy), 3);
    assert_int_equal(client.opened, 2);
    assert_string_equal(client.last_type.label, "_lossy");
    assert_int_equal(server.opened, 2);
    const uint8_t data[] = {0, 1, 2};
    assert_int_equal(data_send(client.association, 3, true, data, sizeof(data), virtual_now),
                     DATA_SENT);
    run(10 * USEC_PER_MS);
    assert_int_equal(server.messages, 1);
    assert_true(server.last_binary);
    assert_memory_equal(server.last_data, data, sizeof(data));
}

static void channels_may_be_made_before_it_is_up(void **state)
{
    (void)state;
    data_close(server.association);
    data_close(client.association);
    open_side(&server, false);
    open_side(&client, true);
    int id = data_channel_create(server.association, &reliable, virtual_now);
    assert_int_equal(id, 1);
    assert_int_equal(send_text(&server, 1, "too early"), DATA_NO_CHANNEL);
    run(100 * USEC_PER_MS);
    assert_int_equal(client.opened, 1);
    assert_int_equal(server.opened, 1);
}

static void messages_before_the_ack_are_not_lost(void **state)
{
    (void)state;
    int id = data_channel_create(client.association, &lossy, virtual_now);
    for (int i = 0; i < 20; i++)
        assert_int_equal(send_text(&client, (uint16_t)id, "early"), DATA_SENT);
    run(50 * USEC_PER_MS);
    assert_int_equal(server.messages, 20);
    assert_int_equal(server.drops, 0);
}

static void empty_messages_pass(void **state)
{
    (void)state;
    uint16_t id = open_channel(&client, &reliable);
    for (int binary = 0; binary < 2; binary++) {
        assert_int_equal(data_send(client.association, id, binary, NULL, 0, virtual_now),
                         DATA_SENT);
        run(10 * USEC_PER_MS);
        assert_int_equal(server.messages, binary + 1);
        assert_int_equal(server.last_len, 0);
        assert_int_equal(server.last_binary, binary);
    }
}

/* Sends numbered messages, 1 MB in all, as fast as the buffer takes them. */
static void send_megabyte(struct side *from, uint16_t channel, size_t each)
{
    static uint8_t data[BIG];
    uint32_t number = 0;
    size_t sent = 0;
    for (unsigned turns = 0; sent < 1024 * 1024; turns++) {
        assert_true(turns < 20000);
        memset(data, (int)number, each);
        memcpy(data, &number, sizeof(number));
        enum data_send_result r =
            data_send(from->association, channel, true, data, each, virtual_now);
        if (r == DATA_SENT) {
            sent += each;
            number++;
        } else {
            assert_int_equal(r, DATA_WOULD_BLOCK);
            run(TICK);
        }
    }
}

static void a_megabyte_arrives_in_order(void **state)
{
    (void)state;
    uint16_t id = open_channel(&client, &reliable);
    usec_t start = virtual_now;
    send_megabyte(&client, id, 64000);
    run(100 * USEC_PER_MS);
    assert_int_equal(server.missed, 0);
    assert_int_equal(server.messages, 17);
    assert_int_equal(server.bytes, 17 * 64000);
    assert_true(virtual_now - start < USEC_PER_SEC);
    assert_int_equal(data_buffered(client.association), 0);
    assert_true(largest_packet > DATA_PACKET_MAX - 8 && largest_packet <= DATA_PACKET_MAX);
    assert_int_equal(data_packets_lost(stack), 0);
}

static void a_megabyte_arrives_in_order_despite_loss(void **state)
{
    (void)state;
    uint16_t id = open_channel(&client, &reliable);
    loss_percent = 3;
    send_megabyte(&client, id, 5000);
    for (unsigned i = 0; i < 600 && server.bytes < 1024 * 1024; i++)
        run(100 * USEC_PER_MS);
    assert_int_equal(server.missed, 0);
    assert_int_equal(server.messages, 210);
}

/* Two packets per tick arrive, back and forth; what is more waits on the link. */
static void tick_slowly(void)
{
    unsigned there = 0, all = 0;
    virtual_now += TICK;
    data_timeout(stack, virtual_now);
    take_events();
    collect_output();
    while (all < link_len) {
        struct flying f = link_queue[all];
        if (f.to == &client && there++ == 2)
            break;
        memmove(&link_queue[all], &link_queue[all + 1], (--link_len - all) * sizeof(*link_queue));
        assert_true(data_input(f.to->association, f.data, f.len, virtual_now));
        take_events();
        collect_output();
    }
}

/* The most that waits while twenty times as much is sent as arrives. */
static size_t most_buffered(uint16_t channel)
{
    static const uint8_t message[1000];
    size_t most = 0;
    for (unsigned tick = 0; tick < 500; tick++) {
        for (unsigned i = 0; i < 40; i++)
            data_send(server.association, channel, true, message, sizeof(message), virtual_now);
        tick_slowly();
        if (tick >= 100 && data_buffered(server.association) > most)
            most = data_buffered(server.association);
    }
    return most;
}

static void lossy_messages_wait_no_longer_than_wanted(void **state)
{
    (void)state;
    uint16_t id = open_channel(&client, &lossy);
    size_t free_running = most_buffered(id);
    assert_in_range(free_running, DATA_LOSSY_BUFFER / 2, DATA_LOSSY_BUFFER + 2000);
    uint32_t rate = data_rate(server.association);
    assert_in_range(rate, 50000, 250000); /* two packets per 10 ms at most */
    data_channel_set_latency(server.association, id, 100 * USEC_PER_MS);
    size_t bounded = most_buffered(id);
    assert_in_range(bounded, DATA_LOSSY_LEAST, free_running / 2);
    data_channel_set_latency(server.association, id, 1 * USEC_PER_MS);
    assert_in_range(most_buffered(id), DATA_LOSSY_LEAST / 2, DATA_LOSSY_LEAST + 2000);
}

/* A transfer that never ends does not shut lossy messages out. */
static void lossy_messages_get_past_a_long_transfer(void **state)
{
    (void)state;
    static const uint8_t bulk[10000], small[100];
    uint16_t r = open_channel(&client, &reliable), l = open_channel(&client, &lossy);
    unsigned sent = 0;
    for (unsigned tick = 0; tick < 500; tick++) {
        while (data_send(server.association, r, true, bulk, sizeof(bulk), virtual_now) == DATA_SENT)
            ;
        sent +=
            data_send(server.association, l, true, small, sizeof(small), virtual_now) == DATA_SENT;
        tick_slowly();
    }
    assert_in_range(sent, 490, 500);
    assert_true(data_buffered(server.association) <= DATA_SEND_BUFFER);
}

static void lossy_messages_are_not_repeated(void **state)
{
    (void)state;
    uint16_t id = open_channel(&client, &lossy);
    loss_percent = 20;
    for (unsigned i = 0; i < 500; i++) {
        uint8_t data[200] = {0};
        memcpy(data, &i, sizeof(i));
        data_send(client.association, id, true, data, sizeof(data), virtual_now);
        run(TICK);
    }
    loss_percent = 0;
    run(10 * USEC_PER_SEC);
    assert_in_range(server.messages, 330, 470);
}

static void a_silent_peer_fills_the_buffers_to_their_bounds(void **state)
{
    (void)state;
    uint16_t r = open_channel(&client, &reliable);
    uint16_t l = open_channel(&client, &lossy);
    static const uint8_t data[10000];
    loss_percent = 100;
    unsigned sent = 0, dropped = 0;
    for (unsigned i = 0; i < 30; i++)
        sent += data_send(client.association, l, true, data, 5000, virtual_now) == DATA_SENT;
    assert_in_range(sent * 5000, DATA_LOSSY_BUFFER, DATA_LOSSY_BUFFER + 5000);
    assert_int_equal(data_send(client.association, l, true, data, 10, virtual_now), DATA_DROPPED);
    enum data_send_result result = DATA_SENT;
    while (result == DATA_SENT && dropped++ < 100)
        result = data_send(client.association, r, true, data, sizeof(data), virtual_now);
    assert_int_equal(result, DATA_WOULD_BLOCK);
    assert_true(data_buffered(client.association) <= DATA_SEND_BUFFER);
    loss_percent = 0;
    run(10 * USEC_PER_SEC);
    assert_int_equal(data_buffered(client.association), 0);
    assert_int_equal(data_send(client.association, l, true, data, 10, virtual_now), DATA_SENT);
}

static void too_long_messages_are_refused_both_ways(void **state)
{
    (void)state;
    uint16_t id = open_channel(&client, &reliable);
    static uint8_t data[200000];
    assert_int_equal(
        data_send(client.association, id, true, data, DATA_MESSAGE_MAX + 1, virtual_now),
        DATA_TOO_LONG);
    assert_int_equal(data_send(client.association, id, true, data, DATA_MESSAGE_MAX, virtual_now),
                     DATA_SENT);
    run(USEC_PER_SEC);
    assert_int_equal(server.messages, 1);
    assert_int_equal(server.last_len, DATA_MESSAGE_MAX);
    /* past our own check, as a careless peer would */
    assert_int_equal(data_send_raw(client.association, id, DATA_PPID_BINARY, true, DATA_RELIABLE, 0,
                                   data, sizeof(data)),
                     0);
    run(2 * USEC_PER_SEC);
    assert_int_equal(send_text(&client, id, "after it"), DATA_SENT);
    run(USEC_PER_SEC);
    assert_int_equal(server.drops, 1);
    assert_int_equal(server.messages, 2);
    assert_memory_equal(server.last_data, "after it", 8);
}

static void the_peers_limit_is_kept(void **state)
{
    (void)state;
    struct side limited = {0};
    const struct data_options o = {
        .local_port = 5000, .remote_port = 5000, .max_message_size = 1000, .user = &limited};
    data_close(server.association);
    data_close(client.association);
    open_side(&client, true);
    server = limited;
    server.association = data_open(stack, &o, virtual_now);
    server.association->options.user = &server;
    run(3 * USEC_PER_SEC);
    uint16_t id = open_channel(&server, &reliable);
    static const uint8_t data[1001];
    assert_int_equal(data_send(server.association, id, true, data, 1001, virtual_now),
                     DATA_TOO_LONG);
    assert_int_equal(data_send(server.association, id, true, data, 1000, virtual_now), DATA_SENT);
}

static void channels_close_and_their_ids_come_back(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 40; i++) {
        struct side *closer = i % 2 ? &client : &server;
        uint16_t id = open_channel(&client, &reliable);
        assert_int_equal(id, 0);
        assert_int_equal(server.opened, i);
        assert_int_equal(send_text(&client, id, "x"), DATA_SENT);
        data_channel_close(closer->association, id, virtual_now);
        assert_int_equal(send_text(closer, id, "x"), DATA_NO_CHANNEL);
        run(100 * USEC_PER_MS);
        assert_int_equal(server.messages, i);
        assert_int_equal(server.closed, i);
        assert_int_equal(client.closed, i);
        assert_int_equal(send_text(&server, id, "x"), DATA_NO_CHANNEL);
    }
}

static void channels_are_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < DATA_CHANNELS_MAX; i++)
        assert_int_equal(open_channel(&client, &reliable), 2 * i);
    assert_int_equal(data_channel_create(client.association, &reliable, virtual_now), -1);
    assert_int_equal(server.opened, DATA_CHANNELS_MAX);
    assert_int_equal(data_channel_create(server.association, &reliable, virtual_now), -1);
}

static void malformed_opening_is_dropped(void **state)
{
    (void)state;
    static const uint8_t bad[] = {3, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t ack[] = {2};
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(data_send_raw(client.association, 8, DATA_PPID_DCEP, true, DATA_RELIABLE,
                                       0, bad, sizeof(bad)),
                         0);
        run(100 * USEC_PER_MS);
        assert_int_equal(server.dcep_drops, i);
    }
    assert_int_equal(
        data_send_raw(client.association, 6, DATA_PPID_DCEP, true, DATA_RELIABLE, 0, ack, 1), 0);
    run(100 * USEC_PER_MS);
    assert_int_equal(server.dcep_drops, 4);
    assert_int_equal(server.opened, 0);
    /* an OPEN on a stream that is a channel already */
    uint16_t id = open_channel(&client, &reliable);
    uint8_t open[DCEP_MESSAGE_MAX];
    size_t len = dcep_write_open(open, sizeof(open), &lossy);
    data_send_raw(client.association, id, DATA_PPID_DCEP, true, DATA_RELIABLE, 0, open, len);
    run(100 * USEC_PER_MS);
    assert_int_equal(server.dcep_drops, 5);
    assert_int_equal(server.opened, 1);
    assert_int_equal(send_text(&client, id, "still good"), DATA_SENT);
    run(100 * USEC_PER_MS);
    assert_int_equal(server.messages, 1);
    assert_string_equal(server.last_type.label, "_reliable");
}

static void messages_of_unknown_kind_are_dropped(void **state)
{
    (void)state;
    uint16_t id = open_channel(&client, &reliable);
    data_send_raw(client.association, id, 99, true, DATA_RELIABLE, 0, (const uint8_t *)"x", 1);
    run(10 * USEC_PER_MS);
    assert_int_equal(server.drops, 1);
    data_send_raw(client.association, 40, DATA_PPID_BINARY, true, DATA_RELIABLE, 0,
                  (const uint8_t *)"x", 1);
    run(10 * USEC_PER_MS);
    assert_int_equal(server.drops, 2);
    assert_int_equal(server.messages, 0);
}

static void garbage_does_not_end_it(void **state)
{
    (void)state;
    uint16_t id = open_channel(&client, &reliable);
    uint8_t packet[DATA_INPUT_MAX + 1] = {0};
    assert_false(data_input(server.association, packet, 15, virtual_now));
    assert_false(data_input(server.association, packet, sizeof(packet), virtual_now));
    for (unsigned i = 0; i < 2000; i++) {
        size_t len = 16 + chance() % 200;
        for (size_t j = 0; j < len; j++)
            packet[j] = (uint8_t)chance();
        be16_put(packet, 5000);
        be16_put(packet + 2, 5000);
        data_input(server.association, packet, len, virtual_now);
        take_events();
    }
    assert_int_equal(send_text(&client, id, "alive"), DATA_SENT);
    run(100 * USEC_PER_MS);
    assert_int_equal(server.messages, 1);
    assert_int_equal(server.down, 0);
}

static void a_peer_that_is_gone_is_told(void **state)
{
    (void)state;
    uint16_t id = open_channel(&server, &reliable);
    loss_percent = 100;
    assert_int_equal(send_text(&server, id, "anybody?"), DATA_SENT);
    run(20 * USEC_PER_SEC);
    assert_int_equal(server.down, 0); /* ICE may still be restarted */
    run(120 * USEC_PER_SEC);
    assert_int_equal(server.down, 1);
    assert_int_equal(send_text(&server, id, "no"), DATA_NO_CHANNEL);
}

static void places_are_used_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        data_close(server.association);
        data_close(client.association);
        open_side(&server, i & 1);
        open_side(&client, !(i & 1));
        run(20 * USEC_PER_MS);
        assert_int_equal(server.up, 1);
        uint16_t id = open_channel(&client, &reliable);
        assert_int_equal(send_text(&client, id, "again"), DATA_SENT);
        if (i % 3)
            run(TICK);
        assert_int_equal(server.messages, i % 3 ? 1 : 0);
    }
    struct side more[ASSOCIATIONS - 2], *none = NULL;
    for (unsigned i = 0; i < ASSOCIATIONS - 2; i++)
        open_side(&more[i], true);
    const struct data_options o = {.local_port = 5000, .remote_port = 5000, .user = none};
    assert_null(data_open(stack, &o, virtual_now));
    assert_null(data_stack_create(1, virtual_now));
}

static void without_associations_nothing_ticks(void **state)
{
    (void)state;
    assert_true(data_deadline(stack) != USEC_NEVER);
    data_close(server.association);
    data_close(client.association);
    assert_true(data_deadline(stack) == USEC_NEVER);
    struct data_association *a;
    uint8_t buf[DATA_PACKET_MAX];
    assert_int_equal(data_output(stack, &a, buf), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_both, close_both)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_peer_opens_channels),
        T(we_open_channels),
        T(channels_may_be_made_before_it_is_up),
        T(messages_before_the_ack_are_not_lost),
        T(empty_messages_pass),
        T(a_megabyte_arrives_in_order),
        T(a_megabyte_arrives_in_order_despite_loss),
        T(lossy_messages_wait_no_longer_than_wanted),
        T(lossy_messages_get_past_a_long_transfer),
        T(lossy_messages_are_not_repeated),
        T(a_silent_peer_fills_the_buffers_to_their_bounds),
        T(too_long_messages_are_refused_both_ways),
        T(the_peers_limit_is_kept),
        T(channels_close_and_their_ids_come_back),
        T(channels_are_bounded),
        T(malformed_opening_is_dropped),
        T(messages_of_unknown_kind_are_dropped),
        T(garbage_does_not_end_it),
        T(a_peer_that_is_gone_is_told),
        T(places_are_used_again),
        T(without_associations_nothing_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
