/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/slots.h"
#include "tests/unit/sdp_support.h"
#include "tests/unit/sdp_vectors.h"

#include <string.h>

static struct sdp_slots t;
static struct sdp_description d;

static int clean(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    return 0;
}

static void update(const char *offer)
{
    struct sdp_error e;
    if (!sdp_parse(&d, offer, strlen(offer), &e))
        fail_msg("line %u: %s", e.line, e.reason);
    sdp_slots_update(&t, &d);
}

static bool require(uint32_t audios, uint32_t videos)
{
    uint32_t a, v;
    bool any = sdp_slots_require(&t, &a, &v);
    return a == audios && v == videos && any == (audios || videos);
}

#define TWO_VIDEOS                                                                                 \
    SESSION("0 1 2 3")                                                                             \
    DATA(ICE, "0", "actpass")                                                                      \
    VIDEO(ICE, "1", RECVONLY) AUDIO(ICE, "2", RECVONLY) VIDEO(ICE, "3", RECVONLY)

static void lowest_free_section(void **state)
{
    (void)state;
    update(TWO_VIDEOS);
    assert_int_equal(sdp_slots_role(&t, 1), SDP_ROLE_IDLE);
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 10), 1);
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 10), 1); /* again the same */
    assert_int_equal(sdp_slots_take(&t, SDP_AUDIO, 11), 2);
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 12), 3);
    assert_int_equal(sdp_slots_role(&t, 1), SDP_ROLE_SEND);
    assert_int_equal(sdp_slots_find(&t, 12), 3);
    assert_true(require(0, 0));
}

static void used_again(void **state)
{
    (void)state;
    update(TWO_VIDEOS);
    sdp_slots_take(&t, SDP_VIDEO, 10);
    sdp_slots_take(&t, SDP_VIDEO, 11);
    assert_true(sdp_slots_release(&t, 10));
    assert_false(sdp_slots_release(&t, 10));
    assert_int_equal(sdp_slots_role(&t, 1), SDP_ROLE_ENDED);
    update(TWO_VIDEOS);
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 12), 1);
    sdp_slots_release(&t, 12);
    t.no_reuse = true;
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 13), -1);
    assert_true(require(0, 1));
}

static void missing_sections(void **state)
{
    (void)state;
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 1), -1); /* before any offer */
    assert_int_equal(sdp_slots_take(&t, SDP_AUDIO, 2), -1);
    update(CHROMIUM_JOIN); /* one of each kind */
    assert_int_equal(sdp_slots_find(&t, 1), 1);
    assert_int_equal(sdp_slots_find(&t, 2), 0);
    assert_true(require(0, 0));
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 3), -1);
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 3), -1);
    assert_true(require(0, 1));
    assert_true(require(0, 0)); /* asked for already */
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 4), -1);
    assert_true(require(0, 1)); /* one more */
    update(CHROMIUM_JOIN);      /* an offer that crossed the request */
    assert_true(require(0, 0));
    sdp_slots_forget_asked(&t); /* the request was lost */
    assert_true(require(0, 2));
    sdp_slots_release(&t, 4); /* the client adds two all the same */
    update(SESSION("0 1 2 3 4") AUDIO(ICE, "0", RECVONLY) VIDEO(ICE, "1", RECVONLY)
               DATA(ICE, "2", "actpass") VIDEO(ICE, "3", RECVONLY) VIDEO(ICE, "4", RECVONLY));
    assert_int_equal(sdp_slots_find(&t, 3), 3);
    assert_int_equal(sdp_slots_role(&t, 4), SDP_ROLE_IDLE);
    assert_int_equal(t.asked_videos, 0);
}

static void sections_of_the_client(void **state)
{
    (void)state;
    update(CHROMIUM_PUBLISH);
    assert_int_equal(sdp_slots_take(&t, SDP_AUDIO, 1), 0);
    assert_int_equal(sdp_slots_take(&t, SDP_AUDIO, 2), -1); /* the microphone's is not free */
    assert_int_equal(sdp_slots_role(&t, 3), SDP_ROLE_ENDED);
}

static void section_that_stops_receiving(void **state)
{
    (void)state;
    update(SESSION("0") AUDIO(ICE, "0", RECVONLY));
    sdp_slots_take(&t, SDP_AUDIO, 1);
    update(SESSION("0") AUDIO(ICE, "0", "a=inactive\r\n"));
    assert_int_equal(sdp_slots_find(&t, 1), -1);
    assert_true(require(1, 0));
    update(SESSION("0") AUDIO(ICE, "0", RECVONLY));
    assert_int_equal(sdp_slots_find(&t, 1), 0);
}

static void m_line_of_another_mid(void **state)
{
    (void)state;
    update(SESSION("a") AUDIO(ICE, "a", RECVONLY));
    sdp_slots_take(&t, SDP_AUDIO, 1);
    update(SESSION("b") VIDEO(ICE, "b", RECVONLY));
    assert_int_equal(sdp_slots_find(&t, 1), -1);
    assert_int_equal(sdp_slots_role(&t, 0), SDP_ROLE_IDLE);
    assert_int_equal(sdp_slots_take(&t, SDP_VIDEO, 2), 0);
}

static void full_queue(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= SDP_WAITING_MAX; i++)
        assert_int_equal(sdp_slots_take(&t, SDP_AUDIO, i), -1);
    assert_int_equal(sdp_slots_take(&t, SDP_AUDIO, 9999), -2);
    assert_true(sdp_slots_release(&t, 1));
    assert_int_equal(sdp_slots_take(&t, SDP_AUDIO, 9999), -1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, clean)
    const struct CMUnitTest tests[] = {
        T(lowest_free_section),
        T(used_again),
        T(missing_sections),
        T(sections_of_the_client),
        T(section_that_stops_receiving),
        T(m_line_of_another_mid),
        T(full_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
