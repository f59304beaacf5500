/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that clients are told to reach the media ports at.
 */
#ifndef SLUICE_CONTROL_ROOM_CANDIDATES_H
#define SLUICE_CONTROL_ROOM_CANDIDATES_H

#include "common/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CANDIDATE_ADDRESSES_MAX 16

struct candidate_address {
    struct net_addr at;  /* port 0: the worker's own; else, over UDP, that of worker 0, and worker i
                            is reached at port + i */
    bool udp, tcp;       /* for which transports it is offered */
    uint16_t preference; /* local preference (RFC 8445 section 5.1.2.1) */
};

/* Lowest and highest preference of what is offered; checks of our own carry higher ones. */
#define CANDIDATE_PREFERENCE_MIN 0x1000
#define CANDIDATE_PREFERENCE_MAX 0xbfff

/*
 * Sets the preferences of `list`, which takes the place of `old`. An address that is in both keeps
 * its own. New ones are preferred to all that were offered before, in the order of the list: a
 * libwebrtc client that controls leaves a pair for one of higher priority as soon as that works,
 * but for an equal one only after 3.5 s of silence. Preferences rise with `unix_s` too, so that
 * they also do across restarts; after two days they begin anew.
 */
void candidates_prefer(struct candidate_address *list, size_t n,
                       const struct candidate_address *old, size_t old_n, int64_t unix_s);

/* Same address, port and transports. */
bool candidate_equal(const struct candidate_address *a, const struct candidate_address *b);

#endif
