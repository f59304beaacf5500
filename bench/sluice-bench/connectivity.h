/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICE as the controlling agent needs it towards a server (RFC 8445): checks of its candidates, each
 * nominating, until one answers; then consent (RFC 7675). The server learns our address from the
 * checks, so we have no candidates to tell.
 */
#ifndef SLUICE_BENCH_CONNECTIVITY_H
#define SLUICE_BENCH_CONNECTIVITY_H

#include "bench/sluice-bench/outbox.h"
#include "common/clock.h"
#include "control/sdp/description.h"
#include "dataplane/ice/stun.h"

#include <stdbool.h>

#define CONNECTIVITY_CANDIDATES 4

struct connectivity {
    char user[2 * SDP_ICE_MAX]; /* USERNAME of our checks: theirs, colon, ours */
    char pwd[SDP_ICE_MAX];      /* of the server */
    const char *own_pwd;        /* the caller's */
    struct net_addr candidates[CONNECTIVITY_CANDIDATES];
    uint8_t transactions[CONNECTIVITY_CANDIDATES][STUN_TRANSACTION]; /* of the last check */
    unsigned count;
    uint64_t tie_breaker;
    struct net_addr selected;   /* unset until a check was answered */
    usec_t next_check, expires; /* expires: no answer until then means failure */
    bool ready;                 /* the server's credentials are known */
    bool failed;
};

void connectivity_init(struct connectivity *c, const char *own_pwd);

/* The server's credentials; checks begin as soon as there is a candidate. */
void connectivity_remote(struct connectivity *c, const char *own_ufrag, const char *ufrag,
                         const char *pwd, usec_t now);

/* One more address of the server; doubles and those beyond the limit are left out. */
void connectivity_candidate(struct connectivity *c, const struct net_addr *a);

/* A datagram that is STUN. True if the first pair was selected by it. */
bool connectivity_input(struct connectivity *c, const struct net_addr *from, const uint8_t *data,
                        size_t len, usec_t now, struct outbox *out);

usec_t connectivity_deadline(const struct connectivity *c);
void connectivity_run(struct connectivity *c, usec_t now, struct outbox *out);

#endif
