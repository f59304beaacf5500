/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the media engine is made of: private to this directory. Objects live in fixed arrays at
 * their handles' indices and never move; lists run through them. `struct feed` is a track as seen
 * by the downtracks of this worker, wherever the track is received.
 */
#ifndef SLUICE_DATAPLANE_MEDIA_ENGINE_H
#define SLUICE_DATAPLANE_MEDIA_ENGINE_H

#include "dataplane/cc/controller.h"
#include "dataplane/forward/frame.h"
#include "dataplane/forward/history.h"
#include "dataplane/forward/layer_rates.h"
#include "dataplane/forward/layer_tracker.h"
#include "dataplane/forward/munger.h"
#include "dataplane/forward/sent_log.h"
#include "dataplane/forward/simulcast_selector.h"
#include "dataplane/forward/svc_selector.h"
#include "dataplane/forward/timeline.h"
#include "dataplane/forward/vp8_munger.h"
#include "dataplane/forward/vp9_selector.h"
#include "dataplane/media/addr_map.h"
#include "dataplane/media/latency.h"
#include "dataplane/media/media.h"
#include "dataplane/media/peer.h"
#include "dataplane/media/ssrc_map.h"
#include "dataplane/media/wheel.h"
#include "dataplane/rtcp/nack_generator.h"
#include "dataplane/rtcp/parse.h"
#include "dataplane/rtcp/receiver_stats.h"
#include "dataplane/rtcp/sender_stats.h"
#include "dataplane/rtcp/twcc_recorder.h"
#include "dataplane/rtp/packet.h"
#include "dataplane/rtp/sequence.h"

#include <sys/queue.h>

#define SESSION_REMOTES_MAX 8   /* addresses that may send to a session */
#define TURN_FRAMES_MAX     256 /* received in one turn */
/* Packets that a downtrack can be asked for again. */
#define SENT_LOG_VIDEO 1024
#define SENT_LOG_AUDIO 256

#define CACHE_LINE 64

#define RTCP_COMPOUND_MAX 1200 /* bytes, before protection */

#define REPORT_INTERVAL        (1 * USEC_PER_SEC) /* receiver reports and XR, to publishers */
#define SENDER_REPORT_INTERVAL (3 * USEC_PER_SEC) /* to subscribers */
#define EVENT_REPORT_INTERVAL  (5 * USEC_PER_SEC)
#define KEY_FRAME_REPEAT_MIN   (200 * USEC_PER_MS)
#define KEY_FRAME_REPEAT_MAX   (1 * USEC_PER_SEC)
#define KEY_FRAME_URGENT_MAX   2 /* per downtrack, while it is young */
#define KEY_FRAME_URGENT_TIME  (3 * USEC_PER_SEC)
#define KEY_FRAME_SEED_TIME    (30 * USEC_PER_SEC) /* asking after a layer's first packet */
#define SILENCE_FRAMES         51                  /* a second, after audio is switched off */
#define SENT_REPORTS_KEPT      4
#define EARLY_CLOCKS           4
#define DUE_NOW                1 /* a deadline in the past */

enum timer_kind { TIMER_SESSION, TIMER_TRACK, TIMER_DOWNTRACK };

/* A sender report that came before its SSRC was bound. */
struct early_clock {
    uint32_t ssrc;
    struct source_clock clock;
};

/* The media side of a transport. */
struct session {
    handle_t handle; /* HANDLE_NONE: not open */
    struct net_path path;
    struct srtp_key *receive, *send;
    uint8_t tag_length;
    uint8_t ip_overhead;          /* bytes below RTP */
    struct cc_history cc;         /* of video */
    struct controller *bandwidth; /* NULL: not estimated */
    struct media_bandwidth bandwidth_config;
    uint32_t rtcp_index;  /* of the next SRTCP packet sent */
    uint32_t report_ssrc; /* sender SSRC of what is told to the publisher */
    struct srtcp_stream rtcp_in;
    struct srtp_stream probes; /* SSRC 0: padding to probe the way with, before there is media */
    unsigned n_remotes;
    struct net_addr remotes[SESSION_REMOTES_MAX];
    LIST_HEAD(, track) tracks;
    LIST_HEAD(, downtrack) downtracks;
    struct timer timer;
    usec_t next_report;        /* RR and XR; USEC_NEVER while nothing comes */
    usec_t next_sender_report; /* USEC_NEVER without downtracks */
    usec_t rtt;                /* to the publisher; 0: unknown */
    bool heard, touched;       /* since the last report; in this turn */
    struct session *next_touched;
    uint64_t peer_rrtr_ntp; /* newest RRTR of the peer; 0: none */
    uint32_t peer_rrtr_ssrc;
    usec_t peer_rrtr_at;
    struct twcc_recorder *twcc;
    struct early_clock early[EARLY_CLOCKS];
    uint8_t next_early;
    uint64_t remb; /* newest estimate, bit/s; 0: none */
    usec_t published;
};

/* A received SSRC. */
struct stream {
    uint32_t ssrc;
    bool bound;
    struct srtp_stream srtp;
};

/* What statistics tell of a layer besides receiver_stats, which begin anew with each SSRC. */
struct layer_tally {
    uint64_t past_packets, past_bytes, past_lost; /* of SSRCs before */
    uint64_t packets, bytes, lost;                /* as published last */
    uint64_t recovered;
    uint32_t nacks, plis, key_frames;
    uint32_t bps, pps, loss_ppm;
};

struct downtrack_tally {
    uint64_t packets, octets; /* as published last */
    uint32_t retransmitted, nacks, plis;
};

struct layer {
    struct stream media, rtx;
    struct sequence seq;
    struct receiver_stats stats;
    struct nack_generator nack;
    struct history history;
    struct source_clock clock;
    struct dd_stream dd;
    usec_t pli_at;          /* newest PLI; 0: none */
    bool key_frame_pending; /* to be asked for when the throttle allows */
    bool key_frame_urgent;  /* of one whose stream has just begun */
    bool begun;             /* a packet came */
    bool seeding;
    usec_t seed_until;
    usec_t arrived_at;   /* of the newest packet, RTX aside */
    bool told, rtx_told; /* MEDIA_LAYER_SEEN */
    char rid[MEDIA_RID_MAX];
    uint64_t reported_received, reported_bytes;
    int64_t reported_lost;
    struct layer_tally tally;
};

/* A track that is received here. */
struct track {
    handle_t handle; /* HANDLE_NONE: not open */
    struct session *session;
    struct media_track config;
    uint32_t readers;                  /* other workers that have downtracks */
    uint8_t wanted[PKTIO_WORKERS_MAX]; /* by worker: highest layer to pass on */
    struct layer layers[MEDIA_LAYERS_MAX];
    LIST_ENTRY(track) link;
    struct timer timer;
    usec_t next_event_report, next_level, next_publish;
    usec_t published;
    uint8_t loudest;
    bool level_seen;
    uint32_t level_ts;     /* of the newest packet with a level */
    uint32_t active_units; /* timestamp units at or above the active level, in this window */
    struct frame *batch, **batch_end; /* this turn's packets, by frame->next */
    struct track *next_batched;
};

struct feed {
    handle_t track; /* HANDLE_NONE: no downtrack here and not received here */
    uint8_t worker; /* where it is received */
    bool screen_share;
    uint8_t wanted_told, wanted_asked; /* told the session thread; the track's worker */
    bool dirty;                        /* wanted layer to be looked at, at the end of the turn */
    struct feed *next_dirty;
    LIST_HEAD(, downtrack) downtracks;
    struct layer_tracker tracker;
    struct layer_rates rates;
    struct source_clock clocks[MEDIA_LAYERS_MAX];
};

/* What is sent of a track to one subscriber. What sending touches stands first. */
struct downtrack {
    handle_t handle; /* HANDLE_NONE: not open */
    uint32_t ssrc;
    struct session *session;
    struct feed *feed;
    LIST_ENTRY(downtrack) link; /* feed->downtracks */
    bool video, svc, live;      /* live: neither disabled nor muted at the publisher */
    bool nack;
    bool was_muted; /* the publisher was muted since the last packet */
    bool started;   /* a packet has gone */
    bool told;      /* MEDIA_DOWNTRACK_STARTED */
    bool anew;      /* the next packet begins again: first one, or after a pause */
    uint8_t pt, rtx_pt, pt_codec, pt_variant; /* of the codec sent last */
    uint8_t stamp; /* id of the extension in every packet of video; 0: none */
    bool numbered; /* the stamp is the transport-wide number, else the send time */
    uint8_t dependency_descriptor;
    uint8_t clock_layer; /* whose source clock the timestamps are on; LAYER_NONE: another track's */
    uint32_t source_ssrc;
    struct munger munger;
    struct timeline timeline;
    struct sender_stats stats;
    struct sent_log log;
    struct {
        struct simulcast_selector simulcast;
        struct vp9_selector vp9;
        struct svc_selector dd;
    } select;
    struct cc_choice limit; /* what the line allows */
    bool limited;           /* by it */
    bool by_dd, by_vp9;     /* which of them; neither: simulcast */
    uint8_t top_spatial;    /* of an SVC stream, since its last key frame */
    struct vp8_munger vp8;
    struct vp8_descriptor vp8_form; /* as the source sends it */
    uint32_t mask;                  /* active decode targets written last */
    uint64_t rtx_next;              /* number of the next RTX packet */
    LIST_ENTRY(downtrack) session_link;
    struct timer timer;
    usec_t next_event_report, next_key_frame, next_silence;
    uint8_t silence_left;
    uint8_t urgent_left; /* key frames that it may ask for ahead of the throttle */
    usec_t began_at;     /* its first packet */
    uint64_t reported_packets, reported_octets, reported_lost;
    usec_t published, next_publish;
    struct downtrack_tally tally;
    struct {
        uint32_t lsr;
        usec_t at;
    } sent_reports[SENT_REPORTS_KEPT];
    uint8_t sent_reports_next;
    struct media_downtrack config;
};

struct media {
    struct media_config config;
    struct pktio *io;
    struct media_rings rings;
    struct counters *counters;
    struct srtp_engine *srtp;
    usec_t now, unix_now; /* of this turn */
    uint64_t ntp;
    struct session *sessions;
    struct track *tracks;
    struct feed *feeds; /* by the track's index */
    struct downtrack *downtracks;
    struct twcc_recorder *twcc;     /* by the session's index */
    struct controller *controllers; /* the same */
    struct cc_sent *cc_slots;       /* the same, [CC_HISTORY_SIZE] each */
    uint32_t *heard;                /* the same; read by other threads */
    struct frame **history_slots;
    struct sent_entry *sent_slots;
    uint32_t history_video, history_audio; /* sizes, powers of two */
    struct frame_pool frames;
    struct addr_map remotes;
    struct ssrc_map received, sent; /* SSRCs of tracks; of downtracks */
    struct wheel wheel;
    struct srtp_job jobs[SRTP_JOBS_MAX];
    unsigned n_jobs;
    struct track *batched;
    struct session *touched;
    struct feed *dirty;
    struct frame *batch_frames[TURN_FRAMES_MAX]; /* held until the turn's jobs are done */
    unsigned n_batch_frames;
    struct peer_link peers[PKTIO_WORKERS_MAX];
    uint32_t rung; /* peers that were given something in this turn */
    bool ring_session;
    struct latency_sampler latency;
};

static inline void count(struct media *m, enum counter which)
{
    counters_add(m->counters, which, 1);
}

/* When the kernel received what arrived here at that time. */
static inline usec_t received_at(const struct media *m, usec_t arrival)
{
    return arrival == m->now ? arrival - m->latency.waited : arrival;
}

static inline uint32_t session_index(const struct media *m, const struct session *s)
{
    return (uint32_t)(s - m->sessions);
}

static inline uint32_t track_index(const struct media *m, const struct track *t)
{
    return (uint32_t)(t - m->tracks);
}

/* Live objects by handle; NULL if the handle's object is gone. */
static inline struct session *session_of(struct media *m, handle_t h)
{
    uint32_t i = handle_index(h);
    return h && i < m->config.sessions && m->sessions[i].handle == h ? &m->sessions[i] : NULL;
}

static inline struct track *track_of(struct media *m, handle_t h)
{
    uint32_t i = handle_index(h);
    return h && i < m->config.tracks && m->tracks[i].handle == h ? &m->tracks[i] : NULL;
}

static inline struct feed *feed_of(struct media *m, handle_t track)
{
    uint32_t i = handle_index(track);
    return track && i < m->config.tracks && m->feeds[i].track == track ? &m->feeds[i] : NULL;
}

static inline struct downtrack *downtrack_of(struct media *m, handle_t h)
{
    uint32_t i = handle_index(h);
    return h && i < m->config.downtracks && m->downtracks[i].handle == h ? &m->downtracks[i] : NULL;
}

/* False if the ring is full (counted). */
bool media_emit(struct media *m, const struct media_event *event);

/* bandwidth.c: how much goes to a session, of what. */
void bandwidth_set(struct media *m, struct session *s, const struct media_bandwidth *config);
void bandwidth_open(struct media *m, struct session *s, const struct downtrack *d);
void bandwidth_feedback(struct media *m, struct session *s, const struct rtcp_packet *p);
void bandwidth_remb(struct media *m, struct session *s, uint64_t bps);
void bandwidth_changed(struct media *m, struct session *s); /* its downtracks have */
usec_t bandwidth_deadline(const struct session *s);
void bandwidth_run(struct media *m, struct session *s);

/* A packet of `len` bytes of RTP went out. */
static inline void bandwidth_sent(const struct media *m, struct session *s,
                                  const struct downtrack *d, size_t len)
{
    if (d->numbered)
        cc_history_put(&s->cc, (uint16_t)(len + s->ip_overhead), m->now);
    else
        s->cc.bytes += len + s->ip_overhead;
}

/* command.c */
void command_apply(struct media *m, const struct media_command *c);

/* session.c */
void session_open(struct media *m, handle_t h);
void session_close(struct media *m, struct session *s);
void session_set_keys(struct media *m, struct session *s, const struct media_keys *keys);
void session_set_path(struct media *m, struct session *s, const struct net_path *path);
void session_add_remote(struct media *m, struct session *s, const struct net_addr *remote);
void session_remove_remote(struct media *m, struct session *s, const struct net_addr *remote);
/* A sender report of an SSRC that is not bound yet: kept until it is. */
void session_keep_early_clock(struct media *m, struct session *s, const struct rtcp_report *r);
void session_touch(struct media *m, struct session *s); /* deadlines are looked at after the turn */
void session_settle(struct media *m, struct session *s);
void session_due(struct media *m, struct session *s);

/* track.c */
void track_set(struct media *m, handle_t h, const struct media_track *config);
void track_close(struct media *m, struct track *t);
void track_set_readers(struct media *m, struct track *t, uint32_t readers);
/* The publisher's clock of a layer, newly told. */
void track_clock(struct media *m, struct track *t, struct layer *l,
                 const struct source_clock *clock);
void track_due(struct media *m, struct track *t);
const struct media_payload *track_payload(const struct track *t, uint8_t pt, bool *rtx);

/* binding.c: which layer an SSRC is. */
struct binding {
    struct track *track;
    struct layer *layer;
    struct stream *stream;
    bool rtx;
};
bool binding_find(struct media *m, struct session *s, uint32_t ssrc, struct binding *b);
/* A candidate for an unknown SSRC by the packet's mid and rid, not yet trusted. */
bool binding_guess(struct session *s, const struct rtp_packet *p, struct binding *b,
                   char rid[static MEDIA_RID_MAX]);
bool binding_make(struct media *m, struct session *s, const struct binding *b, uint32_t ssrc,
                  const char *rid);
void binding_announce(struct media *m, struct track *t, struct layer *l);
void binding_drop(struct media *m, struct track *t, struct stream *s);

/* demux.c */
void demux_datagram(struct media *m, uint8_t *data, size_t len, const struct net_path *path);
void demux_media(struct media *m, struct session *s, uint8_t *data, size_t len);

/* receive.c */
void receive_rtp(struct media *m, struct session *s, const uint8_t *data, size_t len);

/* describe.c: parses what forwarding needs of a decrypted packet; false if it is to be dropped
 * (counted). */
bool describe(struct media *m, struct track *t, struct layer *l, struct frame *f,
              const struct rtp_packet *p, const struct media_payload *payload, bool in_order,
              const struct rtp_extension *dd);

/* audio_level.c */
void audio_level_note(struct media *m, struct track *t, uint8_t level, uint32_t ts,
                      uint32_t clock_rate);
void audio_level_window(struct media *m, struct track *t);

/* key_frame.c: asking publishers. layer: LAYER_NONE is all. */
void key_frame_request(struct media *m, struct track *t, uint8_t layer, bool urgent);
void key_frame_seed(struct media *m, struct track *t, struct layer *l);
void key_frame_came(struct layer *l);
usec_t key_frame_deadline(const struct media *m, const struct track *t);
void key_frame_due(struct media *m, struct track *t);

/* feedback.c: RTCP to publishers. */
void feedback_run(struct media *m, struct session *s);
usec_t feedback_deadline(const struct session *s);

/* rtcp_in.c */
void rtcp_receive(struct media *m, struct session *s, uint8_t *data, size_t len);

/* feed.c */
struct feed *feed_open(struct media *m, handle_t track, uint8_t worker, bool screen_share);
void feed_release(struct feed *f, const struct media *m); /* forgets it if nobody is left */
void feed_deliver(struct media *m, struct feed *f, struct frame **frames, unsigned n);
void feed_sender_report(struct feed *f, uint8_t layer, const struct source_clock *clock);
void feed_touch(struct media *m, struct feed *f); /* wanted layer is looked at after the turn */
void feed_settle(struct media *m, struct feed *f);
void feed_request_key_frame(struct media *m, struct feed *f, uint8_t layer, bool urgent);

/* downtrack.c */
void downtrack_set(struct media *m, handle_t h, const struct media_downtrack *config);
void downtrack_close(struct media *m, struct downtrack *d);
void downtrack_due(struct media *m, struct downtrack *d);
void downtrack_retarget(struct media *m, struct downtrack *d);
void downtrack_session_ready(struct media *m, struct downtrack *d);
/* What the line allows; not limited: everything. */
void downtrack_limit(struct media *m, struct downtrack *d, bool limited,
                     const struct cc_choice *limit);
uint8_t downtrack_wanted(const struct downtrack *d);
uint8_t downtrack_current(const struct downtrack *d);
static inline bool downtrack_writable(const struct downtrack *d)
{
    return d->live && d->session->send && d->session->path.remote.family;
}

/* transmit.c: packets of downtracks, from the source's plaintext to the outbox. */
void transmit_run(struct media *m, struct downtrack *d, struct frame *const *frames, unsigned n);
void transmit_again(struct media *m, struct downtrack *d, const struct frame *f, uint64_t sent,
                    const struct sent_entry *e, const struct sent_era *era);
/* Header of a packet of our own, behind those of the source; returns its length. */
size_t transmit_header(const struct media *m, const struct downtrack *d,
                       uint8_t out[static RTP_HEADER_MIN + 16], uint64_t sent, bool marker);
/* Padding to probe the way with; false if there was no room. */
bool transmit_padding(struct media *m, struct downtrack *d);
bool transmit_payload_type(struct downtrack *d, uint8_t codec, uint8_t variant);

/* silence.c: frames of our own. */
void silence_start(struct media *m, struct downtrack *d);
void silence_due(struct media *m, struct downtrack *d);
void silence_flush(struct media *m, struct downtrack *d); /* at the end of a downtrack */

/* retransmit.c */
void retransmit_request(struct media *m, struct downtrack *d, uint16_t sent);
void retransmit_serve(struct media *m, unsigned peer, const struct peer_message *msg);
/* A packet that was sent, the nth newest, once more to probe the way with; false if it is not to be
 * had here. */
bool retransmit_probe(struct media *m, struct downtrack *d, unsigned nth);
void retransmit_arrive(struct media *m, const struct peer_message *msg);

/* sender_report.c */
void sender_report_run(struct media *m, struct session *s);
usec_t sender_report_rtt(const struct downtrack *d, const struct rtcp_report_block *b, usec_t now);

/* publish.c: into the statistics that others read. Each sets next_publish. */
void publish_track(struct media *m, struct track *t);
void publish_downtrack(struct media *m, struct downtrack *d);
/* When what has this index is to be published after `now`. */
usec_t publish_next(usec_t now, uint32_t index);
/* The layer's SSRC is replaced: what was counted of it is kept. */
void publish_stream_ends(struct layer *l);
void publish_worker(struct media *m);
void publish_refusal(struct media *m, enum stats_pool_id pool);

/* outbox.c */
uint8_t *outbox_room(struct media *m, struct session *s, size_t len);
void outbox_rtp(struct media *m, struct session *s, uint8_t *out, size_t header_len,
                const uint8_t *payload, size_t payload_len, uint32_t roc);
void outbox_rtcp(struct media *m, struct session *s, uint8_t *compound, size_t len);
void outbox_raw(struct media *m, const struct net_path *path, const uint8_t *data, size_t len);
void outbox_encrypt(struct media *m);

#endif
