/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A publisher and a subscriber who hold valid keys and say anything at all: packets, feedback,
 * changes of mind, in any order. Whatever they do, what the engine sends authenticates at the
 * subscriber and no SRTP index is used twice (the subscriber's replay window would tell), and all
 * frames come home.
 *
 * Input: records of an operation, a length, and that many bytes.
 */
#include "tests/unit/media_world.h"

#include "common/bytes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CAMERA 0x2000

struct scene {
    struct world *w;
    struct peer *alice, *bob;
    handle_t track, down;
    struct media_track t;
    struct media_downtrack d;
    uint16_t seq;
    uint32_t ts;
};

static void open_scene(struct scene *s, uint8_t flags)
{
    s->alice->n = s->bob->n = s->bob->bad = 0;
    memset(s->bob->stream_ssrc, 0, sizeof s->bob->stream_ssrc);
    memset(s->bob->streams, 0, sizeof s->bob->streams);
    memset(s->alice->sent_ssrc, 0, sizeof s->alice->sent_ssrc);
    memset(s->alice->sent, 0, sizeof s->alice->sent);
    s->t = (struct media_track){.svc = flags & 1, .encrypted = flags & 2};
    s->d = (struct media_downtrack){.svc = flags & 1};
    s->track = world_video_track(s->w, s->alice, flags & 4 ? 3 : 1, CAMERA, &s->t);
    s->down = world_downtrack(s->w, s->bob, s->track, true, &s->d);
    if (flags & 8) {
        s->d.rtx_ssrc = 0;
        world_set_downtrack(s->w, s->bob, s->down, &s->d);
    }
}

static void close_scene(struct scene *s)
{
    struct media_command c = {.type = MEDIA_CLOSE_DOWNTRACK, .handle = s->down};
    world_command(s->w, 0, &c);
    c = (struct media_command){.type = MEDIA_CLOSE_TRACK, .handle = s->track};
    world_command(s->w, 0, &c);
    if (s->w->media[0]->frames.used != 0 || s->bob->bad != 0)
        abort();
    s->w->n_events = 0;
}

/* The next packet of one of six streams, with what follows as extensions and payload. */
static void send_rtp(struct scene *s, uint8_t op, struct reader *r)
{
    static const uint8_t pts[] = {VP8_PT, VP8_RTX, VP9_PT, VP9_PT + 1, AV1_PT, AV1_PT + 1, 63, 0};
    static const char *const rids[] = {NULL, "q", "h", "f"};
    uint8_t what = read_u8(r), dd_len = read_u8(r) & 0x3f;
    const uint8_t *dd = read_bytes(r, dd_len);
    struct sent_packet p = {
        .pt = pts[what & 7],
        .marker = what >> 7,
        .seq = s->seq += (uint16_t)(op & 8 ? read_be16(r) : 1),
        .ts = s->ts += op & 16 ? read_be32(r) : 3000u * (what >> 7),
        .ssrc = CAMERA + (op & 7),
        .audio_level = -1,
        .transport_cc = s->seq,
        .mid = "1",
        .rid = rids[what >> 3 & 3],
        .dd = dd,
        .dd_len = dd ? dd_len : 0,
        .payload = r->at,
        .payload_len = reader_left(r),
    };
    peer_send(s->w, s->alice, &p);
}

static void send_rtcp(struct scene *s, uint8_t op, struct reader *r)
{
    uint8_t buf[300] = {(uint8_t)(0x80 | (op & 0x1f)), (uint8_t)(200 + (read_u8(r) & 7))};
    size_t words = reader_left(r) / 4;
    if (words == 0) /* shorter than SRTCP's clear part */
        return;
    be16_put(buf + 2, (uint16_t)words);
    memcpy(buf + 4, r->at, words * 4);
    if (words >= 2 && op & 0x20) /* about a stream that there is */
        be32_put(buf + 8, s->d.ssrc);
    peer_send_rtcp(s->w, op & 0x20 ? s->bob : s->alice, buf, 4 + words * 4);
    world_settle(s->w);
}

static void change(struct scene *s, struct reader *r)
{
    uint8_t what = read_u8(r);
    s->d.max_spatial = what & 3;
    s->d.max_temporal = what >> 2 & 3;
    s->d.disabled = what >> 4 & 1;
    s->d.track_muted = what >> 5 & 1;
    world_set_downtrack(s->w, s->bob, s->down, &s->d);
    s->t.muted = what >> 6 & 1;
    world_set_track(s->w, s->alice, s->track, &s->t);
}

static void run(struct scene *s, uint8_t op, struct reader *r)
{
    switch (op >> 6) {
    case 0:
        send_rtp(s, op, r);
        break;
    case 1:
        send_rtcp(s, op, r);
        break;
    case 2:
        change(s, r);
        break;
    default:
        if (op & 1)
            world_pass(s->w, (op & 0x3f) * USEC_PER_MS);
        else if (reader_left(r) > 0)
            peer_send_raw(s->w, s->alice, r->at, reader_left(r));
        world_settle(s->w);
    }
    s->alice->n = s->bob->n = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct scene s;
    if (!s.w) {
        s.w = world_open(1);
        s.alice = world_peer(s.w, 0);
        s.bob = world_peer(s.w, 0);
    }
    struct reader in = reader_of(data, len);
    open_scene(&s, read_u8(&in));
    while (reader_left(&in) >= 2) {
        uint8_t op = read_u8(&in);
        size_t n = read_u8(&in);
        if (n > reader_left(&in))
            n = reader_left(&in);
        struct reader r = reader_of(read_bytes(&in, n), n);
        run(&s, op, &r);
    }
    close_scene(&s);
    return 0;
}
