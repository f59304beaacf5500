/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the control process knows of rooms: participants, what they publish, what they get, and over
 * which transports. Shared by control/room (who gets what) and control/signal (how it is said).
 * Everything runs in one thread; `now` is monotonic.
 *
 * Terms: a publication is a track somebody announced (pending) or sends (published); a subscription
 * is a publication as one other participant gets it.
 */
#ifndef SLUICE_CONTROL_ROOM_STATE_H
#define SLUICE_CONTROL_ROOM_STATE_H

#include "common/addr.h"
#include "common/clock.h"
#include "common/jwt/token.h"
#include "common/link/link.pb-c.h"
#include "common/proto/livekit/data.pb-c.h"
#include "common/proto/livekit/models.pb-c.h"
#include "common/proto/livekit/rtc.pb-c.h"
#include "control/room/candidates.h"
#include "control/room/deadlines.h"
#include "control/room/index.h"
#include "control/sdp/offer.h"
#include "control/sdp/slots.h"

/* Limits; what goes beyond is refused. */
#define ROOMS_MAX                   10000
#define ROOM_PENDING_TRACKS_MAX     20 /* per participant, as LiveKit */
#define ROOM_TRACKS_MAX             200
#define ROOM_QUEUED_TRACKS_MAX      3 /* of one cid */
#define TRACK_CODECS_MAX            4
#define ROOM_WISHES_MAX             256
#define ROOM_PERMISSION_RULES_MAX   1024
#define ROOM_DATA_TRACKS_MAX        64 /* per participant */
#define ROOM_DATA_SUBSCRIPTIONS_MAX 200

#define ROOM_SID_MAX   24 /* with NUL */
#define ROOM_UFRAG_LEN 16
#define ROOM_PWD_LEN   32

#define ROOM_PROTOCOL       17
#define ROOM_SERVER_VERSION "1.13.5" /* clients compare it to decide what the server can do */

struct room;
struct participant;
struct publication;
struct source;
struct subscription;
struct transport;
struct data_blob;

/* ---- what is configured ---- */

/* A server of somebody else's that clients are told. */
struct ice_server {
    const char *url, *username, *credential; /* the last two "" if none */
    const char *secret;                      /* "", or of time-limited credentials */
    uint32_t ttl;                            /* of these, s */
    bool tls;                                /* turns: */
};

#define TURN_DENIED_MAX 16

struct address_range {
    struct net_addr prefix;
    unsigned bits;
};

/* The TURN server of the dataplane; without ports there is none. */
struct turn_settings {
    uint16_t udp_port, tls_port; /* as clients are told */
    const char *domain;          /* for TLS */
    uint32_t ttl;                /* of credentials, s */
    size_t denied_count;         /* of our addresses, those that are not to be relayed to */
    struct address_range denied[TURN_DENIED_MAX];
};

struct rooms_config {
    bool auto_create;
    uint32_t empty_timeout, departure_timeout; /* seconds */
    uint32_t max_participants;                 /* per room, 0: no limit */
    uint32_t capacity;                         /* participants of this server, 0: no limit */
    uint32_t track_limit; /* tracks in and out beyond which nobody is let in, 0: no limit */
    bool force_tcp;       /* media over ICE-TCP only */
    bool allow_tcp_fallback;
    uint32_t tcp_fallback_rtt; /* ms; slower signalling is not followed to TCP, 0: any is */
    /* What is sent is fitted to subscribers' lines: by our estimate where clients give feedback
     * (send_side), else by theirs; videos that do not fit at all may be paused. */
    bool estimate_bandwidth, send_side_bwe, allow_pause;
    sdp_codec_set codecs;
    const char *region;
    usec_t dynacast_pause_delay;
    uint32_t codec_regression_threshold; /* participants below which a backup codec is for all, 0:
                                            always */
    const struct api_keys *keys;
    const struct ice_server *ice_servers;
    size_t ice_server_count;
    struct turn_settings turn;
    uint32_t bytes_per_second; /* of media, beyond which nobody is let in, 0: no limit */
    uint32_t subscriptions_video, subscriptions_audio; /* per participant, 0: no limit */
    bool sync_streams;                                 /* of new rooms */
    uint32_t update_size;       /* bytes of one ParticipantUpdate, about; 0: no limit */
    double speaker_level;       /* -dBov: this loud counts as speech */
    uint32_t speaker_interval;  /* ms */
    uint32_t speaker_percent;   /* of a window that must be speech */
    uint32_t speaker_smoothing; /* intervals */
    uint32_t name_limit, metadata_limit,
        attributes_limit; /* what a client may set; bytes, 0: all */
    bool data_tracks, data_blobs;
    uint32_t data_blobs_size, data_blob_key_length, data_track_encoding_length; /* limits, bytes */
};

void rooms_config_default(struct rooms_config *c);

/* ---- what the rooms tell the world ---- */

enum room_event {
    ROOM_STARTED,
    ROOM_FINISHED,
    PARTICIPANT_JOINED, /* became active */
    PARTICIPANT_LEFT,
    PARTICIPANT_ABORTED, /* left without ever being active */
    TRACK_PUBLISHED,
    TRACK_UNPUBLISHED,
};

struct room_output {
    void *ctx;
    /* A message for p's client; only called while p->session is set. */
    void (*send)(void *ctx, struct participant *p, const Livekit__SignalResponse *m);
    /* Sends what is queued, then closes p's signalling; p->session is NULL after. */
    void (*hang_up)(void *ctx, struct participant *p);
    /* A command for the dataplane; the callee numbers it. */
    void (*command)(void *ctx, Sluice__Link__Command *c);
    /* Subscriptions of p wait for a section, or lost theirs: negotiate soon. */
    void (*negotiate)(void *ctx, struct participant *p, usec_t now);
    /* The dataplane's answer to command_query_participant(). */
    void (*status)(void *ctx, struct participant *p, uint32_t last_sequence, usec_t now);
    /* p or t may be NULL. For webhooks and the log. */
    void (*event)(void *ctx, enum room_event e, const struct room *r, const struct participant *p,
                  const struct publication *t);
};

/* ---- the dataplane as we know it ---- */

#define MEDIA_WORKERS_MAX 64

struct media_worker {
    uint32_t worker;
    uint16_t udp_port;
    uint32_t transports; /* that we gave to it */
};

struct media_plane {
    bool up; /* welcomed, and its dump has been worked off */
    uint64_t instance;
    uint8_t fingerprint[SDP_FINGERPRINT_SIZE];
    uint16_t tcp_port; /* 0: off */
    uint32_t worker_count;
    struct media_worker workers[MEDIA_WORKERS_MAX];
};

/* Bytes of media that the dataplane reported, and when counting them began. */
struct traffic {
    uint64_t bytes;
    usec_t since;
    uint64_t per_second; /* of the last whole window */
};

struct rooms {
    struct rooms_config config;
    struct room_output out;
    /* What p answered to an RPC of the server's; may be NULL. */
    void (*server_packet)(void *ctx, struct participant *p, const Livekit__DataPacket *m,
                          usec_t now);
    void *server_packet_ctx;
    /* How good an active participant's connection is, every period; mos: 1 to 5. May be NULL. */
    void (*quality)(void *ctx, Livekit__ConnectionQuality quality, double mos);
    void *quality_ctx;
    struct media_plane media;
    struct candidate_address addresses[CANDIDATE_ADDRESSES_MAX]; /* where clients reach us */
    size_t address_count;
    struct deadlines timers;
    struct index participants, transports, sources, subscriptions;
    struct room *first;
    uint32_t room_count, participant_count;
    char node_id[ROOM_SID_MAX];
    struct timer speaker_decay; /* when no level report comes */
    struct traffic traffic;
    struct dump_item *dump, **dump_tail; /* of rebuild.c */
};

/* ---- a room ---- */

/* Somebody who left, to be told at the next batch. */
struct departed {
    struct departed *next;
    bool duplicate;                 /* replaced by a session of the same identity */
    Livekit__ParticipantInfo *info; /* own memory */
};

struct room {
    struct room *next;
    struct rooms *rooms;
    uint64_t id; /* on the link */
    char sid[ROOM_SID_MAX];
    char *name, *metadata;
    usec_t created;     /* monotonic: ticks count from here */
    int64_t created_ms; /* Unix */
    uint32_t empty_timeout, departure_timeout, max_participants;
    char turn_password[44];
    char sif_trailer[44];
    bool joined_once;
    bool sync_streams;                /* tracks of one stream are one MediaStream for clients */
    struct participant *participants; /* in order of joining */
    uint32_t participant_count;
    struct departed *departed, **departed_tail;
    struct timer lifetime, updates, counts, quality;
    uint32_t told_participants, told_publishers; /* in the last room_update */
    usec_t next_counts;                          /* not before */
    struct preference *preferences;              /* of preference.c */
    uint32_t preference_count;
};

/* ---- publishing ---- */

/* A section in which the client sends something that no AddTrack has named yet. */
struct unclaimed_section {
    struct unclaimed_section *next;
    char *track_id; /* of a=msid, "" if none */
    struct sdp_negotiated facts;
};

struct quality_score {
    double score; /* 0..100 */
    bool measured;
    bool lost; /* nothing arrived at all in the last window */
};

/* A track in one codec, as the client sends it: one per entry of TrackInfo.codecs. The first is the
 * primary one, others are backups for those who cannot decode it. */
struct source {
    struct indexed index; /* track id on the link, 0 before it is sent */
    struct publication *track;
    struct sdp_negotiated *facts; /* of its section; NULL: not sent (yet) */
    /* dynacast */
    uint32_t wanted_layer; /* 255: none */
    int told_quality;      /* -2: never, -1: off, else VideoQuality */
    struct quality_score score;
};

struct publication {
    struct publication *next;
    struct participant *owner;
    struct publication *origin; /* shows a track of another room; it has the sources */
    char sid[ROOM_SID_MAX];
    Livekit__TrackInfo *info; /* own memory */
    char *cid;
    bool published; /* the client sends it, by its description */
    bool told;      /* track_published went out (else queued behind one of the same cid) */
    bool told_subscribed;
    bool regressed; /* everyone who can gets the backup codec */
    struct transport *transport;
    struct subscription *subscribers;
    uint32_t source_count; /* at least 1 */
    struct source source[TRACK_CODECS_MAX];
    /* dynacast */
    struct timer quality_timer, quality_again;
    usec_t published_at;
    struct timer news; /* layers were seen: told together */
    /* speakers */
    usec_t heard_at; /* of the last report of its level */
    double level;    /* smoothed, linear */
};

/* ---- subscribing ---- */

enum subscription_state {
    SUBSCRIPTION_OFF,      /* not wanted, or not allowed */
    SUBSCRIPTION_WAITING,  /* for a section that is negotiated */
    SUBSCRIPTION_AWAITING, /* negotiated; the publisher does not send that codec yet */
    SUBSCRIPTION_OPEN,     /* the dataplane forwards */
};

struct track_settings {
    bool disabled;
    Livekit__VideoQuality quality;
    uint32_t width, height, fps;
};

struct subscription {
    struct indexed index; /* subscription id on the link, slot owner */
    struct participant *subscriber;
    struct publication *track;
    struct source *source; /* what is forwarded or awaited; NULL before negotiation */
    struct subscription *next_of_subscriber, *next_of_track;
    enum subscription_state state;
    bool wanted, refused; /* refused: no codec in common */
    bool told_allowed;
    uint32_t ssrc, rtx_ssrc;
    struct sdp_negotiated *facts; /* of its section, while open or awaited */
    uint32_t payload_count;
    struct sdp_payload payloads[SDP_PAYLOADS_MAX]; /* that fit the source, and after them others */
    struct track_settings settings, applied;
    struct timer settle;
    struct quality_score score;
    bool paused, told_paused; /* for want of bandwidth; what the client knows */
};

/* ---- data tracks ---- */

struct data_track {
    struct data_track *next;
    struct participant *owner;
    uint64_t id;                  /* on the link */
    Livekit__DataTrackInfo *info; /* own memory */
};

/* A data track as one other participant gets it. */
struct data_subscription {
    struct data_subscription *next;
    struct data_track *track;
    uint16_t handle; /* in the packets that the subscriber gets */
};

/* A subscription or setting for a track that is not (yet) known. */
struct wish {
    struct wish *next;
    char sid[ROOM_SID_MAX];
    bool subscribe; /* told explicitly; else only settings */
    bool has_settings;
    struct track_settings settings;
    struct timer expiry;
    struct participant *owner;
};

/* ---- transports ---- */

struct ending_slot {
    struct ending_slot *next;
    uint64_t owner;
};

struct transport {
    struct indexed index;
    struct participant *owner;
    Sluice__Link__TransportKind kind;
    uint32_t worker;
    char ufrag[ROOM_UFRAG_LEN + 1], pwd[ROOM_PWD_LEN + 1];
    struct sdp_remote remote;
    bool remote_set, tcp_only;
    bool estimate_bandwidth, allow_pause;
    uint64_t bandwidth_cap; /* bit/s, a client's wish for a test; 0: none */
    Sluice__Link__Connection state;
    bool was_connected;
    uint64_t session_id, session_version; /* of our descriptions */
    bool described;                       /* the client has our candidates */
    usec_t remote_at, ice_connected_at;   /* first; 0: not yet */
    struct timer establish;
    struct unclaimed_section *unclaimed;
    /* SINGLE */
    struct sdp_slots *slots;
    struct ending_slot *ending;  /* closed, but still in the client's description */
    bool offered;                /* the client has offered at least once */
    bool asked;                  /* for another offer, which has not come yet */
    char first_mid[SDP_MID_MAX]; /* of the client's offer; candidates name it */
    /* SUBSCRIBER */
    struct sdp_offer_table *offers;
    uint32_t offer_id;
    bool awaiting_answer, offer_again;
    /* SINGLE and SUBSCRIBER */
    usec_t last_negotiation;
    struct timer negotiate, answer_timeout;
};

/* ---- participants ---- */

struct client {
    Livekit__ClientInfo__SDK sdk;
    int32_t protocol, client_protocol;
    char *version, *os, *browser, *browser_version, *device_model, *address;
    size_t capability_count;
    Livekit__ClientInfo__Capability capabilities[8];
};

/* Who may subscribe to p's tracks. */
struct permission_rule {
    char *sid, *identity; /* of the subscriber; either may be "" */
    bool all_tracks;
    size_t track_count;
    char (*tracks)[ROOM_SID_MAX];
};

/* What fallback.c goes by. */
struct fallback {
    usec_t signal_at;    /* the client's last word */
    uint32_t signal_rtt; /* ms, 0: unknown */
    unsigned failures;   /* of connections that had lasted */
    usec_t failed_at;
    bool done; /* one step per session */
};

/* Media failed, and the client has been told so. */
enum media_loss {
    MEDIA_THERE,
    MEDIA_RESUMABLE, /* an ICE restart may bring it back */
    MEDIA_GONE,
};

/* Why a session may soon end: see patience.h. */
enum doubt { DOUBT_NONE, DOUBT_VANISHED, DOUBT_RESTARTING, DOUBT_LOST };

struct participant {
    struct indexed index;
    struct participant *next;
    struct room *room;
    void *session;          /* of control/signal; NULL: no signalling at the moment */
    void *resuming_session; /* has not been told `reconnect` yet */
    char sid[ROOM_SID_MAX];
    struct claims claims; /* identity, name, metadata, attributes, grants: as they are now */
    struct client client;
    Livekit__ParticipantInfo__State state;
    uint32_t version;
    bool changed; /* since version was counted */
    bool update_queued;
    bool is_publisher;
    bool replaces; /* a session of the same identity */
    bool was_active, closing;
    bool opened;  /* the dataplane has it: larger records may follow */
    bool in_dump; /* while a dump is worked off */
    bool auto_subscribe, adaptive_stream, single, disable_lite, auto_subscribe_data_tracks;
    bool allow_pause;           /* of videos that do not fit the line */
    int64_t joined_ms;          /* Unix */
    char sif_trailer[44];       /* as its client was told when it joined */
    struct participant *origin; /* shows a participant of another room: see forward.h */
    struct participant *forwards, *next_forward; /* in which other rooms it is shown */
    struct transport *transports[2];             /* [0] SINGLE or PUBLISHER, [1] SUBSCRIBER */
    struct publication *publications;
    struct subscription *subscriptions;
    struct wish *wishes;
    struct data_track *data_tracks;
    struct data_subscription *data_subscriptions;
    uint16_t last_data_handle; /* given out */
    struct data_blob *data_blobs;
    bool everyone_may_subscribe;
    size_t rule_count;
    struct permission_rule *rules;
    enum media_loss media_loss;
    struct fallback fallback;
    enum doubt doubt;
    struct timer join_timeout, refresh, disconnect, resume_timeout, simulated_speech;
    struct timer readdress; /* to be told to resume: we moved, and it does not reach us any more */
    uint32_t readdressed;   /* told at this change of our addresses */
    struct timer record_timer;                   /* writes the record soon */
    Livekit__DisconnectReason disconnect_reason; /* once DISCONNECTED */
    bool resuming;                /* waits for the last sequence before `reconnect` */
    bool cut_resume, fail_resume; /* simulated: once */
    /* speakers */
    uint32_t told_level; /* eighths */
    bool simulated_speaker;
    /* connection quality */
    int told_quality; /* -1: never */
    double told_score;
};

#endif
