/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What STUN servers say about one address family, and what to believe of it. Pure: answers and
 * times in, a verdict out.
 *
 * An answer is a vote for the address in it, as of the time at which it was asked for. A first
 * address is taken from the only server, from two that agree, or from most of those that answered
 * in FIRST_GRACE. A new address needs two servers, or the same answer twice from the only one that
 * still answers; and more votes than whatever others said since the first sign of it. An address
 * that was left a short while ago needs each vote twice as often as before, each time it comes
 * back. A server that was outvoted never decides alone until it agrees again.
 */
#ifndef SLUICE_CONTROL_ADDRESS_VOTES_H
#define SLUICE_CONTROL_ADDRESS_VOTES_H

#include "common/addr.h"
#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define VOTES_SERVERS_MAX 8
#define VOTES_LEFT_MAX    4
#define VOTES_REASON      160

#define VOTES_FIRST_GRACE (1500 * USEC_PER_MS) /* for the others, after the first answer of all */
#define VOTES_ALONE       (300 * USEC_PER_MS)  /* between the answers of one that decides alone */
#define VOTES_LEFT        (60 * USEC_PER_SEC)  /* how long an address that was left is remembered */
#define VOTES_INSISTS     3 /* equal answers of one that disagrees, until that is told */
#define VOTES_DEAD        2 /* unanswered in a row */
#define VOTES_BARE        3 /* answers without FINGERPRINT before they are taken from a server */

struct vote_server {
    struct net_addr server;
    struct net_addr mapped, local; /* of the last answer; mapped unset: none yet */
    usec_t asked, answered;        /* of the last answer; 0: never */
    usec_t rtt;
    uint32_t streak;     /* equal answers in a row */
    usec_t streak_since; /* when the first of them was asked for */
    uint32_t unanswered; /* in a row */
    uint32_t bare_seen;
    bool fingerprints; /* it has sent one: it is held to that */
    bool bare;         /* it never does: answers are taken without */
    bool outvoted;
};

struct votes {
    struct vote_server server[VOTES_SERVERS_MAX];
    unsigned count;
    struct net_addr current; /* address and port as mapped; unset: not known */
    struct net_addr local;   /* which of ours that is */
    usec_t since;
    usec_t first_answer; /* while nothing is known */
    struct {
        struct net_addr mapped;
        usec_t at;
        uint32_t times;
    } left[VOTES_LEFT_MAX];
    unsigned newest_left;
    bool disagreement; /* servers name different addresses at the moment */
    bool symmetric;    /* one local port is mapped to different ports for different servers */
};

/* Replaces the list of servers; what is known of those that stay is kept. */
void votes_set_servers(struct votes *v, const struct net_addr *servers, unsigned count);

struct vote_server *votes_find(struct votes *v, const struct net_addr *server);

/* An answer to what was asked at `asked`. */
void votes_answer(struct votes *v, struct vote_server *s, const struct net_addr *mapped,
                  const struct net_addr *local, usec_t rtt, usec_t asked, usec_t now);
/* None came; if it has answered what was asked later, that does not matter. */
void votes_no_answer(struct vote_server *s, usec_t asked);

/* An answer without FINGERPRINT was refused. True if from now on they are taken: the server has
 * never sent one. */
bool votes_bare(struct vote_server *s);

/* Counts. True if `current` changed, with the reason. */
bool votes_decide(struct votes *v, usec_t now, char reason[static VOTES_REASON]);

/* Another source overruled the servers, none of which answers: they have to outvote it. */
void votes_adopt(struct votes *v, const struct net_addr *value, usec_t now);

/* When votes_decide() may say something new without an answer; USEC_NEVER if not. */
usec_t votes_deadline(const struct votes *v);

/* False if none of the servers answers any more. */
bool votes_live(const struct votes *v);

#endif
