/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session engine: participants, their transports (ICE, DTLS, SCTP), tracks and subscriptions,
 * as control wants them over the link. It does everything that is not per media packet and tells
 * the media workers what to do. Sans-I/O: messages, datagrams and `now` in, calls of struct
 * sessions_output and a deadline out. One thread owns it.
 */
#ifndef SLUICE_DATAPLANE_SESSION_SESSION_H
#define SLUICE_DATAPLANE_SESSION_SESSION_H

#include "common/clock.h"
#include "common/link/link.pb-c.h"
#include "common/stats/segment.h"
#include "dataplane/media/media.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dtls_context;
struct sessions;

/* Where the engine's output goes; called while one of the functions below runs. */
struct sessions_output {
    void *context;
    /* To a worker, in order, never lost. */
    void (*command)(void *context, unsigned worker, const struct media_command *c);
    /* A datagram to send (slot->to_peer), through the worker's pktio or an ICE-TCP connection. */
    void (*packet)(void *context, unsigned worker, const struct net_path *path, const uint8_t *data,
                   size_t len);
    /* RTP and RTCP of this pair are wanted, or no longer. */
    void (*allow)(void *context, unsigned worker, const struct net_path *path, bool allowed);
    /* To control, if one is connected. */
    void (*event)(void *context, const Sluice__Link__Event *e);
};

struct sessions_config {
    unsigned workers;
    uint16_t ports[PKTIO_WORKERS_MAX];
    uint16_t tcp_port;                                        /* 0: no ICE-TCP */
    const char *backend;                                      /* pktio_describe() */
    uint32_t participants, transports, tracks, subscriptions; /* pool sizes */
    const char *srtp_engine;                                  /* as the workers', NULL: best */
    const uint32_t *heard[PKTIO_WORKERS_MAX]; /* media_heard() of each worker; may be NULL */
    const struct stats_segment *stats;        /* thread `workers` is the engine's; may be NULL */
    bool data_tracks;                         /* their channel is taken and opened */
    usec_t lossy_latency, data_track_latency; /* lossy data may wait so long, 0: no limit */
    /* bit/s: who takes data more slowly has no queue of reliable data; 0: everyone has one */
    uint32_t slow_threshold;
};

/* NULL if out of memory. `dtls` and `counters` (the session thread's block) outlive it. */
struct sessions *sessions_create(const struct sessions_config *config,
                                 const struct sessions_output *output, struct dtls_context *dtls,
                                 struct counters *counters, usec_t now);
void sessions_destroy(struct sessions *s);

/* One command of control; consumed. Hello is answered by Welcome and the dump of all objects. */
void sessions_command(struct sessions *s, Sluice__Link__Command *c, usec_t now);

/* A STUN or DTLS datagram, from a worker, an ICE-TCP connection or a TURN allocation (path->tcp).
 */
void sessions_packet(struct sessions *s, const struct net_path *path, const uint8_t *data,
                     size_t len, usec_t now);

/* Which media session RTP from this ICE-TCP connection or TURN allocation belongs to, and its
 * worker; HANDLE_NONE if no connectivity check came by it. */
handle_t sessions_tcp_session(const struct sessions *s, const struct net_path *path,
                              unsigned *worker);

/* An ICE-TCP connection or a TURN allocation is gone. */
void sessions_tcp_closed(struct sessions *s, const struct net_path *path, usec_t now);

void sessions_media_event(struct sessions *s, const struct media_event *e, usec_t now);

/* Runs what is due. */
void sessions_tick(struct sessions *s, usec_t now);
usec_t sessions_deadline(const struct sessions *s);

/* Control has connected, or is gone: for the statistics. */
void sessions_control(struct sessions *s, bool connected, usec_t now);

/* Sizes of the pools and how many are in use at most so far, for metrics. */
struct sessions_usage {
    uint32_t size, used, high_water;
};
enum sessions_pool {
    POOL_PARTICIPANTS,
    POOL_TRANSPORTS,
    POOL_TRACKS,
    POOL_SUBSCRIPTIONS,
    POOL_COUNT
};
struct sessions_usage sessions_usage(const struct sessions *s, enum sessions_pool pool);

#endif
