/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the session engine is made of: private to this directory. Objects live in fixed arrays and
 * never move; lists run through them. `state` is the link's message that opened or last changed the
 * object, owned, and what a new control is told.
 */
#ifndef SLUICE_DATAPLANE_SESSION_OBJECTS_H
#define SLUICE_DATAPLANE_SESSION_OBJECTS_H

#include "dataplane/session/id_map.h"
#include "dataplane/session/nonces.h"
#include "dataplane/session/replay.h"
#include "dataplane/session/session.h"
#include "dataplane/session/silence.h"
#include "dataplane/session/timers.h"

#include "dataplane/dtls/dtls.h"
#include "dataplane/ice/ice.h"
#include "dataplane/sctp/data_channel.h"

#include <sys/queue.h>

struct room {
    uint64_t id;
    handle_t handle;
    LIST_HEAD(, participant) participants;
    struct replay replay;
    struct nonces nonces;
};

/* Of control's record of a participant. */
struct record_part {
    STAILQ_ENTRY(record_part) link;
    Sluice__Link__RecordPart *part;
};

STAILQ_HEAD(record_parts, record_part);

struct participant {
    handle_t handle;
    struct room *room;
    Sluice__Link__Participant *state;
    uint32_t last_reliable_sequence;
    usec_t opened;
    uint64_t missed_from; /* number in the room's replay of the first packet missed, 0: none */
    uint32_t answers;     /* to RPCs of the server's that may still come */
    uint32_t connected_look, suspected_look, silent_look; /* of silence.c, when it last was */
    struct record_parts parts, coming; /* of the record in `state`; of the next one */
    LIST_HEAD(, transport) transports;
    LIST_ENTRY(participant) link; /* room->participants */
};

/* A data message that waits for room in an association. */
struct data_queued {
    STAILQ_ENTRY(data_queued) link;
    uint32_t len;
    uint8_t data[];
};

struct transport {
    handle_t handle; /* of the media session too */
    struct participant *participant;
    Sluice__Link__Transport *state;
    Sluice__Link__RemoteDescription *remote; /* NULL until set */
    Sluice__Link__Connection connection;
    const char *failure; /* reason of FAILED, "" else */
    usec_t since;        /* of `connection` */
    struct ice_agent ice;
    struct net_path path; /* selected pair; remote.family 0: none */
    struct hearing hearing;
    struct net_path dtls_path; /* where the last DTLS datagram came from */
    struct dtls *dtls;
    bool settled; /* it was asked to free what the handshake needed */
    bool keyed;   /* the worker has the SRTP keys */
    usec_t keyed_at;
    uint8_t tag_length;
    struct data_association *data;
    bool data_opened;                 /* once; an association that broke is not replaced */
    int reliable, lossy, data_track;  /* stream ids, -1: not open */
    bool data_ready;                  /* the first two are open; told to control */
    size_t queued;                    /* bytes in queue */
    STAILQ_HEAD(, data_queued) queue; /* reliable messages, oldest first */
    LIST_HEAD(, track) tracks;
    LIST_HEAD(, subscription) subscriptions;
    LIST_ENTRY(transport) link;    /* participant->transports */
    LIST_ENTRY(transport) blocked; /* sessions->blocked, while the queue is not empty */
};

struct track {
    handle_t handle;
    struct transport *transport;
    Sluice__Link__Track *state;
    uint32_t readers;                  /* bit per worker that has a downtrack */
    uint8_t wanted[PKTIO_WORKERS_MAX]; /* by worker: highest layer wanted */
    uint8_t wanted_told;
    uint32_t subscribers;
    LIST_HEAD(, subscription) subscriptions;
    LIST_ENTRY(track) link; /* transport->tracks */
};

struct subscription {
    handle_t handle;
    struct track *track;
    struct transport *transport; /* the subscriber's */
    Sluice__Link__Subscription *state;
    bool paused;                             /* for want of bandwidth */
    LIST_ENTRY(subscription) track_link;     /* track->subscriptions */
    LIST_ENTRY(subscription) transport_link; /* transport->subscriptions */
};

/* One kind of object: ids, handles, and the array that handles index. */
struct registry {
    struct handle_pool pool;
    struct id_map ids;
};

#endif
