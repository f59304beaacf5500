/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICE candidates (RFC 8839 5.1): ours are written, as lines of a description and as the JSON of
 * trickle messages; the client's are only looked at.
 */
#ifndef SLUICE_CONTROL_SDP_CANDIDATE_H
#define SLUICE_CONTROL_SDP_CANDIDATE_H

#include "common/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest candidate attribute and trickle JSON that we write, with NUL. */
#define SDP_CANDIDATE_TEXT 512
#define SDP_CANDIDATE_JSON 1024

/* A host candidate of ours. */
struct sdp_candidate {
    struct net_addr addr;
    bool tcp;            /* passive */
    uint16_t preference; /* local preference (RFC 8445 section 5.1.2.1); over TCP its upper 13 bits
                            tell candidates apart (RFC 6544 section 4.2) */
};

/* Of a candidate (RFC 8445 section 5.1.2.1): those over UDP come before those over TCP. */
uint32_t sdp_candidate_priority(const struct sdp_candidate *c);

/* "candidate:…" without "a=". `ufrag` may be NULL. Returns its length, 0 if it does not fit. */
size_t sdp_candidate_format(char *buf, size_t cap, const struct sdp_candidate *c,
                            const char *ufrag);

/* The candidateInit of a trickle message: {"candidate", "sdpMid", "sdpMLineIndex",
 * "usernameFragment"}. Returns its length, 0 if it does not fit. */
size_t sdp_candidate_init(char *buf, size_t cap, const struct sdp_candidate *c, const char *mid,
                          uint32_t mline, const char *ufrag);

enum sdp_trickled {
    SDP_TRICKLED_BAD, /* no JSON object with a candidate, or a malformed one */
    SDP_TRICKLED_CANDIDATE,
    SDP_TRICKLED_END, /* empty candidate, or end-of-candidates */
};

struct sdp_trickled_candidate {
    uint32_t component;
    uint32_t priority;
    bool tcp;
    char type[8];         /* "host", "srflx", "prflx", "relay" */
    struct net_addr addr; /* unset for names ("….local") */
    char ufrag[257];      /* "": not said */
};

/* Reads the candidateInit of a client's trickle message. *c is filled for SDP_TRICKLED_CANDIDATE.
 */
enum sdp_trickled sdp_candidate_read_init(const char *json, size_t len,
                                          struct sdp_trickled_candidate *c);

/* The same of an attribute: "candidate:…", with or without "a=". */
enum sdp_trickled sdp_candidate_read(const char *text, size_t len,
                                     struct sdp_trickled_candidate *c);

#endif
