/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binding requests to STUN servers (RFC 8489), sent from the media ports: how the world sees them.
 * Sans-I/O: requests out, datagrams in, a deadline. A flat value; nothing allocates.
 *
 * An answer counts only if both its transaction and the address it came from are those of a request
 * that is under way, it came to the port that asked, and it carries FINGERPRINT (each request does)
 * unless the server is known to leave it out.
 */
#ifndef SLUICE_DATAPLANE_ICE_STUN_CLIENT_H
#define SLUICE_DATAPLANE_ICE_STUN_CLIENT_H

#include "common/clock.h"
#include "dataplane/ice/stun.h"
#include "dataplane/pktio/pktio.h"

#define STUN_QUERIES_MAX       128 /* under way; the oldest makes room for another */
#define STUN_TRANSMISSIONS_MAX 7
#define STUN_RTO               (500 * USEC_PER_MS) /* before the second transmission, then doubled */
#define STUN_LAST_WAIT         3                   /* RTOs after the last transmission */
#define STUN_QUERY_SIZE        64                  /* longest request */

struct stun_question {
    struct net_addr server;
    uint16_t port; /* local, of the worker that asks */
    uint32_t worker, round;
    unsigned transmissions; /* 1..STUN_TRANSMISSIONS_MAX */
    bool bare;              /* an answer without FINGERPRINT is good enough */
};

enum stun_outcome { STUN_OUTCOME_MAPPED, STUN_OUTCOME_TIMEOUT, STUN_OUTCOME_REFUSED };

struct stun_answer {
    struct stun_question question;
    enum stun_outcome outcome;
    struct net_addr local, mapped; /* of STUN_OUTCOME_MAPPED */
    usec_t rtt;                    /* 0: unknown, the request went out more than once */
};

struct stun_query {
    bool used;
    struct stun_question question;
    uint8_t transaction[STUN_TRANSACTION];
    unsigned sent;
    usec_t first_sent, due;
};

struct stun_client {
    struct stun_query query[STUN_QUERIES_MAX];
};

/* Begins a query; the request is due at once. */
void stun_client_ask(struct stun_client *c, const struct stun_question *q, usec_t now);

enum stun_verdict {
    STUN_TAKEN,      /* the query is over: see the answer */
    STUN_NOT_ASKED,  /* no query of that transaction and source */
    STUN_TAKEN_BARE, /* none taken: without FINGERPRINT; answer->question says whose. The query
                        goes on */
    STUN_NO_ANSWER,  /* not a well-formed response */
};

/* A datagram that is STUN, but no request, and came by `path`. */
enum stun_verdict stun_client_input(struct stun_client *c, const struct net_path *path,
                                    const uint8_t *data, size_t len, usec_t now,
                                    struct stun_answer *answer);

enum stun_due { STUN_DUE_NOTHING, STUN_DUE_SEND, STUN_DUE_ANSWER };

/* What is due: a request to send to answer->question.server from its worker's port, or the answer
 * of a query that has run out. Call until nothing is. */
enum stun_due stun_client_due(struct stun_client *c, usec_t now, struct stun_answer *answer,
                              uint8_t request[static STUN_QUERY_SIZE], size_t *len);

/* USEC_NEVER if no query is under way. */
usec_t stun_client_deadline(const struct stun_client *c);

#endif
