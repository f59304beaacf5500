/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/data_track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* As livekit-client writes them. */
static const uint8_t plain[] = {0x18, 0, 0x12, 0x34, 0, 7, 0, 3, 0, 1, 0x5f, 0x90, 'h', 'i'};
static const uint8_t with_timestamp[] = {0x14, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 0, 0,  0,
                                         2,    2, 8, 0, 0,    0,    0, 0, 1, 2, 3, 'x'};

static void reads_the_header(void **state)
{
    (void)state;
    struct data_track_header h;
    assert_true(data_track_parse(&h, plain, sizeof(plain)));
    assert_true(h.first && h.last);
    assert_int_equal(h.handle, 0x1234);
    assert_int_equal(h.sequence, 7);
    assert_int_equal(h.frame, 3);
    assert_int_equal(h.timestamp, 90000);
    assert_int_equal(h.len, DATA_TRACK_HEADER);
}

static void finds_the_end_of_extensions(void **state)
{
    (void)state;
    struct data_track_header h;
    assert_true(data_track_parse(&h, with_timestamp, sizeof(with_timestamp)));
    assert_true(h.first && !h.last);
    assert_int_equal(h.sequence, 0xffff);
    assert_int_equal(h.len, 24);
    assert_true(data_track_parse(&h, with_timestamp, 24));
    for (size_t n = 0; n < 24; n++)
        assert_false(data_track_parse(&h, with_timestamp, n));
}

static void refuses_other_versions_and_handle_zero(void **state)
{
    (void)state;
    struct data_track_header h;
    uint8_t packet[sizeof(plain)];
    for (unsigned version = 1; version < 8; version++) {
        memcpy(packet, plain, sizeof(plain));
        packet[0] |= (uint8_t)(version << 5);
        assert_false(data_track_parse(&h, packet, sizeof(packet)));
    }
    memcpy(packet, plain, sizeof(plain));
    data_track_set_handle(packet, 0);
    assert_false(data_track_parse(&h, packet, sizeof(packet)));
    for (size_t n = 0; n < DATA_TRACK_HEADER; n++)
        assert_false(data_track_parse(&h, plain, n));
}

static void rewrites_nothing_but_the_handle(void **state)
{
    (void)state;
    struct data_track_header h;
    uint8_t packet[sizeof(plain)];
    memcpy(packet, plain, sizeof(plain));
    data_track_set_handle(packet, 0xabcd);
    assert_true(data_track_parse(&h, packet, sizeof(packet)));
    assert_int_equal(h.handle, 0xabcd);
    data_track_set_handle(packet, 0x1234);
    assert_memory_equal(packet, plain, sizeof(plain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_header),
        cmocka_unit_test(finds_the_end_of_extensions),
        cmocka_unit_test(refuses_other_versions_and_handle_zero),
        cmocka_unit_test(rewrites_nothing_but_the_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
