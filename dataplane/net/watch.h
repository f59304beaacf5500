/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A net_table with the rtnetlink(7) socket that feeds it. One thread's; needs no privilege.
 */
#ifndef SLUICE_DATAPLANE_NET_WATCH_H
#define SLUICE_DATAPLANE_NET_WATCH_H

#include "dataplane/net/table.h"

struct net_watch {
    int fd; /* poll it for POLLIN; -1: closed */
    struct net_table *table;
};

/* Opens the socket and reads what there is now: may wait up to a second for the kernel. On failure
 * returns an errno value, else 0. */
int net_watch_open(struct net_watch *w);
void net_watch_close(struct net_watch *w);

/* Reads what has come and sends what is due; never waits. One system call if there is nothing. */
void net_watch_pump(struct net_watch *w, usec_t now);

#endif
