/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The media engine: what one worker does with packets, in bytes and `now`, without sockets, clocks
 * or threads. It owns sessions (the media side of a transport), tracks that are received here, and
 * downtracks that are sent from here. A track's packets reach downtracks of other workers through
 * peer rings.
 *
 * The session thread tells it what exists (struct media_command) and hears what happened
 * (struct media_event). Handles are given out by the session thread, from pools that are of the
 * same size in every worker; the arrays here are indexed by them.
 *
 * Sizes are fixed at media_create(); nothing allocates afterwards but keys, which the session
 * thread makes and hands over.
 */
#ifndef SLUICE_DATAPLANE_MEDIA_MEDIA_H
#define SLUICE_DATAPLANE_MEDIA_MEDIA_H

#include "common/clock.h"
#include "common/handle.h"
#include "common/ring.h"
#include "common/stats/segment.h"
#include "dataplane/pktio/pktio.h"
#include "dataplane/srtp/srtp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIA_LAYERS_MAX   3
#define MEDIA_PAYLOADS_MAX 24
#define MEDIA_RID_MAX      16 /* with NUL; longer rids are refused by the session thread */
#define MEDIA_MID_MAX      16 /* with NUL */
#define MEDIA_CNAME_MAX    96 /* with NUL */
#define MEDIA_SIF_MAX      64
#define MEDIA_LAYER_NONE   255
#define MEDIA_PACKET_MAX   1500 /* longest datagram in a packet slot */

/* Same numbers as sluice.link.Codec. */
enum media_codec {
    MEDIA_CODEC_UNKNOWN,
    MEDIA_OPUS,
    MEDIA_RED,
    MEDIA_PCMU,
    MEDIA_PCMA,
    MEDIA_VP8,
    MEDIA_VP9,
    MEDIA_H264,
    MEDIA_AV1,
    MEDIA_H265,
};

struct media_payload {
    uint8_t codec;      /* enum media_codec */
    uint8_t pt, rtx_pt; /* rtx_pt 0: none */
    uint8_t variant; /* tells apart profiles of a codec; a downtrack's payload fits the track's of
                        equal codec and variant */
    uint32_t clock_rate;
};

/* Header extension ids, 0: not negotiated. */
struct media_extensions {
    uint8_t mid, rid, repaired_rid, audio_level, abs_send_time, transport_cc;
    uint8_t dependency_descriptor, abs_capture_time, playout_delay;
};

struct media_encoding {
    char rid[MEDIA_RID_MAX]; /* "": by SSRC */
    uint32_t ssrc, rtx_ssrc; /* 0: learnt from the packets' mid and rid */
};

/* ---- session thread to worker ---- */

enum media_command_type {
    MEDIA_OPEN_SESSION, /* session */
    MEDIA_SET_KEYS,     /* keys: replaces; the engine destroys the old ones */
    MEDIA_SET_PATH,   /* path: where to send from now on; packets of other allowed paths still count
                       */
    MEDIA_ADD_REMOTE, /* path: packets from path.remote (to this worker's port) are this session's
                       */
    MEDIA_REMOVE_REMOTE, /* path */
    MEDIA_CLOSE_SESSION, /* with its tracks and downtracks */
    MEDIA_SET_TRACK,     /* track: opens or changes */
    MEDIA_CLOSE_TRACK,   /* handle: the track */
    MEDIA_SET_READERS,   /* readers: which workers have downtracks of a track */
    MEDIA_SET_DOWNTRACK, /* downtrack: opens or changes */
    MEDIA_CLOSE_DOWNTRACK,
    MEDIA_REQUEST_KEY_FRAME, /* handle: the track */
    MEDIA_SET_BANDWIDTH,     /* bandwidth: of a session */
};

/* How what is sent to a session is fitted to its line. */
struct media_bandwidth {
    bool estimated;   /* else everything that is wanted is sent */
    bool allow_pause; /* videos that do not fit even in their lowest layer */
    uint64_t cap;     /* bit/s; 0: none */
};

struct media_keys {
    struct srtp_key *receive, *send; /* owned by the engine from here on */
    uint8_t tag_length;
};

struct media_track {
    handle_t session;
    bool video, nack, muted, svc, screen_share, encrypted;
    uint8_t n_payloads, n_encodings, sif_trailer_len;
    uint8_t sif_trailer[MEDIA_SIF_MAX];
    char mid[MEDIA_MID_MAX];
    struct media_payload payloads[MEDIA_PAYLOADS_MAX];
    struct media_encoding encodings[MEDIA_LAYERS_MAX]; /* lowest first; layer = index */
    struct media_extensions extensions;
};

struct media_downtrack {
    handle_t session, track;
    uint8_t track_worker; /* where the track is received */
    bool video, nack, disabled, svc, screen_share, encrypted;
    bool track_muted;
    uint8_t max_spatial, max_temporal;
    uint8_t n_payloads, sif_trailer_len;
    uint8_t sif_trailer[MEDIA_SIF_MAX];
    uint32_t ssrc, rtx_ssrc; /* rtx_ssrc 0: no RTX */
    char mid[MEDIA_MID_MAX];
    char cname[MEDIA_CNAME_MAX];
    struct media_payload payloads[MEDIA_PAYLOADS_MAX];
    struct media_extensions extensions;
};

struct media_command {
    enum media_command_type type;
    handle_t handle; /* the session, track or downtrack */
    union {
        struct media_keys keys;
        struct net_path path;
        struct media_track track;
        struct media_downtrack downtrack;
        uint32_t readers; /* bit per worker */
        struct media_bandwidth bandwidth;
    };
};

/* ---- worker to session thread ---- */

enum media_event_type {
    MEDIA_LAYER_SEEN, /* layer: first RTP, and again when its RTX is first seen */
    MEDIA_DOWNTRACK_STARTED,
    MEDIA_AUDIO_LEVEL,  /* level: per 400 ms window in which a track was heard */
    MEDIA_REPORT,       /* report: per track and downtrack every 5 s */
    MEDIA_WANTED_LAYER, /* wanted: highest layer that downtracks of this worker want or still get;
                           on change */
    MEDIA_DOWNTRACK_PAUSED, /* paused: for want of bandwidth; on change */
};

struct media_layer_seen {
    uint8_t layer;
    uint32_t ssrc, rtx_ssrc;
    char rid[MEDIA_RID_MAX];
};

struct media_audio_level {
    uint8_t loudest; /* -dBov */
    uint16_t active_ms;
};

struct media_report { /* counts since the last one */
    uint32_t packets, lost, rtt_us, jitter_us;
    uint64_t bytes;
    uint8_t layer; /* downtrack: forwarded now; MEDIA_LAYER_NONE */
};

struct media_event {
    enum media_event_type type;
    uint8_t worker;  /* who says it */
    handle_t handle; /* track, or downtrack for STARTED; REPORT: see downtrack */
    bool downtrack;  /* REPORT: handle is a downtrack */
    union {
        struct media_layer_seen layer_seen;
        struct media_audio_level audio_level;
        struct media_report report;
        uint8_t wanted;
        bool paused;
    };
};

/* ---- whole datagrams between worker and session thread ---- */

/* Worker to session thread: STUN, DTLS (from any address; `session` if the address is known); with
 * path.tcp set: protected RTP/RTCP for an ICE-TCP connection. Session thread to worker: anything to
 * be sent to path as it is (to_peer), or RTP/RTCP that came by TCP (not to_peer). */
struct packet_slot {
    struct net_path path;
    handle_t session;
    uint16_t len;
    bool to_peer;
    uint8_t data[MEDIA_PACKET_MAX];
};

/* The rings of one worker; any may be NULL in tests where nothing is to pass. */
struct media_rings {
    struct ring *commands;                     /* in: struct media_command */
    struct ring *packets_in;                   /* in: struct packet_slot */
    struct ring *events;                       /* out: struct media_event */
    struct ring *packets_out;                  /* out: struct packet_slot */
    struct ring *from_peer[PKTIO_WORKERS_MAX]; /* in, by worker; own place NULL */
    struct ring *to_peer[PKTIO_WORKERS_MAX];   /* out */
    struct doorbell *session_bell;
    struct doorbell *peer_bells[PKTIO_WORKERS_MAX];
};

struct media_config {
    unsigned worker, workers;
    uint16_t ports[PKTIO_WORKERS_MAX];     /* of all workers: tells whose a stray packet is */
    uint32_t sessions, tracks, downtracks; /* pool sizes: handles' indices are below these */
    uint32_t frames;                       /* packet buffers for history and hand-over */
    uint16_t history_video,
        history_audio; /* packets kept per layer (config rtc.packet_buffer_size_*) */
    usec_t pli_throttle[MEDIA_LAYERS_MAX];
    uint8_t audio_active_level; /* -dBov; 35 */
    usec_t audio_interval;      /* of level reports; 400 ms */
    const char *srtp_engine;    /* NULL: best */
    /* Thread `worker` is the engine's; NULL: nothing but counters is written. */
    const struct stats_segment *stats;
    usec_t (*clock)(void); /* of the same clock as `now`; NULL: latency is not measured */
};

struct media;

struct media *media_create(const struct media_config *config, struct pktio *io,
                           const struct media_rings *rings, struct counters *counters);
void media_destroy(struct media *m);

/* Packets of RTP and RTCP that came for each session, by the index of its handle; they wrap. Other
 * threads may read them (__atomic_load_n). */
const uint32_t *media_heard(const struct media *m);

/* Size of the slots of peer rings. */
size_t media_peer_slot_size(void);

/* One turn: takes commands, ring packets, peers' messages, one burst from pktio, runs due timers,
 * sends. Returns how many packets and messages it took: 0 means that the caller may sleep until
 * media_deadline(). */
size_t media_turn(struct media *m, usec_t now, usec_t unix_now);
usec_t media_deadline(const struct media *m);

/* ---- the thread around it (worker.c) ---- */

struct worker;

/* Starts a thread that turns `m` (owned by the caller) and sleeps on pktio's descriptors and the
 * doorbell. `stats` are the thread's; may be NULL. */
struct worker *worker_start(struct media *m, struct pktio *io, struct doorbell *bell,
                            unsigned index, struct stats_thread *stats);
void worker_stop(struct worker *w); /* joins it */

#endif
