/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/media_world.h"

#include "dataplane/rtcp/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START       (1000 * USEC_PER_SEC)
#define UNIX_OFFSET (1700000000ULL * USEC_PER_SEC)

static void link_workers(struct world *w)
{
    for (unsigned i = 0; i < w->workers; i++)
        assert_true(doorbell_init(&w->bells[i]));
    for (unsigned a = 0; a < w->workers; a++) {
        for (unsigned b = 0; b < w->workers; b++) {
            if (a == b)
                continue;
            struct ring *r = ring_create(256, (uint32_t)media_peer_slot_size());
            w->rings[a].to_peer[b] = r;
            w->rings[b].from_peer[a] = r;
            w->rings[a].peer_bells[b] = &w->bells[b];
        }
    }
}

usec_t world_sending_time;
static const struct world *present;

static usec_t read_clock(void)
{
    return present->now + world_sending_time;
}

static void open_stats(struct world *w)
{
    char err[STATS_ERROR_TEXT];
    const struct stats_sizes n = {
        .blocks = w->workers + 1, .transports = 16, .tracks = 16, .subscriptions = 32};
    assert_true(stats_segment_create(&w->stats, NULL, &n, err));
    present = w;
}

struct world *world_open(unsigned workers)
{
    struct world *w = aligned_alloc(64, (sizeof *w + 63) / 64 * 64);
    assert_non_null(w);
    memset(w, 0, sizeof *w);
    w->workers = workers;
    w->now = START;
    w->profile = SRTP_AEAD_AES_128_GCM;
    w->srtp = srtp_engine_create(NULL);
    struct pktio_sim_config sim = {.workers = workers, .slots = 2048, .wake = true};
    for (unsigned i = 0; i < workers; i++)
        sim.counters[i] = &w->counters[i];
    w->set = pktio_sim_open(&sim);
    assert_non_null(w->set);
    link_workers(w);
    open_stats(w);
    for (unsigned i = 0; i < workers; i++) {
        struct media_config c = {.worker = i,
                                 .workers = workers,
                                 .sessions = 16,
                                 .tracks = 16,
                                 .downtracks = 32,
                                 .frames = 1024,
                                 .history_video = 500,
                                 .history_audio = 200,
                                 .pli_throttle = {500000, 1000000, 1000000},
                                 .audio_active_level = 35,
                                 .audio_interval = 400000,
                                 .stats = &w->stats,
                                 .clock = read_clock};
        for (unsigned j = 0; j < workers; j++)
            c.ports[j] = (uint16_t)(7000 + j);
        struct media_rings *r = &w->rings[i];
        r->commands = ring_create(64, sizeof(struct media_command));
        r->packets_in = ring_create(64, sizeof(struct packet_slot));
        r->events = ring_create(1024, sizeof(struct media_event));
        r->packets_out = ring_create(64, sizeof(struct packet_slot));
        w->media[i] = media_create(&c, pktio_worker(w->set, i), r, &w->counters[i]);
        assert_non_null(w->media[i]);
    }
    return w;
}

void world_close(struct world *w)
{
    for (unsigned i = 0; i < w->n_peers; i++) {
        srtp_key_destroy(w->peers[i].up);
        srtp_key_destroy(w->peers[i].down);
    }
    for (unsigned i = 0; i < w->workers; i++) {
        media_destroy(w->media[i]);
        doorbell_close(&w->bells[i]);
        ring_destroy(w->rings[i].commands);
        ring_destroy(w->rings[i].packets_in);
        ring_destroy(w->rings[i].events);
        ring_destroy(w->rings[i].packets_out);
        for (unsigned j = 0; j < w->workers; j++)
            ring_destroy(w->rings[i].to_peer[j]);
    }
    pktio_close(w->set);
    srtp_engine_destroy(w->srtp);
    stats_segment_close(&w->stats);
    free(w);
}

static struct srtp_stream *stream_of(struct peer *p, uint32_t ssrc)
{
    for (unsigned i = 0; i < STREAMS_MAX; i++) {
        if (p->stream_ssrc[i] == ssrc || p->stream_ssrc[i] == 0) {
            p->stream_ssrc[i] = ssrc;
            return &p->streams[i];
        }
    }
    fail_msg("too many streams");
    return NULL;
}

static bool open_mail(struct world *w, struct peer *p, struct mail *m, uint8_t *data, size_t len)
{
    uint64_t index;
    m->at = w->now;
    m->rtcp = data[1] >= 192 && data[1] <= 223;
    if (m->rtcp) {
        memcpy(m->data, data, len);
        return srtcp_unprotect(w->srtp, p->down, &p->rtcp_in, m->data, len, &m->len) == SRTP_OK &&
               rtcp_valid(m->data, m->len);
    }
    struct rtp_packet view;
    return rtp_parse_header(&view, data, len) &&
           srtp_unprotect(w->srtp, p->down, stream_of(p, view.ssrc), data, len, view.header_len,
                          m->data, &m->len, &index) == SRTP_OK &&
           rtp_parse(&m->rtp, m->data, m->len);
}

static void deliver(struct world *w, const struct pktio_packet *packet)
{
    for (unsigned i = 0; i < w->n_peers; i++) {
        struct peer *p = &w->peers[i];
        if (!net_addr_equal(&p->path.remote, &packet->path.remote))
            continue;
        assert_true(p->n < INBOX_MAX);
        if (open_mail(w, p, &p->inbox[p->n], packet->data, packet->len))
            p->n++;
        else
            p->bad++;
        return;
    }
}

static size_t collect(struct world *w, unsigned worker)
{
    struct pktio_packet out[PKTIO_BURST];
    size_t n = pktio_sim_take(w->set, worker, out);
    for (size_t i = 0; i < n; i++)
        deliver(w, &out[i]);
    pktio_sim_take_done(w->set, worker);
    struct media_event *e;
    while ((e = ring_peek(w->rings[worker].events))) {
        if (w->n_events < EVENTS_MAX)
            w->events[w->n_events++] = *e;
        ring_consume(w->rings[worker].events);
    }
    return n;
}

void world_collect(struct world *w)
{
    for (unsigned i = 0; i < w->workers; i++)
        collect(w, i);
}

void world_settle(struct world *w)
{
    size_t n;
    do {
        n = 0;
        for (unsigned i = 0; i < w->workers; i++) {
            n += media_turn(w->media[i], w->now, w->now + UNIX_OFFSET);
            n += collect(w, i);
        }
    } while (n > 0);
}

void world_pass(struct world *w, usec_t time)
{
    for (usec_t end = w->now + time; w->now < end;) {
        w->now += USEC_PER_MS;
        world_settle(w);
    }
}

void world_command(struct world *w, unsigned worker, const struct media_command *c)
{
    struct media_command *slot = ring_reserve(w->rings[worker].commands);
    assert_non_null(slot);
    *slot = *c;
    ring_publish(w->rings[worker].commands);
    world_settle(w);
}

uint64_t world_count(const struct world *w, enum counter which)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < w->workers; i++)
        n += counters_get(&w->counters[i], which);
    return n;
}

unsigned world_events(const struct world *w, enum media_event_type type, struct media_event *last)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->n_events; i++) {
        if (w->events[i].type != type)
            continue;
        if (last)
            *last = w->events[i];
        n++;
    }
    return n;
}

static struct srtp_master master(struct world *w, unsigned peer, bool up)
{
    struct srtp_master m = {.profile = w->profile};
    memset(m.key, (int)(peer * 2 + up + 1), sizeof m.key);
    memset(m.salt, (int)(0x80 + peer * 2 + up), sizeof m.salt);
    return m;
}

struct peer *world_peer(struct world *w, unsigned worker)
{
    unsigned i = w->n_peers++;
    assert_true(i < WORLD_PEERS);
    struct peer *p = &w->peers[i];
    p->worker = worker;
    p->session = handle_make(i, 1);
    net_addr_parse(&p->path.remote, "192.0.2.7", (uint16_t)(5000 + i));
    net_addr_parse(&p->path.local, "192.0.2.1", (uint16_t)(7000 + worker));
    struct srtp_master up = master(w, i, true), down = master(w, i, false);
    p->up = srtp_key_create(w->srtp, &up);
    p->down = srtp_key_create(w->srtp, &down);
    struct media_command c = {.type = MEDIA_OPEN_SESSION, .handle = p->session};
    world_command(w, worker, &c);
    c.type = MEDIA_SET_KEYS;
    c.keys = (struct media_keys){.receive = srtp_key_create(w->media[worker]->srtp, &up),
                                 .send = srtp_key_create(w->media[worker]->srtp, &down),
                                 .tag_length = (uint8_t)srtp_tag_length(w->profile)};
    world_command(w, worker, &c);
    c.type = MEDIA_ADD_REMOTE;
    c.path = p->path;
    world_command(w, worker, &c);
    c.type = MEDIA_SET_PATH;
    world_command(w, worker, &c);
    return p;
}

void peer_forget(struct peer *p)
{
    p->n = 0;
}

void peer_send_raw(struct world *w, struct peer *p, const uint8_t *data, size_t len)
{
    assert_true(pktio_sim_inject(w->set, p->worker, &p->path, data, len));
}

static uint32_t roc_of(struct peer *p, uint32_t ssrc, uint16_t seq)
{
    unsigned i = 0;
    while (i < STREAMS_MAX - 1 && p->sent_ssrc[i] && p->sent_ssrc[i] != ssrc)
        i++;
    p->sent_ssrc[i] = ssrc;
    return (uint32_t)((sequence_extend(&p->sent[i], seq) - SEQUENCE_FIRST_CYCLE) >> 16);
}

void peer_send_rtp(struct world *w, struct peer *p, const uint8_t *data, size_t len)
{
    uint8_t out[1600];
    struct rtp_packet view;
    assert_true(rtp_parse_header(&view, data, len));
    memcpy(out, data, len);
    struct srtp_job job = {.key = p->up,
                           .out = out,
                           .payload = out + view.header_len,
                           .header_len = view.header_len,
                           .payload_len = (uint16_t)(len - view.header_len),
                           .roc = roc_of(p, view.ssrc, view.seq)};
    srtp_protect(w->srtp, &job, 1);
    peer_send_raw(w, p, out, len + srtp_tag_length(w->profile));
}

void peer_send_rtcp(struct world *w, struct peer *p, const uint8_t *data, size_t len)
{
    uint8_t out[1600];
    memcpy(out, data, len);
    len = srtcp_protect(w->srtp, p->up, out, len, p->rtcp_index++);
    peer_send_raw(w, p, out, len);
}

const struct mail *peer_rtp(const struct peer *p, uint32_t ssrc, unsigned i)
{
    for (unsigned at = 0; at < p->n; at++) {
        if (!p->inbox[at].rtcp && p->inbox[at].rtp.ssrc == ssrc && i-- == 0)
            return &p->inbox[at];
    }
    return NULL;
}

unsigned peer_rtp_count(const struct peer *p, uint32_t ssrc)
{
    unsigned n = 0;
    while (peer_rtp(p, ssrc, n))
        n++;
    return n;
}

bool peer_rtcp(const struct peer *p, uint8_t pt, uint8_t fmt, unsigned i, struct rtcp_packet *out)
{
    for (unsigned at = 0; at < p->n; at++) {
        if (!p->inbox[at].rtcp)
            continue;
        struct rtcp_cursor c = rtcp_begin(p->inbox[at].data, p->inbox[at].len);
        while (rtcp_next(&c, out)) {
            if (out->pt == pt && (fmt == 255 || out->count == fmt) && i-- == 0)
                return true;
        }
    }
    return false;
}

unsigned peer_rtcp_count(const struct peer *p, uint8_t pt, uint8_t fmt)
{
    unsigned n = 0;
    struct rtcp_packet out;
    while (peer_rtcp(p, pt, fmt, n, &out))
        n++;
    return n;
}

static unsigned put_text(struct rtp_extension *x, unsigned n, uint8_t id, const char *s)
{
    if (s)
        x[n++] = (struct rtp_extension){id, (uint8_t)strlen(s), (const uint8_t *)s};
    return n;
}

void peer_send(struct world *w, struct peer *p, const struct sent_packet *s)
{
    uint8_t data[1500], level = (uint8_t)s->audio_level, cc[2];
    struct rtp_extension x[8];
    unsigned n = 0;
    if (s->audio_level >= 0)
        x[n++] = (struct rtp_extension){EXT_AUDIO_LEVEL, 1, &level};
    if (s->transport_cc >= 0) {
        be16_put(cc, (uint16_t)s->transport_cc);
        x[n++] = (struct rtp_extension){EXT_TRANSPORT_CC, 2, cc};
    }
    n = put_text(x, n, EXT_MID, s->mid);
    n = put_text(x, n, EXT_RID, s->rid);
    n = put_text(x, n, EXT_REPAIRED_RID, s->repaired_rid);
    if (s->dd_len)
        x[n++] = (struct rtp_extension){EXT_DD, s->dd_len, s->dd};
    struct rtp_header h = {
        .pt = s->pt, .marker = s->marker, .seq = s->seq, .ts = s->ts, .ssrc = s->ssrc};
    size_t len = rtp_write_header(data, sizeof data, &h, x, n);
    assert_true(len > 0);
    memcpy(data + len, s->payload, s->payload_len);
    peer_send_rtp(w, p, data, len + s->payload_len);
    world_settle(w);
}

static handle_t next_handle(void)
{
    static uint32_t next;
    next++;
    return handle_make(next % 16, 1 + next / 16);
}

static void set_track(struct world *w, struct peer *p, handle_t h, const struct media_track *t)
{
    struct media_command c = {.type = MEDIA_SET_TRACK, .handle = h, .track = *t};
    world_command(w, p->worker, &c);
}

void world_set_track(struct world *w, struct peer *p, handle_t h, const struct media_track *t)
{
    set_track(w, p, h, t);
}

handle_t world_audio_track(struct world *w, struct peer *p, uint32_t ssrc)
{
    struct media_track t = {.session = p->session,
                            .n_payloads = 1,
                            .n_encodings = 1,
                            .mid = "0",
                            .payloads = {{.codec = MEDIA_OPUS, .pt = OPUS_PT, .clock_rate = 48000}},
                            .encodings = {{.ssrc = ssrc}},
                            .extensions = {.mid = EXT_MID, .audio_level = EXT_AUDIO_LEVEL}};
    handle_t h = next_handle();
    set_track(w, p, h, &t);
    return h;
}

static const struct media_payload video_payloads[] = {
    {.codec = MEDIA_VP8, .pt = VP8_PT, .rtx_pt = VP8_RTX, .clock_rate = 90000},
    {.codec = MEDIA_VP9, .pt = VP9_PT, .rtx_pt = VP9_PT + 1, .clock_rate = 90000},
    {.codec = MEDIA_AV1, .pt = AV1_PT, .rtx_pt = AV1_PT + 1, .clock_rate = 90000},
};

handle_t world_video_track(struct world *w, struct peer *p, unsigned layers, uint32_t ssrc,
                           struct media_track *config)
{
    static const char *const rids[] = {"q", "h", "f"};
    struct media_track t = {.session = p->session,
                            .video = true,
                            .nack = true,
                            .n_payloads = 3,
                            .n_encodings = (uint8_t)layers,
                            .mid = "1",
                            .extensions = {.mid = EXT_MID,
                                           .rid = EXT_RID,
                                           .repaired_rid = EXT_REPAIRED_RID,
                                           .transport_cc = EXT_TRANSPORT_CC,
                                           .dependency_descriptor = EXT_DD}};
    memcpy(t.payloads, video_payloads, sizeof video_payloads);
    for (unsigned i = 0; layers > 1 && i < layers && i < MEDIA_LAYERS_MAX; i++)
        strcpy(t.encodings[i].rid, rids[i]);
    if (layers == 1)
        t.encodings[0] = (struct media_encoding){.ssrc = ssrc, .rtx_ssrc = ssrc + 1};
    if (config) {
        t.svc = config->svc;
        t.encrypted = config->encrypted;
        *config = t;
    }
    handle_t h = next_handle();
    set_track(w, p, h, &t);
    return h;
}

void world_set_downtrack(struct world *w, struct peer *p, handle_t h,
                         const struct media_downtrack *config)
{
    struct media_command c = {.type = MEDIA_SET_DOWNTRACK, .handle = h, .downtrack = *config};
    world_command(w, p->worker, &c);
}

handle_t world_downtrack(struct world *w, struct peer *p, handle_t track, bool video,
                         struct media_downtrack *config)
{
    static uint32_t ssrc = 0x50000000;
    handle_t h = next_handle();
    *config = (struct media_downtrack){.session = p->session,
                                       .track = track,
                                       .track_worker = config->track_worker,
                                       .svc = config->svc,
                                       .video = video,
                                       .nack = video,
                                       .max_spatial = 2,
                                       .max_temporal = 3,
                                       .ssrc = ssrc,
                                       .rtx_ssrc = video ? ssrc + 1 : 0,
                                       .mid = "5",
                                       .cname = "PA_x|TR_y"};
    ssrc += 2;
    if (video) {
        config->n_payloads = 3;
        memcpy(config->payloads, video_payloads, sizeof video_payloads);
        for (unsigned i = 0; i < 3; i++) { /* the subscriber's own numbers */
            config->payloads[i].pt = (uint8_t)(config->payloads[i].pt + 10);
            config->payloads[i].rtx_pt = (uint8_t)(config->payloads[i].rtx_pt + 10);
        }
        config->extensions.abs_send_time = EXT_ABS_TIME;
        config->extensions.dependency_descriptor = EXT_DD;
    } else {
        config->n_payloads = 1;
        config->payloads[0] =
            (struct media_payload){.codec = MEDIA_OPUS, .pt = 120, .clock_rate = 48000};
    }
    world_set_downtrack(w, p, h, config);
    return h;
}
