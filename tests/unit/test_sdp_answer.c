/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sdp_support.h"
#include "tests/unit/sdp_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    *state = sdp_bench_new();
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

#define SERVER_ICE "a=ice-ufrag:srvufrag\r\na=ice-pwd:srvpwdsrvpwdsrvpwdsrvpwd\r\n"
#define SERVER_SESSION                                                                             \
    "v=0\r\no=- 77 1001 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=msid-semantic:WMS *\r\n"               \
    "a=fingerprint:sha-256 5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:"                       \
    "5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A:5A\r\na=extmap-allow-mixed\r\n"

static void golden_audio_and_data(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, SESSION("0 1") AUDIO(ICE, "0", RECVONLY) DATA(ICE, "1", "actpass"));
    sdp_bench_send(b, 0);
    sdp_bench_answer(b);
    assert_string_equal(
        b->text, SERVER_SESSION
        "a=group:BUNDLE 0 1\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8\r\nc=IN IP4 0.0.0.0\r\n"
        "a=setup:passive\r\na=mid:0\r\n" SERVER_ICE "a=rtcp-mux\r\na=rtcp-rsize\r\n"
        "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
        "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" EXT_LEVEL("1")
            EXT_MID("4") "a=ssrc:1000 cname:PA_a|TR_0\r\na=ssrc:1000 msid:PA_a|TR_0 TR_0\r\n"
                         "a=ssrc:1000 mslabel:PA_a|TR_0\r\na=ssrc:1000 label:TR_0\r\n"
                         "a=msid:PA_a|TR_0 TR_0\r\na=sendonly\r\n"
                         "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
                         "a=setup:passive\r\na=mid:1\r\na=sendrecv\r\na=sctp-port:5000\r\n"
                         "a=max-message-size:65535\r\n" SERVER_ICE);
    sdp_bench_answer(b);
    assert_non_null(strstr(b->text, "o=- 77 1002 IN")); /* one more */
}

static void idle_section(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, CHROMIUM_JOIN);
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 1, "a=sendonly"));
    assert_null(strstr(sdp_bench_section(b, 1), "a=msid:"));
    assert_null(strstr(sdp_bench_section(b, 1), "a=ssrc:"));
    assert_true(
        sdp_bench_has(b, 1, "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 102 103 104 107 45 46"));
    assert_true(sdp_bench_has(b, 1, "a=rtcp-fb:96 transport-cc"));
    assert_true(sdp_bench_has(b, 1, "a=rtcp-fb:96 goog-remb"));
    /* Extensions that are not answered now are not offered later. */
    assert_non_null(strstr(sdp_bench_section(b, 1), EXT_DD("12")));
    assert_null(strstr(sdp_bench_section(b, 1), "toffset"));
}

static void sending_video(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, CHROMIUM_JOIN);
    sdp_bench_send(b, 1);
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 1, "a=ssrc-group:FID 1001 2001"));
    assert_true(sdp_bench_has(b, 1, "a=ssrc:2001 msid:PA_a|TR_1 TR_1"));
    assert_true(sdp_bench_has(b, 1, "a=rtcp-fb:96 goog-remb"));
    assert_false(sdp_bench_has(b, 1, "a=rtcp-fb:96 transport-cc"));
    const struct sdp_negotiated *n = &b->facts[1];
    assert_string_equal(n->mid, "1");
    assert_int_equal(n->direction, SDP_SENDONLY);
    assert_true(n->nack);
    assert_int_equal(n->payload_count, 5);
    assert_int_equal(n->payloads[0].codec, SDP_VP8);
    assert_int_equal(n->payloads[0].pt, 96);
    assert_int_equal(n->payloads[0].rtx_pt, 97);
    assert_int_equal(n->payloads[0].clock, 90000);
    assert_string_equal(sdp_negotiated_payload(n, SDP_H264)->fmtp,
                        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f");
    assert_null(sdp_negotiated_payload(n, SDP_H265));
    assert_int_equal(n->extensions.abs_send_time, 2);
    assert_int_equal(n->extensions.dependency_descriptor, 12);
    assert_int_equal(n->extensions.transport_cc, 0); /* REMB is used */
    assert_int_equal(n->extensions.rid, 0);
    b->policy.send_side_bwe = true;
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 1, "a=rtcp-fb:96 transport-cc"));
    assert_false(sdp_bench_has(b, 1, "a=rtcp-fb:96 goog-remb"));
    assert_int_equal(b->facts[1].extensions.transport_cc, 3);
    assert_int_equal(b->facts[1].extensions.abs_send_time, 0);
}

/* Who gives no feedback estimates by itself, whatever is preferred. */
static void a_receiver_without_feedback(void **state)
{
    struct sdp_bench *b = *state;
    static char offer[] = CHROMIUM_JOIN;
    for (char *at = offer; (at = strstr(at, "transport-cc"));)
        memcpy(at, "transport-no", 12);
    b->policy.send_side_bwe = true;
    sdp_bench_offer(b, offer);
    sdp_bench_send(b, 1);
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 1, "a=rtcp-fb:96 goog-remb"));
    assert_int_equal(b->facts[1].extensions.transport_cc, 0);
    assert_int_equal(b->facts[1].extensions.abs_send_time, 2);
}

static void ended_section(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, CHROMIUM_JOIN);
    b->plans[1].role = SDP_ROLE_ENDED;
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 1, "a=inactive"));
    assert_false(b->facts[1].rejected);
    assert_true(b->reply.sections[1].bundled);
}

static void publish_simulcast(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, CHROMIUM_PUBLISH);
    b->plans[3].publishing = (struct sdp_publishing){.codec = SDP_OPUS, .red = true, .dtx = true};
    b->plans[4].publishing = (struct sdp_publishing){.codec = SDP_VP8};
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 3, "m=audio 9 UDP/TLS/RTP/SAVPF 63 111 0 8"));
    assert_true(sdp_bench_has(b, 3, "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1"));
    assert_true(sdp_bench_has(b, 3, "a=recvonly"));
    assert_null(strstr(sdp_bench_section(b, 3), "rtcp-fb")); /* nack was not offered */
    assert_int_equal(b->facts[3].payloads[0].codec, SDP_RED);
    assert_int_equal(b->facts[3].encodings[0].ssrc, 3860791199u);
    assert_int_equal(b->facts[3].extensions.audio_level, 1);
    assert_true(sdp_bench_has(b, 4, "a=rid:q recv"));
    assert_true(sdp_bench_has(b, 4, "a=simulcast:recv q;h;f"));
    assert_true(sdp_bench_has(b, 4, "a=rtcp-fb:96 transport-cc"));
    const struct sdp_negotiated *n = &b->facts[4];
    assert_int_equal(n->encoding_count, 3);
    assert_string_equal(n->encodings[2].rid, "f");
    assert_int_equal(sdp_encoding_layer(n, 2), 2);
    assert_int_equal(n->encodings[0].ssrc, 0);
    assert_int_equal(n->extensions.rid, 10);
    assert_int_equal(n->extensions.repaired_rid, 11);
    assert_int_equal(n->extensions.transport_cc, 3);
}

static void publish_svc(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, CHROMIUM_SVC);
    b->policy.single = false;
    b->plans[1].publishing = (struct sdp_publishing){.codec = SDP_VP9};
    sdp_bench_answer(b);
    assert_true(
        sdp_bench_has(b, 1, "m=video 9 UDP/TLS/RTP/SAVPF 98 99 96 97 102 103 104 107 45 46"));
    assert_int_equal(b->facts[1].encoding_count, 1);
    assert_int_equal(b->facts[1].encodings[0].ssrc, 610106846u);
    assert_int_equal(b->facts[1].encodings[0].rtx_ssrc, 1657636382u);
    /* A publisher's PeerConnection estimates by transport-cc alone. */
    assert_false(sdp_bench_has(b, 1, "a=rtcp-fb:98 goog-remb"));
    assert_int_equal(b->facts[1].extensions.abs_send_time, 0);
}

static void opus_parameters(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, CHROMIUM_PUBLISH);
    b->plans[3].publishing = (struct sdp_publishing){.codec = SDP_OPUS, .stereo = true};
    sdp_bench_send(b, 0);
    b->plans[0].sending.stereo = true;
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(
        b, 3, "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;maxaveragebitrate=510000"));
    assert_true(sdp_bench_has(b, 3, "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8"));
    assert_true(sdp_bench_has(b, 0, "a=fmtp:111 minptime=10;useinbandfec=1;sprop-stereo=1"));
}

static void firefox_rules(void **state)
{
    struct sdp_bench *b = *state;
    b->policy.only_chosen_codec = true;
    b->policy.no_red_downstream = true;
    sdp_bench_offer(b, FIREFOX_PUBLISH);
    b->plans[1].publishing = (struct sdp_publishing){.codec = SDP_OPUS, .red = true, .dtx = true};
    b->plans[2].publishing = (struct sdp_publishing){.codec = SDP_VP8};
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 1, "m=audio 9 UDP/TLS/RTP/SAVPF 109 0 8")); /* has no RED */
    assert_true(sdp_bench_has(b, 2, "m=video 9 UDP/TLS/RTP/SAVPF 120 124"));
    assert_true(sdp_bench_has(b, 2, "a=fmtp:120 max-fs=12288;max-fr=60"));
    assert_true(sdp_bench_has(b, 2, "a=simulcast:recv f;h;q")); /* as offered */
    assert_string_equal(b->facts[2].encodings[0].rid, "q");     /* the lowest */
    assert_string_equal(b->facts[2].encodings[2].rid, "f");
    assert_int_equal(sdp_encoding_layer(&b->facts[2], 0), 0);
    assert_null(strstr(b->text, "extmap-allow-mixed")); /* was not offered */
    /* A codec that is not offered restricts nothing. */
    b->plans[2].publishing.codec = SDP_AV1;
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 2, "m=video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 126 127 97 98"));
    /* Where we send, there is no RED for Firefox and Safari. */
    sdp_bench_offer(b, CHROMIUM_JOIN);
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 0, "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8"));
}

/* The section that publishes may have a bit rate to begin with; it is no news to our own. */
static void hints_to_senders(void **state)
{
    struct sdp_bench *b = *state;
#define HINTED(mid, direction)                                                                     \
    "m=video 9 UDP/TLS/RTP/SAVPF 96 98\r\nc=IN IP4 0.0.0.0\r\n" TRANSPORT(                         \
        ICE) "a=mid:" mid "\r\n" direction MUX                                                     \
             "a=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=612\r\n"                   \
             "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0;x-google-start-bitrate=612\r\n"
    sdp_bench_offer(b, SESSION("0 1") HINTED("0", RECVONLY) HINTED("1", CAMERA));
    sdp_bench_send(b, 0);
    sdp_bench_answer(b);
    assert_null(strstr(sdp_bench_section(b, 0), "a=fmtp:96"));
    assert_true(sdp_bench_has(b, 0, "a=fmtp:98 profile-id=0"));
    assert_true(sdp_bench_has(b, 1, "a=fmtp:96 x-google-start-bitrate=612"));
    assert_true(sdp_bench_has(b, 1, "a=fmtp:98 profile-id=0;x-google-start-bitrate=612"));
}

static void extension_directions(void **state)
{
    struct sdp_bench *b = *state;
    b->policy.playout_delay = true;
    sdp_bench_offer(b, SESSION("0")
                           VIDEO(ICE, "0",
                                 RECVONLY
                                 "a=extmap:6/recvonly "
                                 "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n"));
    sdp_bench_send(b, 0);
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(
        b, 0, "a=extmap:6/sendonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"));
    assert_int_equal(b->facts[0].extensions.playout_delay, 6);
}

static void enabled_codecs(void **state)
{
    struct sdp_bench *b = *state;
    b->policy.enabled = 1u << SDP_OPUS | 1u << SDP_H264;
    sdp_bench_offer(b, CHROMIUM_PUBLISH);
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 0, "m=audio 9 UDP/TLS/RTP/SAVPF 111"));
    assert_true(sdp_bench_has(b, 1, "m=video 9 UDP/TLS/RTP/SAVPF 102 103 104 107"));
    b->policy.enabled = 1u << SDP_OPUS;
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 1, "m=video 0 UDP/TLS/RTP/SAVPF 96"));
    assert_true(sdp_bench_has(b, 1, "c=IN IP4 0.0.0.0"));
    assert_true(b->facts[1].rejected && b->facts[4].rejected);
    assert_non_null(strstr(b->text, "a=group:BUNDLE 0 2 3\r\n"));
}

static void rejected_sections(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, SESSION("0 1 3") AUDIO(ICE, "0", RECVONLY) DATA(ICE, "1", "actpass")
                           AUDIO(ICE, "2", RECVONLY) /* outside of the bundle */
                    "m=text 9 RTP/AVP 98\r\na=mid:3\r\n");
    b->plans[0].role = SDP_ROLE_REJECT;
    b->plans[2].role = SDP_ROLE_IDLE;
    b->plans[3].role = SDP_ROLE_PUBLISH;
    struct sdp_candidate c = {0};
    assert_true(net_addr_parse(&c.addr, "192.0.2.1", 7882));
    b->local.candidates = &c;
    b->local.candidate_count = 1;
    sdp_bench_answer(b);
    assert_true(b->facts[0].rejected && b->facts[2].rejected && b->facts[3].rejected);
    assert_true(sdp_bench_has(b, 3, "m=text 0 RTP/AVP 98"));
    assert_true(sdp_bench_has(b, 3, "a=mid:3"));
    assert_non_null(strstr(b->text, "a=group:BUNDLE 1\r\n"));
    /* Candidates are in the first section that lives. */
    assert_null(strstr(sdp_bench_section(b, 0), "a=candidate"));
    assert_true(sdp_bench_has(b, 1, "a=end-of-candidates"));
    assert_int_equal(b->reply.sections[1].candidates, 1);
}

static void roles_that_do_not_fit(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, CHROMIUM_PUBLISH);
    sdp_bench_send(b, 4); /* the client does not receive there */
    b->plans[1].role = SDP_ROLE_PUBLISH;
    b->plans[2].role = SDP_ROLE_IDLE;
    b->plans[0].role = SDP_ROLE_DATA;
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 4, "a=inactive"));
    assert_true(sdp_bench_has(b, 1, "a=inactive"));
    assert_true(b->facts[0].rejected && b->facts[2].rejected);
}

static void nothing_to_answer(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, SESSION("0") AUDIO(ICE, "0", RECVONLY));
    b->plans[0].role = SDP_ROLE_REJECT;
    struct sdp_writer w = sdp_writer_of(b->text, sizeof b->text);
    assert_false(sdp_answer(&b->offer, &b->local, &b->policy, b->plans, &w, b->facts, &b->error));
    assert_string_equal(b->error.reason, "no section can be answered");
}

static void small_buffer(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, CHROMIUM_PUBLISH);
    sdp_bench_answer(b);
    size_t need = strlen(b->text) + 1;
    for (size_t cap = 1; cap < need; cap += 97) {
        struct sdp_writer w = sdp_writer_of(b->text, cap);
        assert_false(
            sdp_answer(&b->offer, &b->local, &b->policy, b->plans, &w, b->facts, &b->error));
        assert_string_equal(b->error.reason, "answer does not fit its buffer");
        assert_true(strlen(b->text) < cap);
    }
    struct sdp_writer w = sdp_writer_of(b->text, need);
    assert_true(sdp_answer(&b->offer, &b->local, &b->policy, b->plans, &w, b->facts, &b->error));
}

static void dtls_role(void **state)
{
    struct sdp_bench *b = *state;
    b->local.ice_lite = true;
    sdp_bench_offer(b, SESSION("0") DATA(ICE, "0", "passive"));
    sdp_bench_answer(b);
    assert_true(sdp_bench_has(b, 0, "a=setup:active"));
    assert_non_null(strstr(b->text, "\r\na=ice-lite\r\n"));
}

static void audio_nack(void **state)
{
    struct sdp_bench *b = *state;
    sdp_bench_offer(b, SESSION("0") AUDIO(ICE, "0", RECVONLY "a=rtcp-fb:111 nack\r\n"));
    sdp_bench_send(b, 0);
    sdp_bench_answer(b);
    assert_true(b->facts[0].nack);
    assert_true(sdp_bench_has(b, 0, "a=rtcp-fb:111 nack"));
    b->plans[0].sending.red = true;
    sdp_bench_answer(b);
    assert_false(b->facts[0].nack);
    assert_false(sdp_bench_has(b, 0, "a=rtcp-fb:111 nack"));
}

static void note(void *arg, const char *mid, const char *sid)
{
    char *text = arg;
    snprintf(text + strlen(text), 100 - strlen(text), "%s=%s ", mid, sid);
}

static void tracks_by_mid(void **state)
{
    struct sdp_bench *b = *state;
    char text[100] = "";
    sdp_bench_offer(b, CHROMIUM_PUBLISH);
    sdp_bench_send(b, 0);
    sdp_bench_send(b, 1);
    sdp_bench_answer(b);
    sdp_answer_tracks(b->plans, b->facts, b->offer.section_count, note, text);
    assert_string_equal(text, "0=TR_0 1=TR_1 ");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(golden_audio_and_data),
        T(idle_section),
        T(sending_video),
        T(a_receiver_without_feedback),
        T(ended_section),
        T(publish_simulcast),
        T(publish_svc),
        T(opus_parameters),
        T(firefox_rules),
        T(extension_directions),
        T(enabled_codecs),
        T(rejected_sections),
        T(roles_that_do_not_fit),
        T(nothing_to_answer),
        T(small_buffer),
        T(dtls_role),
        T(audio_nack),
        T(tracks_by_mid),
        T(hints_to_senders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
