/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/write.h"

#include <stdarg.h>
#include <stdio.h>

struct sdp_writer sdp_writer_of(char *buf, size_t cap)
{
    struct sdp_writer w = {.buf = buf, .cap = cap, .bad = cap == 0};
    if (cap)
        buf[0] = '\0';
    return w;
}

void sdp_write(struct sdp_writer *w, const char *format, ...)
{
    if (w->bad)
        return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->buf + w->len, w->cap - w->len, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= w->cap - w->len) {
        w->buf[w->len] = '\0';
        w->bad = true;
        return;
    }
    w->len += (size_t)n;
}

static void fingerprint_text(const uint8_t f[static SDP_FINGERPRINT_SIZE],
                             char text[static SDP_FINGERPRINT_SIZE * 3])
{
    for (int i = 0; i < SDP_FINGERPRINT_SIZE; i++)
        snprintf(text + i * 3, 4, "%02X%s", f[i], i + 1 < SDP_FINGERPRINT_SIZE ? ":" : "");
}

void sdp_write_session(struct sdp_writer *w, const struct sdp_local *local, bool allow_mixed)
{
    char fingerprint[SDP_FINGERPRINT_SIZE * 3 + 1];
    fingerprint_text(local->fingerprint, fingerprint);
    sdp_write(w, "v=0\r\no=- %llu %llu IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
              (unsigned long long)local->session_id, (unsigned long long)local->session_version);
    sdp_write(w, "a=msid-semantic:WMS *\r\na=fingerprint:sha-256 %s\r\n", fingerprint);
    if (local->ice_lite)
        sdp_write(w, "a=ice-lite\r\n");
    if (allow_mixed)
        sdp_write(w, "a=extmap-allow-mixed\r\n");
}

void sdp_write_credentials(struct sdp_writer *w, const struct sdp_local *local)
{
    sdp_write(w, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", local->ufrag, local->pwd);
}

void sdp_write_candidates(struct sdp_writer *w, const struct sdp_local *local)
{
    if (local->candidate_count == 0)
        return;
    for (size_t i = 0; i < local->candidate_count; i++) {
        char line[SDP_CANDIDATE_TEXT];
        if (sdp_candidate_format(line, sizeof line, &local->candidates[i], local->ufrag) == 0)
            w->bad = true;
        else
            sdp_write(w, "a=%s\r\n", line);
    }
    sdp_write(w, "a=end-of-candidates\r\n");
}

void sdp_write_data(struct sdp_writer *w, const struct sdp_local *local, const char *mid,
                    const char *setup)
{
    sdp_write(w, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n");
    sdp_write(w, "a=setup:%s\r\na=mid:%s\r\na=sendrecv\r\n", setup, mid);
    sdp_write(w, "a=sctp-port:5000\r\na=max-message-size:%u\r\n", local->max_message_size);
    sdp_write_credentials(w, local);
}

static void source(struct sdp_writer *w, uint32_t ssrc, const char *stream, const char *track)
{
    sdp_write(w, "a=ssrc:%u cname:%s\r\na=ssrc:%u msid:%s %s\r\n", ssrc, stream, ssrc, stream,
              track);
    sdp_write(w, "a=ssrc:%u mslabel:%s\r\na=ssrc:%u label:%s\r\n", ssrc, stream, ssrc, track);
}

void sdp_write_sending(struct sdp_writer *w, const struct sdp_sending *s, bool rtx)
{
    if (rtx)
        sdp_write(w, "a=ssrc-group:FID %u %u\r\n", s->ssrc, s->rtx_ssrc);
    source(w, s->ssrc, s->stream_id, s->track_sid);
    if (rtx)
        source(w, s->rtx_ssrc, s->stream_id, s->track_sid);
    sdp_write(w, "a=msid:%s %s\r\n", s->stream_id, s->track_sid);
}

void sdp_write_feedback(struct sdp_writer *w, uint8_t pt, uint8_t feedback)
{
    static const struct {
        uint8_t bit;
        const char *text;
    } lines[] = {{SDP_FB_REMB, "goog-remb"},
                 {SDP_FB_TRANSPORT_CC, "transport-cc"},
                 {SDP_FB_FIR, "ccm fir"},
                 {SDP_FB_NACK, "nack"},
                 {SDP_FB_PLI, "nack pli"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (feedback & lines[i].bit)
            sdp_write(w, "a=rtcp-fb:%u %s\r\n", pt, lines[i].text);
}
