/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/subscriber.h"

#include "bench/sluice-bench/offer.h"
#include "bench/sluice-bench/recovery.h"
#include "bench/sluice-bench/stamp.h"
#include "common/random.h"
#include "dataplane/rtcp/build.h"
#include "dataplane/rtcp/parse.h"
#include "dataplane/rtp/packet.h"

#include <stdlib.h>

#define REPORT_INTERVAL (1 * USEC_PER_SEC)
#define STREAMS_MAX     8192
#define JUMP_MAX        3000 /* a larger step of sequence numbers is no loss */
#define WINDOW          64
#define BLOCKS_MAX      24 /* of one report: it must fit a datagram */

/* --- the table of streams --- */

static unsigned slot_of(const struct subscriber *s, uint32_t ssrc)
{
    return (ssrc * 2654435769u) >> (32 - s->table_bits);
}

static struct subscriber_stream *find(const struct subscriber *s, uint32_t ssrc)
{
    if (s->count == 0)
        return NULL;
    unsigned mask = (1u << s->table_bits) - 1;
    for (unsigned i = slot_of(s, ssrc); s->table[i]; i = (i + 1) & mask) {
        struct subscriber_stream *stream = &s->streams[s->table[i] - 1];
        if (stream->ssrc == ssrc)
            return stream;
    }
    return NULL;
}

static void place(struct subscriber *s, unsigned index)
{
    unsigned mask = (1u << s->table_bits) - 1;
    unsigned i = slot_of(s, s->streams[index].ssrc);
    while (s->table[i])
        i = (i + 1) & mask;
    s->table[i] = (uint16_t)(index + 1);
}

static bool grow(struct subscriber *s)
{
    unsigned bits = s->capacity ? s->table_bits + 1 : 4, capacity = 1u << (bits - 1);
    if (capacity > STREAMS_MAX)
        return false;
    struct subscriber_stream *streams = realloc(s->streams, capacity * sizeof *streams);
    if (streams)
        s->streams = streams;
    uint16_t *table = calloc(1u << bits, sizeof *table);
    if (!streams || !table) {
        free(table);
        return false;
    }
    free(s->table);
    s->table = table;
    s->table_bits = bits;
    s->capacity = capacity;
    for (unsigned i = 0; i < s->count; i++)
        place(s, i);
    return true;
}

static void announce_one(struct subscriber *s, bool video, uint32_t media_ssrc, uint32_t ssrc)
{
    if (ssrc == 0 || find(s, ssrc) || (s->count == s->capacity && !grow(s)))
        return;
    s->streams[s->count] = (struct subscriber_stream){
        .ssrc = ssrc,
        .video = video,
        .rtx = media_ssrc != 0,
        .media_ssrc = media_ssrc,
        .until_sample = s->sample ? random_u32() % s->sample : UINT32_MAX,
    };
    if (s->lose > 0 && video && media_ssrc == 0)
        recovery_open(&s->streams[s->count]);
    place(s, s->count++);
}

void subscriber_init(struct subscriber *s, const struct settings *settings, usec_t began)
{
    *s = (struct subscriber){.sample = settings->sample,
                             .remb_kbps = settings->remb_kbps,
                             .lose = settings->lose,
                             .own_ssrc = random_u32() | 1,
                             .next_report = began + random_u32() % REPORT_INTERVAL,
                             .began = began};
}

void subscriber_free(struct subscriber *s)
{
    for (unsigned i = 0; i < s->count; i++)
        recovery_close(&s->streams[i]);
    free(s->streams);
    free(s->table);
    *s = (struct subscriber){0};
}

void subscriber_announce(struct subscriber *s, bool video, uint32_t ssrc, uint32_t rtx_ssrc)
{
    announce_one(s, video, 0, ssrc);
    announce_one(s, video, ssrc, rtx_ssrc);
}

/* --- packets --- */

static void advance(struct subscriber_stream *s, uint16_t seq, unsigned step, struct counters *c)
{
    if (seq < s->highest)
        s->cycles++;
    s->highest = seq;
    s->window = step < WINDOW ? s->window << step | 1 : 1;
    s->expected += step;
    s->received++;
    counter_add(&c->expected_packets, step);
    counter_add(&c->received_packets, 1);
}

/* A packet behind the newest: it fills a gap, or was there before. */
static bool fill(struct subscriber_stream *s, unsigned behind, struct counters *c)
{
    uint64_t bit = behind < WINDOW ? 1ULL << behind : 0;
    if (behind == 0 || (s->window & bit)) {
        counter_add(&c->duplicates, 1);
        return false;
    }
    s->window |= bit;
    s->received++;
    counter_add(&c->received_packets, 1);
    return true;
}

/* False for what came before. */
static bool count_packet(struct subscriber_stream *s, uint16_t seq, struct counters *c)
{
    uint16_t step = (uint16_t)(seq - s->highest), behind = (uint16_t)(s->highest - seq);
    if (s->started && step != 0 && step <= JUMP_MAX) {
        advance(s, seq, step, c);
        return true;
    }
    if (s->started && behind <= JUMP_MAX) {
        bool filled = fill(s, behind, c);
        counter_add(&c->reordered, filled);
        return filled;
    }
    counter_add(&c->jumps, s->started);
    counter_add(&c->streams, !s->started);
    s->started = true;
    s->highest = seq;
    advance(s, seq, 1, c);
    return true;
}

/* Decrypts one packet of many: is it what a publisher sent, and when was that? */
static void check_sample(struct subscriber_stream *s, const struct transport *t,
                         const uint8_t *data, size_t len, uint64_t wall, struct counters *c)
{
    uint8_t plain[SRTP_PACKET_MAX];
    struct rtp_packet p;
    size_t plain_len;
    uint64_t index;
    if (len > sizeof plain || !rtp_parse_header(&p, data, len)) {
        counter_add(&c->malformed, 1);
        return;
    }
    enum srtp_result r = srtp_unprotect(t->engine, t->receive, &s->srtp, data, len, p.header_len,
                                        plain, &plain_len, &index);
    if (r != SRTP_OK) {
        counter_add(r == SRTP_REPLAYED ? &c->duplicates : &c->bad_auth, 1);
        return;
    }
    struct stamp stamp;
    if (!rtp_parse(&p, plain, plain_len) || !stamp_get(p.payload, p.payload_len, &stamp)) {
        counter_add(&c->corrupt, 1);
        return;
    }
    counter_add(&c->verified, 1);
    uint64_t latency = wall > stamp.sent ? (wall - stamp.sent) / 1000 : 0;
    histogram_add(s->video ? &c->video_latency : &c->audio_latency, latency);
}

static void note_first(struct subscriber *s, usec_t now, struct counters *c)
{
    if (s->first_packet)
        return;
    s->first_packet = now;
    histogram_add(&c->first_packet_time, now - s->began);
}

static void take_rtx(struct subscriber *s, struct subscriber_stream *rtx, const struct transport *t,
                     const uint8_t *data, size_t len, usec_t now, struct counters *c)
{
    uint16_t seq;
    struct subscriber_stream *media = find(s, rtx->media_ssrc);
    if (!media || !media->nack || !media->started || !recovery_read(rtx, t, data, len, &seq))
        return;
    uint16_t behind = (uint16_t)(media->highest - seq);
    if (behind > JUMP_MAX || !fill(media, behind, c))
        return;
    counter_add(&c->recovered, 1);
    recovery_received(media, seq, now);
}

void subscriber_rtp(struct subscriber *s, const struct transport *t, const uint8_t *data,
                    size_t len, usec_t now, uint64_t wall, struct counters *c)
{
    struct subscriber_stream *stream = find(s, be32_get(data + 8));
    if (!stream) {
        counter_add(&c->unknown_streams, 1);
        return;
    }
    if (recovery_loses(s)) {
        counter_add(&c->thrown_away, 1);
        return;
    }
    if (stream->rtx) {
        counter_add(&c->rtx_packets, 1);
        take_rtx(s, stream, t, data, len, now, c);
        return;
    }
    note_first(s, now, c);
    counter_add(&c->received_bytes, len);
    counter_add(stream->video ? &c->video_packets : &c->audio_packets, 1);
    bool counted = count_packet(stream, be16_get(data + 2), c);
    recovery_received(stream, be16_get(data + 2), now);
    if (!counted || stream->until_sample-- > 0)
        return;
    stream->until_sample = s->sample ? s->sample - 1 : UINT32_MAX;
    if (s->sample)
        check_sample(stream, t, data, len, wall, c);
}

/* --- reports --- */

void subscriber_rtcp(struct subscriber *s, const uint8_t *data, size_t len, usec_t now)
{
    struct rtcp_cursor at = rtcp_begin(data, len);
    struct rtcp_packet packet;
    struct rtcp_report r;
    while (rtcp_next(&at, &packet)) {
        if (packet.kind != RTCP_SR || !rtcp_read_report(&packet, &r))
            continue;
        struct subscriber_stream *stream = find(s, r.sender);
        if (!stream)
            continue;
        stream->last_report = (uint32_t)(r.ntp >> 16);
        stream->last_report_arrival = now;
    }
}

static struct rtcp_report_block block_of(struct subscriber_stream *s, usec_t now)
{
    uint64_t expected = s->expected - s->reported_expected;
    uint64_t received = s->received - s->reported_received;
    int64_t lost = (int64_t)(s->expected - s->received);
    s->reported_expected = s->expected;
    s->reported_received = s->received;
    struct rtcp_report_block b = {.ssrc = s->ssrc,
                                  .cumulative_lost = lost > 0x7fffff ? 0x7fffff : (int32_t)lost,
                                  .highest_seq = s->cycles << 16 | s->highest};
    if (expected > received)
        b.fraction_lost = (uint8_t)((expected - received) * 255 / expected);
    if (s->last_report_arrival) {
        b.lsr = s->last_report;
        b.dlsr = (uint32_t)((now - s->last_report_arrival) * 65536 / USEC_PER_SEC);
    }
    return b;
}

/* One datagram: reports on up to BLOCKS_MAX streams from *at on, and the REMB behind. */
static void send_report(struct subscriber *s, struct transport *t, unsigned *at, usec_t now,
                        struct outbox *out)
{
    struct rtcp_report_block blocks[BLOCKS_MAX];
    uint32_t videos[BLOCKS_MAX];
    unsigned n = 0, n_videos = 0;
    for (; *at < s->count && n < BLOCKS_MAX; ++*at) {
        struct subscriber_stream *stream = &s->streams[*at];
        if (!stream->started)
            continue;
        blocks[n++] = block_of(stream, now);
        if (stream->video)
            videos[n_videos++] = stream->ssrc;
    }
    struct outbox_datagram *d = outbox_next(out);
    if (n == 0 || !d)
        return;
    struct writer w = writer_of(d->data, sizeof d->data - SRTCP_EXPAND_MAX);
    rtcp_write_rr(&w, s->own_ssrc, blocks, n);
    if (n_videos > 0 && s->remb_kbps > 0)
        rtcp_write_remb(&w, s->own_ssrc, (uint64_t)s->remb_kbps * 1000, videos, n_videos);
    transport_send_rtcp(t, out, writer_length(&w));
}

usec_t subscriber_deadline(const struct subscriber *s)
{
    if (s->count == 0)
        return USEC_NEVER;
    return s->lose > 0 && s->next_ask < s->next_report ? s->next_ask : s->next_report;
}

void subscriber_run(struct subscriber *s, struct transport *t, usec_t now, struct outbox *out)
{
    if (now < s->next_report)
        return;
    s->next_report = now + REPORT_INTERVAL;
    for (unsigned at = 0; at < s->count && outbox_next(out);)
        send_report(s, t, &at, now, out);
}
