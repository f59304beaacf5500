/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/ice/stun.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";
#define PASSWORD password, sizeof(password) - 1

/* RFC 5769 section 2.1 */
static const uint8_t sample_request[] = {
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};

/* RFC 5769 section 2.2 */
static const uint8_t sample_ipv4[] = {
    0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
    0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
    0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
    0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};

/* RFC 5769 section 2.3 */
static const uint8_t sample_ipv6[] = {
    0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
    0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
    0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14,
    0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75,
    0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};

static const uint8_t transaction[STUN_TRANSACTION] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static void reads_the_sample_request(void **state)
{
    (void)state;
    struct stun_message m;
    assert_true(stun_parse(&m, sample_request, sizeof(sample_request)));
    assert_int_equal(m.class, STUN_REQUEST);
    assert_int_equal(m.method, STUN_BINDING);
    assert_int_equal(m.username_len, 9);
    assert_memory_equal(m.username, "evtj:h6vY", 9);
    assert_true(m.has_priority && m.controlled && !m.controlling && m.has_fingerprint);
    assert_int_equal(m.priority, 0x6e0001ff);
    assert_true(m.tie_breaker == 0x932ff9b151263b36ULL);
    assert_int_equal(m.n_unknown, 0);
    assert_true(stun_verify(&m, PASSWORD));
    assert_false(stun_verify(&m, password, sizeof(password) - 2));
    assert_false(stun_verify(&m, "", 0));
}

static void reads_the_sample_responses(void **state)
{
    (void)state;
    struct stun_message m;
    struct net_addr expected;
    assert_true(stun_parse(&m, sample_ipv4, sizeof(sample_ipv4)));
    assert_int_equal(m.class, STUN_SUCCESS);
    assert_true(net_addr_parse(&expected, "192.0.2.1", 32853));
    assert_true(net_addr_equal(&m.mapped, &expected));
    assert_true(stun_verify(&m, PASSWORD));

    assert_true(stun_parse(&m, sample_ipv6, sizeof(sample_ipv6)));
    assert_true(net_addr_parse(&expected, "2001:db8:1234:5678:11:2233:4455:6677", 32853));
    assert_true(net_addr_equal(&m.mapped, &expected));
    assert_true(stun_verify(&m, PASSWORD));
}

static void any_changed_bit_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(sample_request); bit++) {
        uint8_t copy[sizeof(sample_request)];
        memcpy(copy, sample_request, sizeof(copy));
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct stun_message m;
        bool accepted = stun_parse(&m, copy, sizeof(copy)) && m.has_fingerprint;
        assert_false(accepted);
    }
}

static void truncation_and_padding_are_refused(void **state)
{
    (void)state;
    struct stun_message m;
    for (size_t len = 0; len < sizeof(sample_request); len++)
        assert_false(stun_parse(&m, sample_request, len));
    uint8_t longer[sizeof(sample_request) + 4] = {0};
    memcpy(longer, sample_request, sizeof(sample_request));
    assert_false(stun_parse(&m, longer, sizeof(longer)));
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    uint8_t buf[256];
    struct net_addr address;
    assert_true(net_addr_parse(&address, "2001:db8::17", 65535));
    struct writer w = writer_of(buf, sizeof(buf));
    stun_begin(&w, STUN_ERROR, transaction);
    stun_add_error(&w, STUN_ROLE_CONFLICT);
    stun_add_xor_address(&w, &address);
    stun_add_u64(&w, STUN_ICE_CONTROLLING, 0x1122334455667788ULL);
    stun_add_integrity(&w, PASSWORD);
    stun_add_fingerprint(&w);
    size_t len = stun_end(&w);
    struct stun_message m;
    assert_true(stun_parse(&m, buf, len));
    assert_int_equal(m.class, STUN_ERROR);
    assert_int_equal(m.error_code, 487);
    assert_true(net_addr_equal(&m.mapped, &address));
    assert_true(m.tie_breaker == 0x1122334455667788ULL);
    assert_memory_equal(m.transaction, transaction, STUN_TRANSACTION);
    assert_true(m.has_fingerprint && stun_verify(&m, PASSWORD));
}

static void a_full_buffer_gives_nothing(void **state)
{
    (void)state;
    uint8_t buf[200];
    for (size_t cap = 0; cap < 76; cap++) {
        struct writer w = writer_of(buf, cap);
        stun_begin(&w, STUN_SUCCESS, transaction);
        stun_add(&w, STUN_SOFTWARE, "sluice-test-name", 17);
        stun_add_integrity(&w, PASSWORD);
        stun_add_fingerprint(&w);
        assert_int_equal(stun_end(&w), 0);
    }
}

static void attributes_behind_integrity_do_not_count(void **state)
{
    (void)state;
    uint8_t buf[256];
    struct writer w = writer_of(buf, sizeof(buf));
    stun_begin(&w, STUN_REQUEST, transaction);
    stun_add(&w, STUN_USERNAME, "us:them", 7);
    stun_add_integrity(&w, PASSWORD);
    stun_add(&w, STUN_USE_CANDIDATE, "", 0);
    stun_add(&w, 0x7777, "x", 1);
    stun_add_fingerprint(&w);
    struct stun_message m;
    assert_true(stun_parse(&m, buf, stun_end(&w)));
    assert_false(m.use_candidate);
    assert_int_equal(m.n_unknown, 0);
    assert_true(stun_verify(&m, PASSWORD));
}

static void unknown_attributes_are_listed_and_bounded(void **state)
{
    (void)state;
    uint8_t buf[512];
    struct writer w = writer_of(buf, sizeof(buf));
    stun_begin(&w, STUN_REQUEST, transaction);
    for (uint16_t i = 0; i < STUN_UNKNOWN_MAX + 4; i++)
        stun_add(&w, (uint16_t)(0x0100 + i), "abc", 3);
    stun_add(&w, 0xc057, "abcd", 4);
    struct stun_message m;
    assert_true(stun_parse(&m, buf, stun_end(&w)));
    assert_int_equal(m.n_unknown, STUN_UNKNOWN_MAX);
    assert_int_equal(m.unknown[0], 0x0100);

    w = writer_of(buf, sizeof(buf));
    stun_begin(&w, STUN_REQUEST, transaction);
    for (unsigned i = 0; i <= STUN_ATTRIBUTES_MAX; i++)
        stun_add(&w, STUN_SOFTWARE, "", 0);
    assert_false(stun_parse(&m, buf, stun_end(&w)));
}

static void finds_the_ufrag_of_a_request(void **state)
{
    (void)state;
    const char *ufrag;
    size_t len;
    assert_true(stun_request_ufrag(sample_request, sizeof(sample_request), &ufrag, &len));
    assert_int_equal(len, 4);
    assert_memory_equal(ufrag, "evtj", 4);
    assert_false(stun_request_ufrag(sample_ipv4, sizeof(sample_ipv4), &ufrag, &len));
    for (size_t n = 0; n < sizeof(sample_request); n++) {
        if (stun_request_ufrag(sample_request, n, &ufrag, &len))
            assert_true(n >= 76);
    }
    uint8_t buf[64];
    struct writer w = writer_of(buf, sizeof(buf));
    stun_begin(&w, STUN_REQUEST, transaction);
    stun_add(&w, STUN_USERNAME, "nocolon", 7);
    assert_false(stun_request_ufrag(buf, stun_end(&w), &ufrag, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_sample_request),
        cmocka_unit_test(reads_the_sample_responses),
        cmocka_unit_test(any_changed_bit_is_noticed),
        cmocka_unit_test(truncation_and_padding_are_refused),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(a_full_buffer_gives_nothing),
        cmocka_unit_test(attributes_behind_integrity_do_not_count),
        cmocka_unit_test(unknown_attributes_are_listed_and_bounded),
        cmocka_unit_test(finds_the_ufrag_of_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
