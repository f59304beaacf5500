/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses a packet, reads every extension, writes the header anew from them, and takes the packet
 * for RTX.
 */
#include "dataplane/rtp/extension.h"
#include "dataplane/rtp/packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void decode(const struct rtp_extension *e)
{
    char text[16];
    uint8_t level;
    bool voice;
    uint16_t a;
    uint16_t b;
    uint32_t time;
    struct abs_capture_time capture;
    sdes_text_get(e, text, sizeof text);
    audio_level_get(e, &level, &voice);
    transport_cc_get(e, &a);
    playout_delay_get(e, &a, &b);
    abs_send_time_get(e, &time);
    abs_capture_time_get(e, &capture);
}

static void write_again(const struct rtp_packet *p)
{
    static uint8_t out[2048];
    struct rtp_extension list[RTP_EXTENSIONS_MAX];
    struct rtp_extension_cursor c = rtp_extensions(p);
    struct rtp_header h = {p->pt, p->marker, p->seq, p->ts, p->ssrc};
    size_t n = 0;
    while (n < RTP_EXTENSIONS_MAX && rtp_extension_next(&c, &list[n]))
        decode(&list[n++]);
    size_t len = rtp_write_header(out, sizeof out, &h, list, n);
    if (len == 0)
        return;
    struct rtp_packet q;
    check(rtp_parse_header(&q, out, len));
    check(q.seq == p->seq && q.ssrc == p->ssrc && q.payload_len == 0);
    c = rtp_extensions(&q);
    struct rtp_extension e;
    for (size_t i = 0; i < n; i++) {
        check(rtp_extension_next(&c, &e) && e.id == list[i].id && e.len == list[i].len);
        check(e.len == 0 || memcmp(e.data, list[i].data, e.len) == 0);
    }
    check(!rtp_extension_next(&c, &e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtp_packet p;
    if (!rtp_parse(&p, data, len))
        return 0;
    check((size_t)p.header_len + p.payload_len + p.padding_len == len);
    write_again(&p);
    uint8_t *copy = malloc(len);
    memcpy(copy, data, len);
    check(rtp_parse(&p, copy, len));
    if (rtx_restore(&p, copy, 1, 2)) {
        struct rtp_packet q;
        check(rtp_parse(&q, p.data, len - RTX_OSN_LENGTH));
        check(q.seq == p.seq && q.payload == p.payload && q.payload_len == p.payload_len);
    }
    free(copy);
    return 0;
}
