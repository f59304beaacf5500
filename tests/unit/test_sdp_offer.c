/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/offer.h"
#include "tests/unit/sdp_support.h"
#include "tests/unit/sdp_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sdp_offer_table t;
static struct sdp_remote remote;

static int setup(void **state)
{
    struct sdp_bench *b = sdp_bench_new();
    b->policy.single = false;
    memset(&t, 0, sizeof t);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static int attach(enum sdp_kind kind, uint64_t owner)
{
    struct sdp_sending s = {.ssrc = (uint32_t)(1000 + owner),
                            .rtx_ssrc = kind == SDP_VIDEO ? (uint32_t)(2000 + owner) : 0,
                            .red = kind == SDP_AUDIO};
    snprintf(s.stream_id, sizeof s.stream_id, "PA_p|TR_%u", (unsigned)owner);
    snprintf(s.track_sid, sizeof s.track_sid, "TR_%u", (unsigned)owner);
    return sdp_offer_attach(&t, kind, owner, &s);
}

static void offer(struct sdp_bench *b)
{
    struct sdp_writer w = sdp_writer_of(b->text, sizeof b->text);
    assert_true(sdp_offer(&t, &b->local, &b->policy, &w));
    if (!sdp_parse(&b->offer, b->text, w.len, &b->error))
        fail_msg("own offer, line %u: %s", b->error.line, b->error.reason);
}

static bool apply(struct sdp_bench *b, const char *answer)
{
    if (!sdp_parse(&b->reply, answer, strlen(answer), &b->error))
        fail_msg("line %u: %s", b->error.line, b->error.reason);
    return sdp_offer_apply(&t, &b->policy, &b->reply, b->facts, &remote, &b->error);
}

static void note(void *arg, const char *mid, const char *sid)
{
    char *text = arg;
    snprintf(text + strlen(text), 100 - strlen(text), "%s=%s ", mid, sid);
}

static void data_comes_first(void **state)
{
    struct sdp_bench *b = *state;
    offer(b);
    assert_int_equal(b->offer.section_count, 1);
    assert_int_equal(b->offer.sections[0].kind, SDP_DATA);
    assert_true(sdp_bench_has(b, 0, "a=mid:0"));
    assert_true(sdp_bench_has(b, 0, "a=setup:actpass"));
    assert_true(apply(b, SESSION("0") DATA(ICE, "0", "active")));
    assert_string_equal(remote.ufrag, "wXyZ");
    assert_false(remote.dtls_client);
    assert_int_equal(remote.sctp_port, 5000);
}

static void sections_of_tracks(void **state)
{
    struct sdp_bench *b = *state;
    assert_int_equal(attach(SDP_AUDIO, 7), 0);
    assert_int_equal(attach(SDP_VIDEO, 8), 1);
    offer(b);
    assert_non_null(strstr(b->text, "a=group:BUNDLE 0 1 2\r\n"));
    assert_true(sdp_bench_has(b, 1, "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8"));
    assert_true(sdp_bench_has(b, 1, "a=sendrecv"));
    assert_true(sdp_bench_has(b, 1, "a=ssrc:1007 cname:PA_p|TR_7"));
    assert_false(sdp_bench_has(b, 1, "a=rtcp-fb:111 nack")); /* RED */
    assert_true(sdp_bench_has(b, 1,
                              "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/"
                              "abs-capture-time"));
    assert_true(sdp_bench_has(b, 2,
                              "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 100 101 125 126 "
                              "108 109 104 105 102 103 35 36 116 117"));
    assert_true(sdp_bench_has(b, 2, "a=ssrc-group:FID 1008 2008"));
    assert_true(sdp_bench_has(b, 2, "a=msid:PA_p|TR_8 TR_8"));
    assert_true(sdp_bench_has(b, 2, "a=rtcp-fb:96 goog-remb"));
    assert_non_null(strstr(sdp_bench_section(b, 2), EXT_DD("1")));
    assert_non_null(strstr(sdp_bench_section(b, 2), EXT_AST("3")));
}

static void sections_are_used_again(void **state)
{
    struct sdp_bench *b = *state;
    attach(SDP_VIDEO, 1);
    attach(SDP_VIDEO, 2);
    assert_int_equal(attach(SDP_VIDEO, 2), 1); /* keeps its own */
    assert_true(sdp_offer_detach(&t, 1));
    assert_false(sdp_offer_detach(&t, 1));
    offer(b);
    assert_true(sdp_bench_has(b, 1, "a=recvonly"));
    assert_null(strstr(sdp_bench_section(b, 1), "a=msid:"));
    assert_int_equal(attach(SDP_AUDIO, 3), 2); /* another kind */
    assert_int_equal(attach(SDP_VIDEO, 4), 0);
    assert_int_equal(sdp_offer_find(&t, 4), 0);
    assert_int_equal(sdp_offer_find(&t, 1), -1);
    char tracks[100] = "";
    sdp_offer_tracks(&t, note, tracks);
    assert_string_equal(tracks, "1=TR_4 2=TR_2 3=TR_3 ");
}

static void full_table(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= SDP_OFFER_TRACKS_MAX; i++)
        assert_int_equal(attach(SDP_AUDIO, i), (int)i - 1);
    assert_int_equal(attach(SDP_AUDIO, 1000), -1);
}

#define ANSWER_VIDEO(mid, port, direction)                                                         \
    "m=video " port " UDP/TLS/RTP/SAVPF 96 97 125 126\r\nc=IN IP4 0.0.0.0\r\na=mid:" mid           \
    "\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n" RTX(                                      \
        "97", "96") "a=rtpmap:125 H264/90000\r\n" H264_FMTP("125", "0", "42e01f")                  \
        RTX("126", "125") EXT_DD("1") EXT_AST("3") "a=setup:active\r\n" direction                  \
        TRANSPORT(ICE)                                                                             \
    MUX

static void answer_is_applied(void **state)
{
    struct sdp_bench *b = *state;
    attach(SDP_VIDEO, 1);
    attach(SDP_VIDEO, 2);
    offer(b);
    assert_true(apply(b, SESSION("0 1") DATA(ICE, "0", "active") ANSWER_VIDEO("1", "9", RECVONLY)
                             ANSWER_VIDEO("2", "0", "a=inactive\r\n")));
    const struct sdp_negotiated *n = &b->facts[0];
    assert_string_equal(n->mid, "1");
    assert_int_equal(n->direction, SDP_SENDONLY);
    assert_true(n->nack);
    assert_int_equal(n->payload_count, 2);
    assert_int_equal(n->payloads[1].codec, SDP_H264);
    assert_int_equal(n->payloads[1].rtx_pt, 126);
    assert_int_equal(n->extensions.dependency_descriptor, 1);
    assert_int_equal(n->extensions.abs_send_time, 3);
    assert_int_equal(n->extensions.abs_capture_time, 0);
    assert_true(b->facts[1].rejected);
    assert_string_equal(b->facts[1].mid, "2");
}

static void change_while_an_offer_is_out(void **state)
{
    struct sdp_bench *b = *state;
    attach(SDP_VIDEO, 1);
    offer(b);
    sdp_offer_detach(&t, 1);
    attach(SDP_VIDEO, 2); /* takes the same section, whose SSRCs the client does not know */
    attach(SDP_AUDIO, 3); /* in a section that was not offered yet */
    const char *answer = SESSION("0 1") DATA(ICE, "0", "active") ANSWER_VIDEO("1", "9", RECVONLY);
    assert_true(apply(b, answer));
    assert_int_equal(b->facts[0].direction, SDP_INACTIVE);
    assert_false(b->facts[0].rejected || b->facts[1].rejected);
    assert_int_equal(b->facts[1].direction, SDP_INACTIVE);
    offer(b);
    assert_false(apply(b, answer)); /* two sections more were offered */
}

static void foreign_numbers_do_not_count(void **state)
{
    struct sdp_bench *b = *state;
    attach(SDP_AUDIO, 1);
    offer(b);
    assert_true(apply(
        b, SESSION("0 1") DATA(
               ICE, "0",
               "active") "m=audio 9 UDP/TLS/RTP/SAVPF 111 96\r\na=mid:1\r\n"
                         "a=rtpmap:96 opus/48000/2\r\na=rtpmap:111 PCMU/8000\r\n" EXT_LEVEL("2")
                             RECVONLY TRANSPORT(ICE) MUX));
    assert_true(b->facts[0].rejected);
    assert_int_equal(b->facts[0].payload_count, 0);
    assert_int_equal(b->facts[0].extensions.audio_level, 0);
}

static void wrong_answers(void **state)
{
    struct sdp_bench *b = *state;
    attach(SDP_VIDEO, 1);
    offer(b);
    assert_false(apply(b, SESSION("0") DATA(ICE, "0", "active")));
    assert_string_equal(b->error.reason, "answer has other sections than the offer");
    assert_false(
        apply(b, SESSION("0 2") DATA(ICE, "0", "active") ANSWER_VIDEO("2", "9", RECVONLY)));
    assert_false(apply(b, SESSION("0 1") DATA(ICE, "0", "active") AUDIO(ICE, "1", RECVONLY)));
    assert_false(
        apply(b, SESSION("1 0") ANSWER_VIDEO("1", "9", RECVONLY) DATA(ICE, "0", "active")));
    struct sdp_writer w = sdp_writer_of(b->text, 300);
    assert_false(sdp_offer(&t, &b->local, &b->policy, &w));
}

static void policy_shapes_the_offer(void **state)
{
    struct sdp_bench *b = *state;
    b->policy = (struct sdp_policy){.enabled = 1u << SDP_OPUS | 1u << SDP_RED | 1u << SDP_VP8,
                                    .send_side_bwe = true,
                                    .playout_delay = true,
                                    .no_red_downstream = true};
    attach(SDP_AUDIO, 1);
    attach(SDP_VIDEO, 2);
    t.sections[0].sending.red = false;
    t.sections[0].sending.stereo = true;
    offer(b);
    assert_true(sdp_bench_has(b, 1, "m=audio 9 UDP/TLS/RTP/SAVPF 111"));
    assert_true(sdp_bench_has(b, 1, "a=fmtp:111 minptime=10;useinbandfec=1;sprop-stereo=1"));
    assert_true(sdp_bench_has(b, 1, "a=rtcp-fb:111 nack"));
    assert_true(sdp_bench_has(b, 2, "m=video 9 UDP/TLS/RTP/SAVPF 96 97"));
    assert_true(sdp_bench_has(b, 2, "a=rtcp-fb:96 transport-cc"));
    assert_false(sdp_bench_has(b, 2, "a=rtcp-fb:96 goog-remb"));
    assert_non_null(strstr(sdp_bench_section(b, 2), EXT_TCC("3")));
    assert_non_null(strstr(sdp_bench_section(b, 2), "a=extmap:4 "));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(data_comes_first),
        T(sections_of_tracks),
        T(sections_are_used_again),
        T(full_table),
        T(answer_is_applied),
        T(change_while_an_offer_is_out),
        T(foreign_numbers_do_not_count),
        T(wrong_answers),
        T(policy_shapes_the_offer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
