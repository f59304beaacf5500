/* SPDX-License-Identifier: Apache-2.0 */
#include "common/link/link.pb-c.h"
#include "control/sdp/codecs.h"
#include "tests/unit/sdp_support.h"
#include "tests/unit/sdp_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sdp_description d;
static struct sdp_error e;

static void must_parse(const char *text)
{
    if (!sdp_parse(&d, text, strlen(text), &e))
        fail_msg("line %u: %s", e.line, e.reason);
}

static void must_refuse(const char *text, uint32_t line, const char *reason)
{
    assert_false(sdp_parse(&d, text, strlen(text), &e));
    assert_string_equal(e.reason, reason);
    assert_int_equal(e.line, line);
}

static void assert_text(struct sdp_text t, const char *s)
{
    assert_int_equal(t.len, strlen(s));
    assert_memory_equal(t.at, s, t.len);
}

static void chromium_join(void **state)
{
    (void)state;
    must_parse(CHROMIUM_JOIN);
    assert_true(d.extmap_allow_mixed);
    assert_int_equal(d.section_count, 3);
    const struct sdp_section *a = &d.sections[0], *v = &d.sections[1], *x = &d.sections[2];
    assert_int_equal(a->kind, SDP_AUDIO);
    assert_int_equal(a->direction, SDP_RECVONLY);
    assert_true(a->bundled && a->rtcp_mux);
    assert_text(a->mid, "0");
    assert_text(a->transport.ufrag, "wXyZ");
    assert_true(a->transport.has_fingerprint);
    assert_int_equal(a->transport.fingerprint[0], 0xab);
    assert_int_equal(a->transport.fingerprint[31], 0x89);
    assert_int_equal(a->transport.setup, SDP_SETUP_ACTPASS);
    assert_int_equal(a->format_count, 8);
    assert_text(a->formats[0].name, "opus");
    assert_int_equal(a->formats[0].channels, 2);
    assert_int_equal(a->formats[0].feedback, SDP_FB_TRANSPORT_CC);
    assert_int_equal(v->format_count, 19);
    assert_int_equal(v->formats[0].feedback,
                     SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR | SDP_FB_REMB | SDP_FB_TRANSPORT_CC);
    assert_text(v->formats[1].fmtp, "apt=96");
    assert_int_equal(v->extmap_count, 7);
    assert_int_equal(x->kind, SDP_DATA);
    assert_int_equal(x->sctp_port, 5000);
    assert_int_equal(x->max_message_size, 262144);
}

static void publish_sections(void **state)
{
    (void)state;
    must_parse(CHROMIUM_PUBLISH);
    const struct sdp_section *mic = &d.sections[3], *cam = &d.sections[4];
    assert_text(mic->stream_id, "stream-1");
    assert_text(mic->track_id, "mic-1");
    assert_true(sdp_section_sends(mic));
    assert_false(sdp_section_receives(mic));
    assert_int_equal(mic->source_count, 1);
    assert_int_equal(mic->sources[0].ssrc, 3860791199u);
    assert_int_equal(cam->rid_count, 3);
    assert_text(cam->rids[0].id, "q");
    assert_text(cam->rids[2].id, "f");
    must_parse(CHROMIUM_SVC);
    assert_int_equal(d.sections[1].source_count, 1);
    assert_int_equal(d.sections[1].sources[0].ssrc, 610106846u);
    assert_int_equal(d.sections[1].sources[0].rtx_ssrc, 1657636382u);
}

static void firefox(void **state)
{
    (void)state;
    must_parse(FIREFOX_PUBLISH);
    const struct sdp_section *v = &d.sections[2];
    assert_true(v->transport.has_fingerprint); /* of the session level */
    assert_text(v->mid, "2");
    assert_int_equal(v->rid_count, 3);
    assert_text(v->rids[0].id, "f");
    assert_int_equal(v->extmaps[3].id, 6);
    assert_int_equal(v->extmaps[3].direction, SDP_RECVONLY);
    assert_int_equal(d.sections[0].max_message_size, 1073741823);
    assert_int_equal(d.sections[0].direction, SDP_SENDRECV);
}

static void native(void **state)
{
    (void)state;
    must_parse(NATIVE_JOIN);
    assert_int_equal(d.sections[0].candidates, 2);
    assert_int_equal(d.sections[0].port, 49996);
    assert_text(d.sections[0].mid, "0");
}

static void paused_layers_and_order(void **state)
{
    (void)state;
    must_parse(SESSION("0") VIDEO(
        ICE, "0", CAMERA) "a=rid:f send\r\na=rid:h send\r\na=rid:x send\r\na=rid:q send\r\n"
                          "a=simulcast: send q,x;~h;~f\r\n");
    assert_int_equal(d.sections[0].rid_count, 3);
    assert_text(d.sections[0].rids[0].id, "q");
    assert_text(d.sections[0].rids[1].id, "h");
    assert_text(d.sections[0].rids[2].id, "f");
}

static void group_before_sources(void **state)
{
    (void)state;
    must_parse(SESSION("0") VIDEO(
        ICE, "0",
        "a=sendonly\r\n") "a=ssrc-group:FID 5 6\r\na=ssrc:5 cname:c\r\na=ssrc:6 cname:c\r\n"
                          "a=ssrc-group:SIM 5 7\r\n");
    assert_int_equal(d.sections[0].source_count, 1);
    assert_int_equal(d.sections[0].sources[0].rtx_ssrc, 6);
}

static void line_ends(void **state)
{
    (void)state;
    must_parse("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:a\n");
    assert_text(d.sections[0].formats[0].name, "PCMU");            /* static type */
    assert_true(d.sections[0].bundled);                            /* alone */
    must_parse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a"); /* no last end */
    assert_text(d.sections[0].mid, "a");
}

static void liveness(void **state)
{
    (void)state;
    must_parse("v=0\r\na=group:BUNDLE a c\r\n"
               "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n"
               "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:b\r\n"
               "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:c\r\na=bundle-only\r\n"
               "m=text 9 RTP/AVP 98\r\na=mid:d\r\n");
    assert_false(sdp_section_lives(&d.sections[0]));
    assert_false(sdp_section_lives(&d.sections[1])); /* not in the bundle */
    assert_true(sdp_section_lives(&d.sections[2]));
    assert_int_equal(d.sections[3].kind, SDP_OTHER);
}

static void malformed(void **state)
{
    (void)state;
#define M "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    must_refuse("", 0, "description is empty");
    must_refuse("hello\r\n", 1, "not a type=value line");
    must_refuse("v=1\r\n", 1, "does not begin with v=0");
    must_refuse("v=0\r\n\r\nm=audio", 2, "not a type=value line");
    must_refuse("v=0\r\ns=a\x01z\r\n", 2, "control or non-ASCII character");
    must_refuse(M "a=mid:\xc3\xa4\r\n", 3, "control or non-ASCII character");
    must_refuse("v=0\r\nm=audio x UDP/TLS/RTP/SAVPF 111\r\n", 2, "m-line: port is not a number");
    must_refuse("v=0\r\nm=audio 99999 UDP/TLS/RTP/SAVPF 1\r\n", 2, "m-line: port is not a number");
    must_refuse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF\r\n", 2, "m-line: no format");
    must_refuse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 128\r\n", 2,
                "m-line: payload type is not 0 to 127");
    must_refuse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 1 2 1\r\n", 2, "m-line: payload type twice");
    must_refuse(M "a=rtpmap:111 opus\r\n", 3, "rtpmap: not name/clock");
    must_refuse(M "a=rtpmap:111 opus/48000/999\r\n", 3, "rtpmap: channels are not a number");
    must_refuse(M "a=extmap:0 urn:x\r\n", 3, "extmap: id is not a number");
    must_refuse(M "a=mid:0123456789abcdef\r\n", 3, "mid: not a token of 1 to 15 characters");
    must_refuse(M "a=mid:1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n", 5,
                "mid: used twice");
    must_refuse(M "a=sendonly\r\n", 3, "section without mid");
    must_refuse(M "a=rid:a/b send\r\n", 3, "rid: not an id of 1 to 15 letters and digits");
    must_refuse(M "a=rid:a send\r\na=rid:a send\r\n", 4, "rid: used twice");
    must_refuse(M "a=ssrc:x cname:a\r\n", 3, "ssrc: not a number");
    must_refuse(M "a=ssrc:0 cname:a\r\n", 3, "ssrc: not a number");
    must_refuse(M "a=ssrc-group:FID 1\r\n", 3, "ssrc-group: not two numbers");
    must_refuse(M "a=setup:holdconn\r\n", 3, "setup: not actpass, active or passive");
    must_refuse(M "a=ice-ufrag:abc\r\n", 3, "ice-ufrag: not 4 to 256 characters");
    must_refuse(M "a=ice-pwd:short\r\n", 3, "ice-pwd: not 22 to 256 characters");
    must_refuse(M "a=fingerprint:sha-256 AB:CD\r\n", 3, "fingerprint: malformed");
    must_refuse("v=0\r\na=group:BUNDLE 1\r\na=group:BUNDLE 2\r\n", 3,
                "group: more than one BUNDLE");
    must_refuse(M "a=mid:1\r\na=fingerprint:sha-1 AB:CD\r\n", 4,
                "fingerprint: only sha-256 is supported");
#undef M
}

/* Text of `count` times `piece` (with %u for the number) after `begin`. */
static char *repeated(const char *begin, const char *piece, unsigned count)
{
    size_t cap = strlen(begin) + count * (strlen(piece) + 12) + 1, len;
    char *text = malloc(cap);
    assert_non_null(text);
    len = (size_t)snprintf(text, cap, "%s", begin);
    for (unsigned i = 0; i < count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        len += (size_t)snprintf(text + len, cap - len, piece, i + 1);
#pragma GCC diagnostic pop
    }
    return text;
}

static void refuse_repeated(const char *begin, const char *piece, unsigned max, const char *reason)
{
    char *fits = repeated(begin, piece, max), *excess = repeated(begin, piece, max + 1);
    assert_true(sdp_parse(&d, fits, strlen(fits), &e) ||
                strcmp(e.reason, "section without mid") == 0);
    assert_false(sdp_parse(&d, excess, strlen(excess), &e));
    assert_string_equal(e.reason, reason);
    free(fits);
    free(excess);
}

static void limits(void **state)
{
    (void)state;
    const char *m = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n";
    refuse_repeated("v=0\r\n", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:%u\r\n", SDP_SECTIONS_MAX,
                    "too many sections");
    refuse_repeated("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF", " %u", SDP_CODECS_MAX,
                    "m-line: too many payload types");
    refuse_repeated(m, "a=extmap:%u urn:x\r\n", SDP_EXTMAPS_MAX, "extmap: too many");
    refuse_repeated(m, "a=rid:%u send\r\n", SDP_RIDS_MAX, "rid: too many");
    refuse_repeated(m, "a=ssrc:%u cname:x\r\n", SDP_SSRCS_MAX, "ssrc: too many");
    char *line = repeated("v=0\r\ns=", "xxxxxxxxxx%u", SDP_LINE_MAX / 10);
    must_refuse(line, 2, "line too long");
    free(line);
    char *large = repeated("v=0\r\n", "s=%u\r\n", SDP_SIZE_MAX / 6);
    must_refuse(large, 0, "description too large");
    free(large);
}

static void remote_of(void **state)
{
    (void)state;
    struct sdp_remote r, restarted;
    must_parse(CHROMIUM_JOIN);
    assert_true(sdp_remote_of(&d, &r, &e));
    assert_string_equal(r.ufrag, "wXyZ");
    assert_string_equal(r.pwd, "0123456789abcdefghijklmn");
    assert_false(r.dtls_client);
    assert_int_equal(r.sctp_port, 5000);
    assert_int_equal(r.max_message_size, 262144);
    must_parse(CHROMIUM_JOIN_OF(ICE2));
    assert_true(sdp_remote_of(&d, &restarted, &e));
    assert_true(sdp_ice_restarts(&r, &restarted));
    assert_false(sdp_ice_restarts(&r, &r));
    assert_false(sdp_ice_restarts(&(struct sdp_remote){0}, &r)); /* the first one is none */
    must_parse(SESSION("0") DATA(ICE, "0", "passive"));
    assert_true(sdp_remote_of(&d, &r, &e));
    assert_true(r.dtls_client);
}

static void remote_refused(void **state)
{
    (void)state;
    struct sdp_remote r;
    must_parse(SESSION("0 1") DATA(ICE, "0", "actpass") AUDIO(ICE2, "1", RECVONLY));
    assert_false(sdp_remote_of(&d, &r, &e));
    assert_string_equal(e.reason, "sections of one bundle have different transports");
    must_parse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n");
    assert_false(sdp_remote_of(&d, &r, &e));
    assert_string_equal(e.reason, "no ice-ufrag or ice-pwd");
    must_parse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n" ICE);
    assert_false(sdp_remote_of(&d, &r, &e));
    assert_string_equal(e.reason, "no fingerprint");
    must_parse("v=0\r\n");
    assert_false(sdp_remote_of(&d, &r, &e));
    assert_string_equal(e.reason, "no section is offered");
}

static enum sdp_codec video_codec(const char *rtpmap, const char *fmtp)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtpmap:96 %s\r\na=fmtp:96 %s\r\n",
        rtpmap, fmtp);
    must_parse(text);
    return sdp_codec_of(&d.sections[0], &d.sections[0].formats[0]);
}

static void codec_matching(void **state)
{
    (void)state;
    assert_int_equal(video_codec("vp8/90000", "max-fs=12288;max-fr=60"), SDP_VP8);
    assert_int_equal(video_codec("VP8/48000", "x=1"), SDP_CODEC_UNKNOWN);
    assert_int_equal(video_codec("VP9/90000", "max-fs=1"), SDP_VP9);
    assert_int_equal(video_codec("VP9/90000", "profile-id=1"), SDP_VP9);
    assert_int_equal(video_codec("VP9/90000", "profile-id=2"), SDP_CODEC_UNKNOWN);
    assert_int_equal(video_codec("H264/90000", "profile-level-id=42E034"), SDP_H264);
    assert_int_equal(video_codec("H264/90000", "profile-level-id=640c1f;packetization-mode=1"),
                     SDP_CODEC_UNKNOWN);
    assert_int_equal(video_codec("H264/90000", "packetization-mode=1; profile-level-id=64001f"),
                     SDP_H264);
    assert_int_equal(video_codec("H264/90000", "packetization-mode=2;profile-level-id=42e01f"),
                     SDP_CODEC_UNKNOWN);
    assert_int_equal(video_codec("AV1/90000", "level-idx=5;profile=0"), SDP_AV1);
    assert_int_equal(video_codec("AV1/90000", "profile=1"), SDP_CODEC_UNKNOWN);
    assert_int_equal(video_codec("H265/90000", "level-id=93;profile-id=1"), SDP_H265);
    assert_int_equal(video_codec("H265/90000", "profile-id=2"), SDP_CODEC_UNKNOWN);
    assert_int_equal(video_codec("opus/90000", "x"), SDP_CODEC_UNKNOWN);
    assert_int_equal(sdp_codec_by_mime("video/vp8"), SDP_VP8);
    assert_int_equal(sdp_codec_by_mime("audio/RED"), SDP_RED);
    assert_int_equal(sdp_codec_by_mime("AV1"), SDP_AV1);
    assert_int_equal(sdp_codec_by_mime("video/rtx"), SDP_CODEC_UNKNOWN);
    assert_string_equal(sdp_codec_mime(SDP_H265), "video/H265");
}

/* What is negotiated goes to the dataplane by number. */
static void numbers_of_the_link(void **state)
{
    (void)state;
    for (int c = 1; c < SDP_CODEC_COUNT; c++) {
        const ProtobufCEnumValue *v =
            protobuf_c_enum_descriptor_get_value(&sluice__link__codec__descriptor, c);
        assert_non_null(v);
        assert_int_equal(sdp_codec_by_mime(v->name), c);
    }
}

static void red_needs_opus(void **state)
{
    (void)state;
    must_parse("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 63 111 64\r\na=mid:0\r\n"
               "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111 opus/48000/2\r\n"
               "a=rtpmap:64 red/48000/2\r\na=fmtp:64 0/0\r\n");
    const struct sdp_section *s = &d.sections[0];
    assert_int_equal(sdp_codec_of(s, &s->formats[0]), SDP_RED);
    assert_int_equal(sdp_codec_of(s, &s->formats[2]), SDP_CODEC_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chromium_join),
        cmocka_unit_test(publish_sections),
        cmocka_unit_test(firefox),
        cmocka_unit_test(native),
        cmocka_unit_test(paused_layers_and_order),
        cmocka_unit_test(group_before_sources),
        cmocka_unit_test(line_ends),
        cmocka_unit_test(liveness),
        cmocka_unit_test(malformed),
        cmocka_unit_test(limits),
        cmocka_unit_test(remote_of),
        cmocka_unit_test(remote_refused),
        cmocka_unit_test(codec_matching),
        cmocka_unit_test(numbers_of_the_link),
        cmocka_unit_test(red_needs_opus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
