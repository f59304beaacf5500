/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world for tests of the media engine: workers over the sim backend in virtual time, and
 * peers with real SRTP keys that send to them and keep what they get.
 */
#ifndef SLUICE_TESTS_UNIT_MEDIA_WORLD_H
#define SLUICE_TESTS_UNIT_MEDIA_WORLD_H

#include "dataplane/media/engine.h"
#include "dataplane/media/media.h"
#include "dataplane/pktio/sim.h"
#include "dataplane/rtp/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_WORKERS 2
#define WORLD_PEERS   8
#define INBOX_MAX     512
#define STREAMS_MAX   16
#define EVENTS_MAX    1024

#define OPUS_PT 111
#define VP8_PT  96
#define VP8_RTX 97
#define VP9_PT  98
#define AV1_PT  45

struct mail {
    bool rtcp;
    size_t len;
    usec_t at;
    struct rtp_packet rtp; /* of data; not with rtcp */
    uint8_t data[1500];
};

struct peer {
    handle_t session;
    unsigned worker;
    struct net_path path;
    struct srtp_key *up, *down;
    struct srtp_stream streams[STREAMS_MAX];
    uint32_t stream_ssrc[STREAMS_MAX];
    struct sequence sent[STREAMS_MAX]; /* by SSRC, for the roll-over counters */
    uint32_t sent_ssrc[STREAMS_MAX];
    struct srtcp_stream rtcp_in;
    uint32_t rtcp_index;
    unsigned n;
    unsigned bad; /* datagrams that did not authenticate */
    struct mail inbox[INBOX_MAX];
};

struct world {
    unsigned workers;
    usec_t now;
    enum srtp_profile profile;
    struct pktio_set *set;
    struct counters counters[WORLD_WORKERS];
    struct stats_segment stats;
    struct media *media[WORLD_WORKERS];
    struct media_rings rings[WORLD_WORKERS];
    struct doorbell bells[WORLD_WORKERS];
    struct srtp_engine *srtp;
    struct peer peers[WORLD_PEERS];
    unsigned n_peers;
    unsigned n_events;
    struct media_event events[EVENTS_MAX];
};

/* What clock the workers read after sending: `now` and this much. One world at a time has it. */
extern usec_t world_sending_time;

struct world *world_open(unsigned workers);
void world_close(struct world *w);

/* Turns all workers at the present time until nothing is left to do, and delivers. */
void world_settle(struct world *w);
/* Delivers what the workers have sent so far, without turning them. */
void world_collect(struct world *w);
/* Lets time pass, a millisecond at a time. */
void world_pass(struct world *w, usec_t time);

void world_command(struct world *w, unsigned worker, const struct media_command *c);
uint64_t world_count(const struct world *w, enum counter which); /* of all workers */
/* Events of a type so far; *last is the newest one. */
unsigned world_events(const struct world *w, enum media_event_type type, struct media_event *last);

/* A peer with a session that is open, keyed and reachable. */
struct peer *world_peer(struct world *w, unsigned worker);
void peer_forget(struct peer *p); /* empties the inbox */

/* Protects and sends a whole RTP packet, or an RTCP compound. */
void peer_send_rtp(struct world *w, struct peer *p, const uint8_t *data, size_t len);
void peer_send_rtcp(struct world *w, struct peer *p, const uint8_t *data, size_t len);
void peer_send_raw(struct world *w, struct peer *p, const uint8_t *data, size_t len);

/* The i-th RTP packet of that SSRC in the inbox, or NULL. */
const struct mail *peer_rtp(const struct peer *p, uint32_t ssrc, unsigned i);
unsigned peer_rtp_count(const struct peer *p, uint32_t ssrc);
/* The i-th RTCP packet of that type and format (count field; 255: any). */
bool peer_rtcp(const struct peer *p, uint8_t pt, uint8_t fmt, unsigned i, struct rtcp_packet *out);
unsigned peer_rtcp_count(const struct peer *p, uint8_t pt, uint8_t fmt);

/* ---- packets ---- */

struct sent_packet {
    uint8_t pt;
    bool marker;
    uint16_t seq;
    uint32_t ts, ssrc;
    const char *mid, *rid, *repaired_rid;
    int audio_level;  /* -1: none */
    int transport_cc; /* -1: none */
    const uint8_t *dd;
    uint8_t dd_len;
    const uint8_t *payload;
    size_t payload_len;
};

#define EXT_AUDIO_LEVEL  1
#define EXT_ABS_TIME     2
#define EXT_TRANSPORT_CC 3
#define EXT_MID          4
#define EXT_RID          10
#define EXT_REPAIRED_RID 11
#define EXT_DD           12

void peer_send(struct world *w, struct peer *p, const struct sent_packet *s);

/* ---- objects ---- */

handle_t world_audio_track(struct world *w, struct peer *p, uint32_t ssrc);
/* layers > 1: by rid q, h, f; 1: by SSRC. */
handle_t world_video_track(struct world *w, struct peer *p, unsigned layers, uint32_t ssrc,
                           struct media_track *config);
handle_t world_downtrack(struct world *w, struct peer *p, handle_t track, bool video,
                         struct media_downtrack *config);
void world_set_downtrack(struct world *w, struct peer *p, handle_t h,
                         const struct media_downtrack *config);
void world_set_track(struct world *w, struct peer *p, handle_t h, const struct media_track *config);

#endif
