/* SPDX-License-Identifier: Apache-2.0 */
/* What a descriptor in the server's epoll set stands for. Private to this directory. */
#ifndef SLUICE_DATAPLANE_TURN_SOURCE_H
#define SLUICE_DATAPLANE_TURN_SOURCE_H

#include "common/addr.h"

enum source_kind { SOURCE_UDP, SOURCE_LISTENER, SOURCE_STREAM };

struct source {
#include "common/addr.h"

    enum source_kind kind;
    int fd;
    struct net_addr bound; /* of UDP; no IP but a family: all addresses */
};

#endif
