/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to a client's offer: both of a single PeerConnection and of a publisher's
 * (RFC 8829 5.3). The caller says what each section is for, this engine what comes of it.
 */
#ifndef SLUICE_CONTROL_SDP_ANSWER_H
#define SLUICE_CONTROL_SDP_ANSWER_H

#include "control/sdp/description.h"
#include "control/sdp/negotiated.h"
#include "control/sdp/write.h"

enum sdp_role {
    SDP_ROLE_REJECT,  /* port 0, out of the bundle */
    SDP_ROLE_PUBLISH, /* the client sends a track: recvonly */
    SDP_ROLE_SEND,    /* we send a track: sendonly with msid */
    SDP_ROLE_IDLE,    /* may send later: sendonly without msid */
    SDP_ROLE_ENDED,   /* nobody sends any more: inactive, may be used again */
    SDP_ROLE_DATA,
};

/* A track as it is published. */
struct sdp_publishing {
    enum sdp_codec codec; /* of AddTrack: goes first; SDP_CODEC_UNKNOWN: order as offered */
    bool red;             /* audio: RED goes first */
    bool stereo, dtx;     /* Opus parameters */
};

struct sdp_plan {
    enum sdp_role role;
    struct sdp_publishing publishing; /* SDP_ROLE_PUBLISH */
    struct sdp_sending sending;       /* SDP_ROLE_SEND */
};

/* What holds for the whole PeerConnection. */
struct sdp_policy {
    sdp_codec_set enabled; /* from the configuration */
    bool single;           /* one PeerConnection: abs-send-time and goog-remb for what we receive */
    bool send_side_bwe;    /* towards the client: transport-cc instead of goog-remb */
    bool playout_delay;    /* offered and accepted where we send */
    bool no_red_downstream; /* Firefox, Safari: no RED where we send */
    bool only_chosen_codec; /* Firefox on Linux and Android: a publish section keeps one codec */
};

/* The plan that an offer has without knowledge of tracks: data, publish where the client sends,
 * idle where it only receives, ended where inactive, reject what cannot be had. The caller changes
 * IDLE and ENDED to SEND for sections with a track, and fills `publishing`. */
enum sdp_role sdp_default_role(const struct sdp_section *s);

/* Writes the answer. plans and facts have offer->section_count members. A section with no common
 * codec is rejected whatever its role; facts tell. False with *e if there is nothing to answer with
 * or w overflows. */
bool sdp_answer(const struct sdp_description *offer, const struct sdp_local *local,
                const struct sdp_policy *policy, const struct sdp_plan *plans, struct sdp_writer *w,
                struct sdp_negotiated *facts, struct sdp_error *e);

/* The mid_to_track_id map that goes with the answer: calls `each` once per section in which a track
 * is sent. */
void sdp_answer_tracks(const struct sdp_plan *plans, const struct sdp_negotiated *facts,
                       size_t count, void (*each)(void *arg, const char *mid, const char *sid),
                       void *arg);

#endif
