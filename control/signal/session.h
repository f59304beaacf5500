/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this directory share. */
#ifndef SLUICE_CONTROL_SIGNAL_SESSION_H
#define SLUICE_CONTROL_SIGNAL_SESSION_H

#include "control/signal/signalling.h"

/* Room for one answer or offer. */
#define SIGNAL_SDP_MAX ((size_t)512 * 1024)

/* Large structures that are used again for each description. */
struct negotiation_scratch {
    struct sdp_description description;
    struct sdp_plan plans[SDP_SECTIONS_MAX];
    struct sdp_negotiated facts[SDP_SECTIONS_MAX];
    struct source *sources[SDP_SECTIONS_MAX]; /* by section */
    char sdp[SIGNAL_SDP_MAX];
};

struct signalling {
    struct rooms rooms;
    struct signalling_output out;
    struct negotiation_scratch *scratch;
    struct timer readdress; /* looks for who does not reach us since our addresses changed */
    unsigned readdress_looks;
    uint32_t readdress_round;
};

struct signal_session {
    struct signalling *g;
    struct signal_io io;
    struct participant *participant; /* NULL: over, or not begun */
    bool text;                       /* the client's last frame was JSON */
    bool closed;                     /* by us */
};

/* Encodes and writes. */
void session_write(struct signal_session *s, const Livekit__SignalResponse *m);

/* Closes the socket; nothing is said after. */
void session_close(struct signal_session *s);

/* Acts on a request of s->participant, which may be gone after. */
void dispatch(struct signal_session *s, Livekit__SignalRequest *m, usec_t now);

/* The join response. */
void join_response(struct participant *p);

/* Takes a client back: see resume.c. */
void resume_start(struct signal_session *s, struct participant *p, usec_t now);
void resume_status(struct participant *p, uint32_t last_sequence, usec_t now);
void resume_sync(struct participant *p, const Livekit__SyncState *m, usec_t now);

#endif
