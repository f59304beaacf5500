/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/media_camera.h"

#include "dataplane/rtcp/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

uint32_t camera_ssrc(unsigned layer)
{
    return 0x2000 + layer * 0x100;
}

static size_t vp8_payload(struct camera *c, unsigned layer, bool start, bool key, uint8_t *out)
{
    struct vp8_descriptor d = {.start = start,
                               .extended = !c->plain,
                               .has_picture_id = !c->plain,
                               .long_picture_id = true,
                               .picture_id = c->picture[layer],
                               .has_tl0_picture_index = !c->plain,
                               .tl0_picture_index = c->tl0[layer],
                               .has_temporal = !c->plain,
                               .has_key_index = !c->plain,
                               .key_index = c->key[layer]};
    size_t n = vp8_write(&d, out, VP8_DESCRIPTOR_MAX);
    memset(out + n, 0xa0 + (int)layer, 100);
    out[n] = (uint8_t)(start && key ? 0x00 : 0x01);
    return n + 100;
}

void send_frame(struct world *w, struct camera *c, unsigned layer, bool key)
{
    static const char *const rids[] = {"q", "h", "f"};
    for (unsigned i = 0; i < c->packets; i++) {
        uint8_t payload[200];
        size_t len = vp8_payload(c, layer, i == 0, key, payload);
        struct sent_packet s = {.pt = VP8_PT,
                                .marker = i + 1 == c->packets,
                                .seq = c->seq[layer]++,
                                .ts = c->ts[layer],
                                .ssrc = camera_ssrc(layer),
                                .audio_level = -1,
                                .transport_cc = -1,
                                .mid = c->silent ? NULL : "1",
                                .rid = c->silent ? NULL : rids[layer],
                                .payload = payload,
                                .payload_len = len};
        if (c->lose_next) { /* on the way to us */
            c->lose_next = false;
            continue;
        }
        peer_send(w, c->peer, &s);
    }
    c->picture[layer] = (c->picture[layer] + 1) & 0x7fff;
    c->tl0[layer]++;
    c->key[layer] = (c->key[layer] + 1) & 0x1f;
    c->ts[layer] += 6000;
}

struct camera camera_of(struct peer *p)
{
    return (struct camera){.peer = p,
                           .seq = {65530, 200, 30000},
                           .ts = {0xfffff000, 77777, 1000000},
                           .picture = {0x7ffe, 500, 12},
                           .tl0 = {250, 3, 9},
                           .packets = 2};
}

void send_reports(struct world *w, const struct camera *c)
{
    for (unsigned i = 0; i < 3; i++) {
        uint8_t buf[64];
        struct writer out = writer_of(buf, sizeof buf);
        struct rtcp_sender_info sr = {
            .ssrc = camera_ssrc(i), .ntp = ntp_from_unix(w->now + 5000000), .rtp_ts = c->ts[i]};
        assert_true(rtcp_write_sr(&out, &sr, NULL, 0));
        peer_send_rtcp(w, c->peer, buf, writer_length(&out));
    }
    world_settle(w);
}

void send_all(struct world *w, struct camera *c, int key_layer)
{
    for (unsigned i = 0; i < 3; i++)
        send_frame(w, c, i, (int)i == key_layer);
    world_pass(w, 66667);
}

unsigned plis_for(const struct peer *p, uint32_t ssrc)
{
    unsigned n = 0;
    struct rtcp_packet r;
    struct rtcp_feedback f;
    for (unsigned i = 0; peer_rtcp(p, RTCP_PT_PSFB, PSFB_PLI, i, &r); i++)
        n += rtcp_read_feedback(&r, &f) && f.media == ssrc;
    return n;
}
