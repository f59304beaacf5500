/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes descriptions into a buffer of the caller, line by line. What does not fit is left out and
 * sets `bad`: check once, at the end.
 */
#ifndef SLUICE_CONTROL_SDP_WRITE_H
#define SLUICE_CONTROL_SDP_WRITE_H

#include "control/sdp/candidate.h"
#include "control/sdp/description.h"

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

/* cap includes the terminating NUL. */
struct sdp_writer sdp_writer_of(char *buf, size_t cap);

/* One line; the end of line is added. */
__attribute__((format(printf, 2, 3))) void sdp_write_line(struct sdp_writer *w, const char *format,
                                                          ...);

#endif
