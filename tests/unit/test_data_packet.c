/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/data_packet.h"

#include "common/bytes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct data_packet packet;
static const struct data_sender alice = {.sid = "PA_alice", .identity = "alice"};
static const struct data_sender ghost = {.sid = "PA_ghost", .identity = "ghost", .hidden = true};

/* Bytes written as text: length from the literal. */
#define B(text) (const uint8_t *)(text), sizeof(text) - 1

static bool parse(const uint8_t *data, size_t len)
{
    return data_packet_parse(&packet, data, len);
}

static void expect_stamped(enum data_packet_kind kind, const struct data_sender *from,
                           const uint8_t *expected, size_t len)
{
    uint8_t out[512];
    assert_int_equal(data_packet_stamp(&packet, kind, from, out, sizeof(out)), len);
    assert_memory_equal(out, expected, len);
    size_t room = packet.whole.len + data_packet_stamp_room(&packet, from);
    assert_true(room >= len);
    for (size_t cap = 0; cap < len; cap++)
        assert_int_equal(data_packet_stamp(&packet, kind, from, out, cap), 0);
}

static void reads_the_envelope(void **state)
{
    (void)state;
    /* kind LOSSY, identity "x", two destinations, sequence 300, sid "y", chunk */
    assert_true(parse(B("\x08\x01\x22\x01x\x2a\x03"
                        "bob\x2a\x05"
                        "carol\x80\x01\xac\x02\x8a\x01\x01y\x72\x02hi")));
    assert_int_equal(packet.value, DATA_VALUE_STREAM_CHUNK);
    assert_int_equal(packet.sequence, 300);
    assert_int_equal(packet.n_identities, 2);
    assert_true(data_slice_is(&packet.identities[0], "bob"));
    assert_true(data_slice_is(&packet.identities[1], "carol"));
    assert_false(data_slice_is(&packet.identities[1], "caro"));
    assert_int_equal(packet.n_sids, 0);
}

static void stamps_over_what_the_sender_claims(void **state)
{
    (void)state;
    assert_true(parse(B("\x08\x01\x22\x03"
                        "eve\x2a\x03"
                        "bob\x80\x01\x07\x8a\x01\x06PA_eve\x62\x03\x0a\x01z")));
    expect_stamped(DATA_KIND_RELIABLE, &alice,
                   B("\x2a\x03"
                     "bob\x80\x01\x07\x62\x03\x0a\x01z\x8a\x01\x08PA_alice\x22\x05"
                     "alice"));
    expect_stamped(DATA_KIND_LOSSY, &ghost,
                   B("\x2a\x03"
                     "bob\x80\x01\x07\x62\x03\x0a\x01z\x08\x01\x8a\x01\x08PA_ghost"));
}

static void encrypted_packets_stay_as_they_are(void **state)
{
    (void)state;
    /* encryption_type 1, iv, key_index, value with an inner unknown field */
    static const uint8_t data[] =
        "\x92\x01\x10\x08\x01\x12\x03ivx\x18\x02\x22\x05\xff\x00\xfe\x01z";
    assert_true(parse(data, sizeof(data) - 1));
    assert_int_equal(packet.value, DATA_VALUE_ENCRYPTED);
    uint8_t out[128];
    size_t len = data_packet_stamp(&packet, DATA_KIND_RELIABLE, &alice, out, sizeof(out));
    assert_true(len > sizeof(data) - 1);
    assert_memory_equal(out, data, sizeof(data) - 1);
}

static void unknown_fields_survive(void **state)
{
    (void)state;
    /* field 100 varint, field 101 fixed64, field 102 fixed32, field 103 bytes, no value */
    static const uint8_t data[] = "\xa0\x06\x05\xa9\x06\x01\x02\x03\x04\x05\x06\x07\x08\xb5\x06\x01"
                                  "\x02\x03\x04\xba\x06\x02ok";
    assert_true(parse(data, sizeof(data) - 1));
    assert_int_equal(packet.value, 103);
    uint8_t out[128];
    assert_true(data_packet_stamp(&packet, DATA_KIND_LOSSY, &alice, out, sizeof(out)) > 0);
    assert_memory_equal(out, data, sizeof(data) - 1);
    /* beside a known value they do not count as one */
    assert_true(parse(B("\xba\x06\x02ok\x72\x01x\xba\x06\x02ok")));
    assert_int_equal(packet.value, DATA_VALUE_STREAM_CHUNK);
}

static void user_packets_are_filled_inside(void **state)
{
    (void)state;
    /* user {sid "q", payload "data", destination_sids "PA_b", topic "t", nonce "n1"} */
    assert_true(parse(B("\x12\x18\x0a\x01q\x12\x04"
                        "data\x1a\x04PA_b\x22\x01t\x5a\x02n1"
                        "\x48\x05")));
    assert_int_equal(packet.value, DATA_VALUE_USER);
    assert_int_equal(packet.n_sids, 1);
    assert_true(data_slice_is(&packet.sids[0], "PA_b"));
    assert_true(data_slice_is(&packet.nonce, "n1"));
    expect_stamped(DATA_KIND_RELIABLE, &alice,
                   B("\x8a\x01\x08PA_alice\x22\x05"
                     "alice\x12\x26\x12\x04"
                     "data\x1a\x04PA_b\x22\x01t\x5a\x02n1\x48\x05\x0a\x08PA_alice\x2a\x05"
                     "alice"));
    expect_stamped(DATA_KIND_LOSSY, &ghost,
                   B("\x08\x01\x8a\x01\x08PA_ghost\x12\x15\x12\x04"
                     "data\x1a\x04PA_b\x22\x01t\x5a\x02n1\x48\x05"));
}

static void destinations_are_copied_both_ways(void **state)
{
    (void)state;
    static const uint8_t expected[] = "\x8a\x01\x08PA_alice\x22\x05"
                                      "alice\x2a\x03"
                                      "bob\x12\x19\x12\x01!\x0a\x08PA_alice\x2a\x05"
                                      "alice\x32\x03"
                                      "bob";
    assert_true(parse(B("\x2a\x03"
                        "bob\x12\x03\x12\x01!")));
    assert_false(packet.identities_in_user);
    expect_stamped(DATA_KIND_RELIABLE, &alice, expected, sizeof(expected) - 1);
    assert_true(parse(B("\x12\x08\x12\x01!\x32\x03"
                        "bob")));
    assert_true(packet.identities_in_user);
    assert_int_equal(packet.n_identities, 1);
    expect_stamped(DATA_KIND_RELIABLE, &alice, expected, sizeof(expected) - 1);
    /* where they differ, the envelope's count, whichever comes first */
    assert_true(parse(B("\x12\x08\x12\x01!\x32\x03"
                        "eve\x2a\x03"
                        "bob")));
    expect_stamped(DATA_KIND_RELIABLE, &alice, expected, sizeof(expected) - 1);
}

static void an_empty_packet_gets_its_sender(void **state)
{
    (void)state;
    assert_true(parse(B("")));
    assert_int_equal(packet.value, DATA_VALUE_NONE);
    expect_stamped(DATA_KIND_RELIABLE, &alice,
                   B("\x8a\x01\x08PA_alice\x22\x05"
                     "alice"));
}

static void malformed_packets_are_refused(void **state)
{
    (void)state;
    assert_false(parse(B("\x08"))); /* no value */
    assert_false(parse(B("\x2a\x05"
                         "bob")));                /* too short */
    assert_false(parse(B("\x0b\x0c")));           /* a group */
    assert_false(parse(B("\x00\x01")));           /* field 0 */
    assert_false(parse(B("\x12\x02\x12\x05")));   /* inside the user value */
    assert_false(parse(B("\x72\x01x\x72\x01y"))); /* a value twice */
    assert_false(parse(B("\x72\x01x\x12\x00")));  /* two values */
    assert_false(parse(B("\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))); /* varint */
    assert_false(parse(B("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")));
}

static void destinations_are_bounded(void **state)
{
    (void)state;
    static const uint8_t field[3] = {0x2a, 1, 'x'};
    uint8_t data[sizeof(field) * (DATA_DESTINATIONS_MAX + 1)];
    for (size_t i = 0; i < sizeof(data); i += 3)
        memcpy(data + i, field, sizeof(field));
    assert_true(parse(data, sizeof(data) - 3));
    assert_int_equal(packet.n_identities, DATA_DESTINATIONS_MAX);
    assert_false(parse(data, sizeof(data)));
    static uint8_t big[70000];
    assert_false(parse(big, sizeof(big)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_envelope),
        cmocka_unit_test(stamps_over_what_the_sender_claims),
        cmocka_unit_test(encrypted_packets_stay_as_they_are),
        cmocka_unit_test(unknown_fields_survive),
        cmocka_unit_test(user_packets_are_filled_inside),
        cmocka_unit_test(destinations_are_copied_both_ways),
        cmocka_unit_test(an_empty_packet_gets_its_sender),
        cmocka_unit_test(malformed_packets_are_refused),
        cmocka_unit_test(destinations_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
