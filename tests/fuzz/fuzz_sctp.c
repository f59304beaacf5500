/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks of a hostile peer into an association that is up: the input is cut into packets (two bytes
 * of length each), which get the right ports, verification tag and checksum. The first byte says
 * whether the association is to have a channel.
 */
#include "dataplane/sctp/sctp_internal.h"

#include "common/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct data_stack *stack;
static usec_t now = USEC_PER_SEC;
static uint8_t tag[4]; /* what the victim expects */

static struct data_association *open_side(bool client, void *user)
{
    const struct data_options o = {
        .dtls_client = client, .local_port = 5000, .remote_port = 5000, .user = user};
    struct data_association *a = data_open(stack, &o, now);
    if (!a)
        abort();
    return a;
}

static void take_events(void)
{
    struct data_event e;
    while (data_next_event(stack, &e)) {
        if (e.type == DATA_MESSAGE && e.len > DATA_MESSAGE_MAX)
            abort();
    }
}

/* Carries packets between both until nothing flies. */
static void connect_sides(struct data_association *victim, struct data_association *peer)
{
    struct data_association *from;
    uint8_t buf[DATA_PACKET_MAX];
    size_t len;
    while ((len = data_output(stack, &from, buf)) > 0) {
        if (from == peer)
            memcpy(tag, buf + 4, sizeof(tag));
        data_input(from == peer ? victim : peer, buf, len, now);
        take_events();
    }
}

static void inject(struct data_association *victim, const uint8_t *chunks, size_t len)
{
    uint8_t packet[DATA_INPUT_MAX];
    be16_put(packet, 5000);
    be16_put(packet + 2, 5000);
    memcpy(packet + 4, tag, sizeof(tag));
    memset(packet + 8, 0, 4);
    memcpy(packet + 12, chunks, len);
    uint32_t crc = usrsctp_crc32c(packet, 12 + len);
    memcpy(packet + 8, &crc, sizeof(crc));
    data_input(victim, packet, 12 + len, now);
    take_events();
}

static void drop_output(void)
{
    struct data_association *from;
    uint8_t buf[DATA_PACKET_MAX];
    while (data_output(stack, &from, buf) > 0) {
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct data_channel_type type = {.label = "x", .ordered = true};
    if (!stack && !(stack = data_stack_create(8, now)))
        abort();
    if (size == 0)
        return 0;
    struct data_association *victim = open_side(false, NULL);
    struct data_association *peer = open_side(true, NULL);
    connect_sides(victim, peer);
    if (data[0] & 1)
        data_channel_create(peer, &type, now);
    connect_sides(victim, peer);
    data_close(peer);
    struct reader r = reader_of(data + 1, size - 1);
    while (reader_left(&r) > 2) {
        size_t len = read_be16(&r) % 1500u;
        len = len < reader_left(&r) ? len : reader_left(&r);
        inject(victim, read_bytes(&r, len), len);
        drop_output();
        now += TICK;
        data_timeout(stack, now);
    }
    data_close(victim);
    take_events();
    now += USEC_PER_SEC;
    data_timeout(stack, now);
    drop_output();
    return 0;
}
