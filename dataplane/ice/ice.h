/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ICE-lite agent (RFC 8445 sections 2.5, 7.3, 8.2): it answers connectivity checks, learns from
 * which paths they come, follows the peer's nomination, and judges by the checks whether the peer
 * is still there. It sends nothing of its own accord, so it needs no candidates and no credentials
 * of the peer.
 *
 * One agent per transport, one component. A flat value of the owner's; nothing allocates.
 */
#ifndef SLUICE_DATAPLANE_ICE_ICE_H
#define SLUICE_DATAPLANE_ICE_ICE_H

#include "common/clock.h"
#include "dataplane/ice/stun.h"
#include "dataplane/pktio/pktio.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICE_UFRAG_MIN    4  /* RFC 8839 section 5.4 */
#define ICE_UFRAG_MAX    32 /* of ours */
#define ICE_PWD_MIN      22
#define ICE_PWD_MAX      64 /* of ours */
#define ICE_PAIRS_MAX    16
#define ICE_RESPONSE_MAX 160 /* longest answer */

#define ICE_CONSENT_DISCONNECTED (10 * USEC_PER_SEC) /* without an authentic check */
#define ICE_CONSENT_FAILED       (15 * USEC_PER_SEC)
#define ICE_SETTLE               (1 * USEC_PER_SEC) /* after the first nomination: the highest priority wins */
#define ICE_PAIR_IDLE            (60 * USEC_PER_SEC) /* a pair without checks is forgotten */
#define ICE_PAIR_REPLACED        (5 * USEC_PER_SEC)  /* how long pairs outlive their credentials */

/* Priorities of the candidates that are offered for us (RFC 8445 section 5.1.2, RFC 6544). */
#define ICE_PRIORITY_UDP 2130706431u
#define ICE_PRIORITY_TCP 1671430143u

enum ice_state {
    ICE_STATE_NEW,          /* nothing nominated yet; how long to wait is the owner's business */
    ICE_STATE_CONNECTED,    /* a pair is selected and checks arrive */
    ICE_STATE_DISCONNECTED, /* no check for ICE_CONSENT_DISCONNECTED; the next one mends it */
    ICE_STATE_FAILED,       /* none for ICE_CONSENT_FAILED: for good, unless restarted */
};

struct ice_credentials {
    char ufrag[ICE_UFRAG_MAX + 1];
    char pwd[ICE_PWD_MAX + 1];
};

/* A path from which an authentic check came. */
struct ice_pair {
    struct net_path path;
    uint64_t priority; /* of the pair (RFC 8445 section 6.1.2.3) */
    usec_t last_check;
    usec_t expires; /* USEC_NEVER unless its credentials were replaced */
    uint32_t generation;
    bool used, announced, removed;
};

struct ice_agent {
    struct ice_credentials current, previous; /* previous.ufrag "": none */
    struct ice_pair pairs[ICE_PAIRS_MAX];
    int selected; /* index, -1: none */
    uint32_t generation;
    enum ice_state state;
    usec_t last_check;       /* on any pair */
    usec_t last_nomination;  /* a check with USE-CANDIDATE */
    usec_t first_nomination; /* under the current credentials; 0: none */
    usec_t patience;         /* not failed before this time, whatever is missing; 0: no such time */
    bool tcp_only;
    struct net_path evicted; /* a pair that made room for another */
    bool evicted_pending;
    bool state_changed, selected_changed; /* not yet told */
};

/* False if ufrag or pwd are too short, too long, or not ice-chars. With tcp_only, checks over UDP
 * are not answered. */
bool ice_init(struct ice_agent *a, const char *ufrag, const char *pwd, bool tcp_only);

/* New local credentials (ICE restart). The replaced ones are honoured until a pair is nominated
 * under the new ones; pairs and the selected path stay in use until then. A failed or
 * disconnected agent becomes new. False as ice_init(), and the agent is unchanged. */
bool ice_restart(struct ice_agent *a, const char *ufrag, const char *pwd);

enum ice_verdict {
    ICE_ACCEPTED,      /* authentic check; the response is a success */
    ICE_REFUSED,       /* authentic or not, a proper error response: see error */
    ICE_BAD_INTEGRITY, /* 401: unknown username or wrong password; there is a response */
    ICE_MALFORMED,     /* no response from here on */
    ICE_OTHER,         /* a response, an indication, another method */
    ICE_UNWANTED,      /* UDP while tcp_only, or the agent has failed */
};

struct ice_reply {
    enum ice_verdict verdict;
    uint16_t error; /* STUN error code in the response; 0: success or no response */
    uint16_t len;   /* of the response, to be sent back on the path of the request; 0: none */
    uint8_t data[ICE_RESPONSE_MAX];
};

/* Takes one STUN message that came by `path`. Then ask ice_next_event(). */
void ice_input(struct ice_agent *a, const uint8_t *data, size_t len, const struct net_path *path,
               usec_t now, struct ice_reply *reply);

enum ice_event_type {
    ICE_PAIR_ADDED,   /* path: packets from it are the peer's from now on */
    ICE_PAIR_REMOVED, /* path: no longer */
    ICE_SELECTED,     /* path: where to send from now on */
    ICE_STATE,        /* state */
};

struct ice_event {
    enum ice_event_type type;
    enum ice_state state;
    struct net_path path;
};

/* What changed since it was last asked; call until false, after each other call. */
bool ice_next_event(struct ice_agent *a, struct ice_event *e);

/* The selected path, or NULL. */
const struct net_path *ice_selected(const struct ice_agent *a);

/* True if an authentic check came from there lately. DTLS may come by any such path, even before
 * nomination; answer it there. */
bool ice_knows_path(const struct ice_agent *a, const struct net_path *path);

/* The peer answered a check that its owner sent by this path, proving that it is there: packets
 * from it are the peer's too, though it has not sent a check itself. Then ask ice_next_event(). */
void ice_path_answered(struct ice_agent *a, const struct net_path *path, usec_t now);

/* A TCP connection is gone: its pair is removed. If it was selected, the best other pair of the
 * newest credentials takes its place, if there is one. */
void ice_path_closed(struct ice_agent *a, const struct net_path *path);

/* When to call ice_timeout(); USEC_NEVER if nothing is pending. */
usec_t ice_deadline(const struct ice_agent *a);
void ice_timeout(struct ice_agent *a, usec_t now);

/* Same remote, local and TCP connection; interface and link data do not matter. */
bool ice_same_path(const struct net_path *a, const struct net_path *b);

#endif
