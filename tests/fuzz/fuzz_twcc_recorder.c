/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four bytes per packet: sequence number and time since the last one (logarithmic). All feedback
 * made of them parses, and tells of received packets only.
 */
#include "common/bytes.h"
#include "dataplane/rtcp/parse.h"
#include "dataplane/rtcp/twcc_recorder.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool seen[65536];

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_feedback(const uint8_t *data, size_t len)
{
    struct rtcp_cursor c = rtcp_begin(data, len);
    struct rtcp_packet p;
    struct rtcp_twcc t;
    struct rtcp_twcc_cursor statuses;
    struct rtcp_twcc_status s;
    unsigned received = 0;
    check(rtcp_valid(data, len) && rtcp_next(&c, &p) && rtcp_read_twcc(&p, &t, &statuses));
    while (rtcp_twcc_next(&statuses, &s)) {
        check(!s.received || seen[s.seq]);
        received += s.received;
    }
    check(received > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct twcc_recorder r;
    static uint8_t out[1200];
    struct reader in = reader_of(data, len);
    usec_t now = read_be32(&in) * 1000ULL + 1;
    size_t cap = TWCC_FEEDBACK_MIN + read_u8(&in) * 2U;
    memset(seen, 0, sizeof seen);
    twcc_recorder_init(&r, 1);
    while (reader_left(&in) >= 4) {
        uint16_t seq = read_be16(&in);
        uint8_t exponent = read_u8(&in);
        now += ((1ULL << (exponent & 0x1f)) * read_u8(&in)) >> 8;
        seen[seq] = true;
        twcc_recorder_record(&r, seq, 2, exponent & 0x80, now);
        size_t packets = 0;
        for (size_t n; (n = twcc_recorder_feedback(&r, now, out, cap)) > 0; packets++) {
            check(n <= cap && packets < TWCC_WINDOW);
            check_feedback(out, n);
        }
    }
    return 0;
}
