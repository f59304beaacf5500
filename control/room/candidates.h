/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address that clients are told to reach the media ports at.
 */
#ifndef SLUICE_CONTROL_ROOM_CANDIDATES_H
#define SLUICE_CONTROL_ROOM_CANDIDATES_H

#include "common/addr.h"

#define CANDIDATE_ADDRESSES_MAX 16

struct candidate_address {
    struct net_addr at; /* port 0: the worker's own; else, over UDP, that of worker 0, and worker i
                           is reached at port + i */
    bool udp, tcp;      /* for which transports it is offered */
};

#endif
