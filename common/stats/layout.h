/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies in the sections of a dataplane's statistics (segment.h) besides counters. Sections of
 * objects are arrays at their handles' indices (common/handle.h) of records (record.h) with the
 * bodies below, all of which are multiples of 8 bytes. A body whose `handle` is HANDLE_NONE, or not
 * the one that was looked for, is of no living object.
 *
 * The session thread writes who and what an object is; the worker that owns it writes what it
 * measures, once a second, into a record of its own.
 *
 * Times are of clock_monotonic() in microseconds, 0: never.
 */
#ifndef SLUICE_COMMON_STATS_LAYOUT_H
#define SLUICE_COMMON_STATS_LAYOUT_H

#include "common/addr.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/stats/histogram.h"

#include <stdint.h>

#define STATS_TEXT       256 /* names and identities, with NUL; longer ones are cut off */
#define STATS_SID        32
#define STATS_TRACK_NAME 64
#define STATS_REASON     64
#define STATS_RID        16
#define STATS_EVENT_TEXT 192
#define STATS_PAIRS      8
#define STATS_LAYERS     3
#define STATS_LAYER_NONE 255
#define STATS_EVENTS     512 /* that are kept */

enum stats_section_id {
    STATS_COUNTERS,        /* struct counters, by thread */
    STATS_THREADS,         /* struct stats_thread, by thread */
    STATS_QUEUES,          /* struct stats_queue, by worker and number */
    STATS_ROOMS,           /* struct stats_room */
    STATS_PARTICIPANTS,    /* struct stats_participant */
    STATS_TRANSPORTS,      /* struct stats_transport */
    STATS_TRACKS,          /* struct stats_track */
    STATS_SUBSCRIPTIONS,   /* struct stats_subscription */
    STATS_SESSION_MEDIA,   /* struct stats_session_media, at the transport's index */
    STATS_TRACK_MEDIA,     /* struct stats_track_media */
    STATS_DOWNTRACK_MEDIA, /* struct stats_downtrack_media, at the subscription's index */
    STATS_EVENT_RING,      /* struct stats_event, at its number modulo STATS_EVENTS */
    STATS_SECTIONS
};

/* ---- threads: values of their own, no records ---- */

enum stats_class { STATS_AUDIO, STATS_VIDEO, STATS_RETRANSMISSION, STATS_CLASSES };

#define STATS_POOL_LIST(X)                                                                         \
    X(STATS_POOL_ROOMS, "rooms")                                                                   \
    X(STATS_POOL_PARTICIPANTS, "participants")                                                     \
    X(STATS_POOL_TRANSPORTS, "transports")                                                         \
    X(STATS_POOL_TRACKS, "tracks")                                                                 \
    X(STATS_POOL_SUBSCRIPTIONS, "subscriptions")                                                   \
    X(STATS_POOL_FRAMES, "frames")   /* packet buffers of history and hand-over */                 \
    X(STATS_POOL_REMOTES, "remotes") /* addresses of peers */                                      \
    X(STATS_POOL_RECEIVED, "ssrcs in")                                                             \
    X(STATS_POOL_SENT, "ssrcs out")                                                                \
    X(STATS_POOL_COMMANDS, "ring commands") /* session thread to worker */                         \
    X(STATS_POOL_EVENTS, "ring events")                                                            \
    X(STATS_POOL_PACKETS_IN, "ring packets in") /* session thread to worker: DTLS, STUN, TCP */    \
    X(STATS_POOL_PACKETS_OUT, "ring packets out")                                                  \
    X(STATS_POOL_PEERS, "ring peers") /* the fullest ring towards another worker */

#define STATS_POOL_ENUM(id, name) id,
enum stats_pool_id { STATS_POOL_LIST(STATS_POOL_ENUM) STATS_POOLS };
#undef STATS_POOL_ENUM

struct stats_pool {
    _Atomic uint64_t size; /* 0: the thread has no such pool */
    _Atomic uint64_t used, high_water, refused;
};

struct stats_thread {
    _Alignas(64) _Atomic uint32_t tid; /* 0: not started */
    _Atomic uint64_t turns, sleeps;
    struct histogram latency[STATS_CLASSES];
    struct stats_pool pool[STATS_POOLS];
};

/* ---- queues of interfaces: values of their own ---- */

#define STATS_QUEUES_PER_WORKER 64

enum stats_queue_mode { STATS_QUEUE_NONE, STATS_QUEUE_ZEROCOPY, STATS_QUEUE_COPY };

struct stats_queue {
    _Alignas(64) _Atomic uint32_t mode; /* enum stats_queue_mode; NONE: no such queue */
    _Atomic uint32_t ifindex, queue, up;
    _Atomic uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
    _Atomic uint64_t rx_dropped, tx_full;
};

/* ---- by the session thread ---- */

struct stats_room {
    handle_t handle;
    uint32_t spare;
    uint64_t id;
    usec_t opened;
    char sid[STATS_SID];
    char name[STATS_TEXT];
};

struct stats_participant {
    handle_t handle, room;
    uint64_t id;
    usec_t opened;
    uint8_t hidden, agent, can_publish_data, spare[5];
    char sid[STATS_SID];
    char identity[STATS_TEXT];
    char name[STATS_TEXT];
};

enum stats_protocol { STATS_UDP, STATS_TCP, STATS_TURN };

/* A path from which authentic connectivity checks came. */
struct stats_pair {
    struct net_addr local, remote;
    uint64_t priority;
    usec_t checked;
    uint8_t protocol, selected, spare[6];
};

struct stats_transport {
    handle_t handle, participant;
    uint64_t id;
    usec_t since; /* of the state */
    uint32_t queued_bytes, restarts;
    uint8_t kind, worker, state; /* as sluice.link.TransportKind, Connection */
    uint8_t silent, data_ready, keyed;
    uint8_t srtp; /* tag length: 16 is AES-GCM, else AES-CM with HMAC-SHA1 */
    uint8_t n_pairs;
    char reason[STATS_REASON];
    struct stats_pair pairs[STATS_PAIRS];
};

struct stats_track {
    handle_t handle, transport;
    uint64_t id;
    uint8_t video, muted, svc, encrypted, worker, codec; /* codec: as sluice.link.Codec */
    uint8_t source;                                      /* as livekit.TrackSource */
    uint8_t wanted;                                      /* highest layer, STATS_LAYER_NONE */
    uint32_t subscribers, spare;
    char sid[STATS_SID];
    char name[STATS_TRACK_NAME];
};

struct stats_subscription {
    handle_t handle, track, transport;
    uint32_t ssrc;
    uint64_t id;
    uint8_t disabled, max_spatial, max_temporal, worker, spare[4];
};

/* ---- by the workers ---- */

struct stats_session_media {
    handle_t handle;
    uint32_t rtt_us; /* to the publisher; 0: unknown */
    usec_t at;
    uint64_t remb, estimate; /* bit/s; 0: none */
};

struct stats_layer {
    uint32_t ssrc, rtx_ssrc; /* ssrc 0: not seen */
    uint64_t packets, bytes, lost, recovered;
    usec_t arrived;
    uint32_t bps, pps, jitter_us; /* rates of the last second */
    uint32_t nacks, plis, key_frames;
    uint32_t loss_ppm; /* of the last second with packets */
    uint32_t spare;
    char rid[STATS_RID];
};

struct stats_track_media {
    handle_t handle;
    uint32_t rtt_us;
    usec_t at;
    struct stats_layer layers[STATS_LAYERS];
};

struct stats_downtrack_media {
    handle_t handle;
    uint32_t rtt_us;
    usec_t at;
    uint64_t packets, bytes, lost;
    uint32_t retransmitted, nacks, plis;
    uint32_t bps, pps, jitter_us, loss_ppm;
    uint8_t layer, temporal, codec; /* layer: STATS_LAYER_NONE while there is none */
    uint8_t started, live;          /* live: neither disabled nor muted at the publisher */
    uint8_t spare[7];
};

/* ---- events of the session thread ---- */

struct stats_event {
    uint64_t number; /* from 1 */
    usec_t at;
    char kind[32]; /* "transport_connected" */
    char room_sid[STATS_SID], participant[STATS_SID], track[STATS_SID];
    char room[STATS_TEXT], identity[STATS_TEXT];
    char text[STATS_EVENT_TEXT];
};

#endif
