/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/ice/tcp_frame.h"

#include "common/bytes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Gives `len` bytes to the framer, as much as it takes at once. */
static size_t feed(struct tcp_framer *f, const uint8_t *data, size_t len)
{
    size_t room;
    uint8_t *to = tcp_framer_space(f, &room);
    size_t n = len < room ? len : room;
    memcpy(to, data, n);
    tcp_framer_filled(f, n);
    return n;
}

/* A stream of packets of growing lengths; packet i is filled with the byte i. */
static size_t make_stream(uint8_t *out, size_t cap, unsigned packets)
{
    size_t at = 0;
    for (unsigned i = 1; i <= packets; i++) {
        uint8_t packet[TCP_FRAME_MAX];
        size_t len = i * 97 % TCP_FRAME_MAX + 1;
        memset(packet, (int)i, len);
        size_t n = tcp_frame_encode(out + at, cap - at, packet, len);
        assert_int_equal(n, len + TCP_FRAME_HEADER);
        at += n;
    }
    return at;
}

static void any_split_gives_the_same_packets(void **state)
{
    (void)state;
    static uint8_t stream[128 * 1024];
    size_t total = make_stream(stream, sizeof(stream), 100);
    for (size_t step = 1; step < 5000; step = step * 3 + 1) {
        static struct tcp_framer f;
        memset(&f, 0, sizeof(f));
        unsigned seen = 0;
        for (size_t at = 0; at < total;) {
            size_t left = total - at;
            at += feed(&f, stream + at, step < left ? step : left);
            const uint8_t *packet;
            size_t len;
            while (tcp_framer_next(&f, &packet, &len) == TCP_FRAME_OK) {
                seen++;
                assert_int_equal(len, seen * 97 % TCP_FRAME_MAX + 1);
                assert_int_equal(packet[0], (uint8_t)seen);
                assert_int_equal(packet[len - 1], (uint8_t)seen);
            }
        }
        assert_int_equal(seen, 100);
    }
}

static void the_longest_packet_passes_a_longer_one_does_not(void **state)
{
    (void)state;
    static struct tcp_framer f;
    memset(&f, 0, sizeof(f));
    uint8_t packet[TCP_FRAME_MAX] = {7};
    uint8_t frame[TCP_FRAME_MAX + 2];
    assert_int_equal(tcp_frame_encode(frame, sizeof(frame), packet, sizeof(packet)), sizeof(frame));
    assert_int_equal(feed(&f, frame, sizeof(frame)), sizeof(frame));
    const uint8_t *out;
    size_t len;
    assert_int_equal(tcp_framer_next(&f, &out, &len), TCP_FRAME_OK);
    assert_int_equal(len, TCP_FRAME_MAX);
    assert_int_equal(tcp_framer_next(&f, &out, &len), TCP_FRAME_MORE);

    const uint8_t too_long[2] = {(TCP_FRAME_MAX + 1) >> 8, (TCP_FRAME_MAX + 1) & 0xff};
    feed(&f, too_long, sizeof(too_long));
    assert_int_equal(tcp_framer_next(&f, &out, &len), TCP_FRAME_TOO_LONG);
}

static void empty_packets_are_skipped(void **state)
{
    (void)state;
    static struct tcp_framer f;
    memset(&f, 0, sizeof(f));
    const uint8_t stream[] = {0, 0, 0, 0, 0, 1, 42, 0, 0};
    feed(&f, stream, sizeof(stream));
    const uint8_t *out;
    size_t len;
    assert_int_equal(tcp_framer_next(&f, &out, &len), TCP_FRAME_OK);
    assert_int_equal(len, 1);
    assert_int_equal(out[0], 42);
    assert_int_equal(tcp_framer_next(&f, &out, &len), TCP_FRAME_MORE);
}

static void encoding_is_bounded(void **state)
{
    (void)state;
    static uint8_t big[70000], out[70010];
    assert_int_equal(tcp_frame_encode(out, 5, big, 4), 0);
    assert_int_equal(tcp_frame_encode(out, 6, big, 4), 6);
    assert_int_equal(tcp_frame_encode(out, sizeof(out), big, 65535), 65537);
    assert_int_equal(tcp_frame_encode(out, sizeof(out), big, 65536), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split_gives_the_same_packets),
        cmocka_unit_test(the_longest_packet_passes_a_longer_one_does_not),
        cmocka_unit_test(empty_packets_are_skipped),
        cmocka_unit_test(encoding_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
