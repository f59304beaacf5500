/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/candidate.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static struct sdp_candidate of(const char *ip, uint16_t port, bool tcp)
{
    struct sdp_candidate c = {.tcp = tcp, .preference = UINT16_MAX};
    assert_true(net_addr_parse(&c.addr, ip, port));
    return c;
}

static void written(void **state)
{
    (void)state;
    char text[SDP_CANDIDATE_TEXT];
    struct sdp_candidate udp = of("127.0.0.1", 7862, false), tcp = of("fd00::2", 7861, true);
    size_t n = sdp_candidate_format(text, sizeof text, &udp, "uf");
    assert_int_equal(n, strlen(text));
    assert_string_equal(text,
                        "candidate:2878742611 1 udp 2130706431 127.0.0.1 7862 typ host ufrag uf");
    sdp_candidate_format(text, sizeof text, &tcp, NULL);
    assert_string_equal(
        text, "candidate:1469377455 1 tcp 1671430143 fd00::2 7861 typ host tcptype passive");
    assert_int_equal(sdp_candidate_format(text, 20, &udp, "uf"), 0);
}

static void written_as_json(void **state)
{
    (void)state;
    char text[SDP_CANDIDATE_JSON];
    struct sdp_candidate udp = of("192.0.2.1", 1, false);
    size_t n = sdp_candidate_init(text, sizeof text, &udp, "a\"b", 2, "uf");
    assert_int_equal(n, strlen(text));
    assert_non_null(strstr(text, "\"sdpMid\":\"a\\\"b\""));
    assert_non_null(strstr(text, "\"sdpMLineIndex\":2"));
    struct sdp_trickled_candidate c;
    assert_int_equal(sdp_candidate_read_init(text, strlen(text), &c), SDP_TRICKLED_CANDIDATE);
    assert_string_equal(c.type, "host");
    assert_string_equal(c.ufrag, "uf");
    assert_true(net_addr_equal(&c.addr, &udp.addr));
    assert_int_equal(c.priority, sdp_candidate_priority(&udp));
    assert_int_equal(sdp_candidate_init(text, 30, &udp, "0", 0, "uf"), 0);
    assert_int_equal(sdp_candidate_init(text, 0, &udp, "0", 0, "uf"), 0);
}

/* RFC 8445 section 5.1.2.1: UDP before TCP, and in each the preferred one first. */
static void priorities(void **state)
{
    (void)state;
    struct sdp_candidate udp = of("192.0.2.1", 1, false), tcp = of("192.0.2.1", 1, true);
    uint32_t best_udp = sdp_candidate_priority(&udp), best_tcp = sdp_candidate_priority(&tcp);
    udp.preference = tcp.preference = 0x1000;
    assert_true(sdp_candidate_priority(&udp) < best_udp);
    assert_true(sdp_candidate_priority(&tcp) < best_tcp);
    assert_true(best_tcp < sdp_candidate_priority(&udp));
}

static enum sdp_trickled read_text(const char *text, struct sdp_trickled_candidate *c)
{
    return sdp_candidate_read(text, strlen(text), c);
}

static void clients(void **state)
{
    (void)state;
    struct sdp_trickled_candidate c;
    assert_int_equal(
        read_text("candidate:1 1 UDP 2122252543 7b4a1f2e-3c5d.local 50613 typ host", &c),
        SDP_TRICKLED_CANDIDATE);
    assert_int_equal(c.addr.family, 0);
    assert_int_equal(
        read_text("a=candidate:1 1 tcp 2105524479 192.0.2.7 9 typ host tcptype active", &c),
        SDP_TRICKLED_CANDIDATE);
    assert_true(c.tcp);
    assert_int_equal(read_text("candidate:3 1 udp 92217343 198.51.100.30 61234 typ relay raddr "
                               "203.0.113.9 rport 50613 generation 0 ufrag ab network-id 1",
                               &c),
                     SDP_TRICKLED_CANDIDATE);
    assert_string_equal(c.type, "relay");
    assert_string_equal(c.ufrag, "ab");
    assert_int_equal(c.addr.port, 61234);
    assert_int_equal(read_text("", &c), SDP_TRICKLED_END);
    assert_int_equal(read_text("a=end-of-candidates", &c), SDP_TRICKLED_END);
}

static void malformed(void **state)
{
    (void)state;
    struct sdp_trickled_candidate c;
    static const char *const bad[] = {
        "candidate:",
        "candidate:1",
        "candidate:1 x udp 1 192.0.2.1 1 typ host",
        "candidate:1 1 udp -1 192.0.2.1 1 typ host",
        "candidate:1 1 udp 1 192.0.2.1 65536 typ host",
        "candidate:1 1 udp 1 192.0.2.1 1",
        "candidate:1 1 udp 1  1 typ host",
        "candidate:1 1 udp 1 192.0.2.1 1 typ toolongtype",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(read_text(bad[i], &c), SDP_TRICKLED_BAD);
    static const char *const json[] = {"",
                                       "[]",
                                       "{}",
                                       "{\"candidate\":1}",
                                       "{\"candidate\":\"x\"}",
                                       "{\"candidate\":\"\"",
                                       "{\"candidate\":\"\",\"candidate\":1}"};
    for (size_t i = 0; i < sizeof json / sizeof *json; i++)
        assert_int_equal(sdp_candidate_read_init(json[i], strlen(json[i]), &c), SDP_TRICKLED_BAD);
    const char *end = "{\"candidate\":\"\",\"sdpMid\":null}";
    assert_int_equal(sdp_candidate_read_init(end, strlen(end), &c), SDP_TRICKLED_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written), cmocka_unit_test(written_as_json), cmocka_unit_test(priorities),
        cmocka_unit_test(clients), cmocka_unit_test(malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
