/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's state and the functions that its files share. Private to this directory.
 *
 * Closing goes downwards: a participant closes its transports, a transport its tracks and
 * subscriptions, a track its subscriptions. Every close tells the workers and frees the handle.
 */
#ifndef SLUICE_DATAPLANE_SESSION_ENGINE_H
#define SLUICE_DATAPLANE_SESSION_ENGINE_H

#include "dataplane/ice/stun_client.h"
#include "dataplane/session/objects.h"

#define AUDIO_LEVELS_MAX 256 /* entries of one AudioLevels event */
#define REPORTS_MAX      256
#define DATA_SCRATCH     (2 * DATA_MESSAGE_MAX)
#define DATA_QUEUE_MAX   (8u << 20) /* bytes of reliable messages that wait for one receiver */
#define DATA_JOINING_MAX 100000     /* the same, while its channel is not open yet */

struct sessions {
    struct sessions_config config;
    struct sessions_output out;
    struct dtls_context *dtls;
    struct data_stack *data;
    struct counters *counters;
    struct srtp_engine *srtp; /* makes keys for the workers */
    uint64_t instance;
    uint64_t hash_seed;
    usec_t now; /* of the call that runs */

    struct registry rooms, participants, transports, tracks, subscriptions;
    struct room *room;
    struct participant *participant;
    struct transport *transport;
    struct track *track;
    struct subscription *subscription;

    struct id_map ufrags;           /* hash of a local ufrag: transport */
    struct id_map remotes;          /* hash of (remote, local port or connection): transport */
    struct timers timers;           /* of transports */
    LIST_HEAD(, transport) blocked; /* reliable messages wait in their queues */

    /* Waiting for sessions_tick() to go out together. */
    size_t n_levels, n_reports;
    Sluice__Link__AudioLevel levels[AUDIO_LEVELS_MAX];
    Sluice__Link__Report reports[REPORTS_MAX];
    usec_t batch_deadline;

    struct stun_client stun;
    struct silence silence;
    uint8_t check_prefix[8]; /* of transactions of our own checks */
    uint32_t checks;

    usec_t trim_at;   /* of the heap; USEC_NEVER: it has no new holes */
    uint8_t *scratch; /* DATA_SCRATCH: a data packet with its sender's stamp */
};

/* registry.c: `id` to object, NULL if unknown. */
struct room *find_room(const struct sessions *s, uint64_t id);
struct participant *find_participant(const struct sessions *s, uint64_t id);
struct transport *find_transport(const struct sessions *s, uint64_t id);
struct track *find_track(const struct sessions *s, uint64_t id);
struct subscription *find_subscription(const struct sessions *s, uint64_t id);

/* A live handle to object, NULL if it is stale. */
struct transport *session_transport_of(const struct sessions *s, handle_t h);
struct track *session_track_of(const struct sessions *s, handle_t h);
struct subscription *session_subscription_of(const struct sessions *s, handle_t h);

bool registry_init(struct registry *r, uint32_t size);
void registry_free(struct registry *r);
/* Takes a place for id; HANDLE_NONE if full. */
handle_t registry_add(struct registry *r, uint64_t id);
void registry_remove(struct registry *r, uint64_t id, handle_t h);

/* commands.c: tells control that the running command failed. */
void fail(struct sessions *s, uint64_t seq, Sluice__Link__FailureCode code, uint64_t id,
          const char *text);

/* Each takes over the message. */
void session_participant_open(struct sessions *s, uint64_t seq, Sluice__Link__Participant *m);
void session_participant_close(struct sessions *s, struct participant *p);
/* record_parts.c */
void session_record_part(struct sessions *s, uint64_t seq, Sluice__Link__RecordPart *m);
/* The parts that m names become those of its record; false if they are not all there. */
bool record_parts_complete(struct participant *p, const Sluice__Link__Participant *m);
void record_parts_dump(struct sessions *s, const struct participant *p);
void record_parts_free(struct record_parts *list);
void session_participant_query(struct sessions *s, struct participant *p);

void session_transport_open(struct sessions *s, uint64_t seq, Sluice__Link__Transport *m);
void session_transport_set_remote(struct sessions *s, uint64_t seq,
                                  Sluice__Link__RemoteDescription *m);
void session_transport_restart_ice(struct sessions *s, uint64_t seq,
                                   const Sluice__Link__LocalIce *m);
void session_transport_close(struct sessions *s, struct transport *t);

void session_track_open(struct sessions *s, uint64_t seq, Sluice__Link__Track *m);
void session_track_close(struct sessions *s, struct track *t);
/* Tells the track's worker which workers read it. */
void session_track_update_readers(struct sessions *s, struct track *t);
void session_track_tell_wanted(struct sessions *s, struct track *t);

void session_subscription_open(struct sessions *s, uint64_t seq, Sluice__Link__Subscription *m);
/* Sends the worker the downtrack anew, after the subscription or its track changed. */
bool session_subscription_apply(struct sessions *s, struct subscription *sub, const char **why);
void session_subscription_close(struct sessions *s, struct subscription *sub);

/* The state of a transport's parts changed: tells control if it makes a difference. */
void session_transport_update_connection(struct sessions *s, struct transport *t);
/* Sets the transport's timer to the earliest of its engines' deadlines. */
void session_transport_schedule(struct sessions *s, struct transport *t);
void session_transport_timeout(struct sessions *s, struct transport *t);

/* drive_ice.c */
void ice_drive_input(struct sessions *s, struct transport *t, const struct net_path *path,
                     const uint8_t *data, size_t len);
/* Acts on what changed in the agent. */
void ice_drive_events(struct sessions *s, struct transport *t);
/* The pairs are given up: the transport closes. */
void ice_drive_close(struct sessions *s, struct transport *t);

/* drive_dtls.c */
bool dtls_drive_open(struct sessions *s, struct transport *t);
void dtls_drive_input(struct sessions *s, struct transport *t, const struct net_path *path,
                      const uint8_t *data, size_t len);
/* Sends what DTLS has to send and acts on a completed or failed handshake. */
void dtls_drive_run(struct sessions *s, struct transport *t);
/* When dtls_drive_settle() is due, which frees what only the handshake needed. */
usec_t dtls_drive_settle_at(const struct transport *t);
void dtls_drive_settle(struct sessions *s, struct transport *t);

/* trim.c */
void trim_later(struct sessions *s);
void trim_run(struct sessions *s);

/* drive_data.c */
/* Opens the association if DTLS is up and the peer has a data section. */
void data_drive_open(struct sessions *s, struct transport *t);
void data_drive_close(struct transport *t);
/* Handles all events of the data stack and sends its packets. */
void data_drive_run(struct sessions *s);
/* Sends or queues one message on `_reliable` or `_lossy`; before the channels are open, a reliable
 * one is queued. */
void data_drive_send(struct sessions *s, struct transport *t, bool reliable, const uint8_t *data,
                     size_t len);
/* Sends one message on `_data_track`. */
void data_drive_send_track(struct sessions *s, struct transport *t, const uint8_t *data,
                           size_t len);

/* data.c: routing of data packets within a room */
void data_route(struct sessions *s, struct transport *from, bool reliable, const uint8_t *data,
                size_t len);
/* Bytes of a channel that LiveKit does not know, as a user packet. */
void data_route_unlabelled(struct sessions *s, struct transport *from, bool reliable,
                           const uint8_t *data, size_t len);
/* The channels of t have opened: sends what its participant missed so far. */
void data_replay(struct sessions *s, struct transport *t);
/* Where a participant receives data: its only PeerConnection, or the subscriber one; or NULL. */
struct transport *data_receiving_transport(const struct participant *p);
void room_send_data(struct sessions *s, const Sluice__Link__SendData *m);

/* ask_stun.c */
void stun_ask(struct sessions *s, const Sluice__Link__AskStun *m);
/* A STUN message that is no request. */
void stun_response(struct sessions *s, const struct net_path *path, const uint8_t *data,
                   size_t len);
void stun_run(struct sessions *s);

/* silence.c */
void silence_init(struct sessions *s);
/* A transport is connected: begins to watch. */
void silence_watch(struct sessions *s);
void silence_run(struct sessions *s);
void silence_query(struct sessions *s, uint32_t silent_ms);
void silence_set_line(struct sessions *s, bool down);

/* own_checks.c */
void own_check_send(struct sessions *s, struct transport *t);
/* True if the transaction is that of such a check. */
bool own_check_is(const struct sessions *s, const uint8_t transaction[STUN_TRANSACTION]);
/* A response to such a check, authentic or not. */
void own_check_answered(struct sessions *s, const struct net_path *path,
                        const struct stun_message *m);

/* data_tracks.c: packets of data tracks, to their subscribers */
void data_track_route(struct sessions *s, struct transport *from, const uint8_t *data, size_t len);

/* dump.c */
void dump_all(struct sessions *s);
void fill_transport_state(const struct transport *t, Sluice__Link__TransportState *out,
                          char local[static NET_ADDR_TEXT], char remote[static NET_ADDR_TEXT]);

/* media_events.c */
void session_subscription_tell_paused(struct sessions *s, const struct subscription *sub);
void flush_batches(struct sessions *s);

/* lookup.c */
void lookup_add_ufrag(struct sessions *s, const char *ufrag, handle_t transport);
void lookup_remove_ufrag(struct sessions *s, const char *ufrag);
handle_t lookup_ufrag(const struct sessions *s, const char *ufrag, size_t len);
void lookup_add_remote(struct sessions *s, const struct net_path *path, handle_t transport);
void lookup_remove_remote(struct sessions *s, const struct net_path *path);
handle_t lookup_remote(const struct sessions *s, const struct net_path *path);

void worker_command(struct sessions *s, unsigned worker, enum media_command_type type, handle_t h);

#endif
