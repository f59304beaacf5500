/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes descriptions into a buffer of the caller, line by line. What does not fit is left out and
 * sets `bad`: check once, at the end.
 */
#ifndef SLUICE_CONTROL_SDP_WRITE_H
#define SLUICE_CONTROL_SDP_WRITE_H

#include "control/sdp/candidate.h"
#include "control/sdp/description.h"

#define SDP_STREAM_ID_MAX 96 /* with NUL */
#define SDP_TRACK_ID_MAX  48 /* with NUL */

struct sdp_writer {
    char *buf;
    size_t len, cap;
    bool bad;
};

/* Our side of one PeerConnection. */
struct sdp_local {
    uint64_t session_id;      /* o=, the same for the life of the PeerConnection */
    uint64_t session_version; /* o=, one more in each description */
    const char *ufrag, *pwd;
    uint8_t fingerprint[SDP_FINGERPRINT_SIZE];
    bool ice_lite;
    uint32_t max_message_size; /* 65535 */
    /* Listed in the first section that is not rejected, with end-of-candidates; none if count is 0
     * (the first description: they are trickled). */
    const struct sdp_candidate *candidates;
    size_t candidate_count;
};

/* A track as it is sent in a section. */
struct sdp_sending {
    char stream_id[SDP_STREAM_ID_MAX]; /* "PA_…|TR_…": cname and msid */
    char track_sid[SDP_TRACK_ID_MAX];
    uint32_t ssrc;
    uint32_t rtx_ssrc; /* 0: none, no FID group is written */
    bool stereo;
    bool red; /* audio goes out as RED: no NACK then */
};

/* cap includes the terminating NUL. */
struct sdp_writer sdp_writer_of(char *buf, size_t cap);

__attribute__((format(printf, 2, 3))) void sdp_write(struct sdp_writer *w, const char *format, ...);

/* v=, o=, s=, t= and the attributes of the session level but the group. */
void sdp_write_session(struct sdp_writer *w, const struct sdp_local *local, bool allow_mixed);

void sdp_write_credentials(struct sdp_writer *w, const struct sdp_local *local);

/* All candidates and end-of-candidates; nothing if there are none. */
void sdp_write_candidates(struct sdp_writer *w, const struct sdp_local *local);

/* A whole data section but its candidates. */
void sdp_write_data(struct sdp_writer *w, const struct sdp_local *local, const char *mid,
                    const char *setup);

/* ssrc-group (if rtx), ssrc and msid lines. */
void sdp_write_sending(struct sdp_writer *w, const struct sdp_sending *s, bool rtx);

/* `feedback` is a set of enum sdp_feedback. */
void sdp_write_feedback(struct sdp_writer *w, uint8_t pt, uint8_t feedback);

#endif
