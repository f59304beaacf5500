/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads the XDP program and keeps its maps: which ports are media, which pairs are wanted, which
 * sockets stand at which queues.
 *
 * One loader serves any number of interfaces; pairs, token buckets and counters are common to all,
 * sockets are per interface. A queue without a socket passes all its packets to the kernel, and the
 * kernel forgets sockets of a process that ended: the program is harmless alone.
 *
 * Opening and attaching need CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (or root). Afterwards the calls
 * marked "any time" need none from Linux 5.19 on, only bpf(2) on descriptors that are already open.
 * Not thread-safe but for loader_allow(), loader_forbid() and loader_counters().
 */
#ifndef SLUICE_BPF_LOADER_H
#define SLUICE_BPF_LOADER_H

#include "bpf/sluice_maps.h"
#include "common/addr.h"

#include <stdbool.h>
#include <stdint.h>

#define LOADER_INTERFACES_MAX 16
#define LOADER_ERROR_TEXT     256

struct loader;

struct loader_config {
    /* The media ports, host order. All of first..last are bound by this process: the program drops
     * what it does not know there. */
    uint16_t port_first, port_last;
    uint32_t pairs_max;    /* room in the table of pairs; 0: 16384 */
    uint32_t prefixes_max; /* source prefixes with a bucket of their own; 0: 65536 */
    uint32_t rate;         /* STUN and DTLS packets per second and prefix; 0: 1000 */
    uint32_t burst;        /* size of a bucket; 0: 2000 */
};

/* Loads the program; attaches nothing. NULL and a reason if it cannot be. */
struct loader *loader_open(const struct loader_config *config, char err[static LOADER_ERROR_TEXT]);

/* Detaches where it may (else the next start does) and frees; NULL is allowed. */
void loader_close(struct loader *l);

/* Loads the program for `n` more interfaces in advance: with that, on Linux 5.19 and later,
 * loader_attach() needs no privilege where it has the interface alone. What loader_detach() frees
 * is kept for it too. False with errno if it cannot be. */
bool loader_prepare(struct loader *l, unsigned n);

/* Attaches to an interface: first frees it of a program that a crashed sluice left there, then
 * tries native mode, then generic; beside other programs through libxdp's dispatcher where the
 * kernel can do that, else alone. What is attached alone goes when the process ends. False and a
 * reason if it cannot be: another program is there, or another running sluice. */
bool loader_attach(struct loader *l, uint32_t ifindex, char err[static LOADER_ERROR_TEXT]);
void loader_detach(struct loader *l, uint32_t ifindex);

/* "native, dispatcher", "generic, alone" and so on; "detached" if it is not attached. */
const char *loader_describe(const struct loader *l, uint32_t ifindex);
bool loader_is_native(const struct loader *l, uint32_t ifindex);

/* Packets of that queue go to this AF_XDP socket from now on. Its RX ring exists. */
bool loader_set_socket(struct loader *l, uint32_t ifindex, uint32_t queue, int xsk_fd);
/* They go to the kernel. Any time. */
void loader_clear_socket(struct loader *l, uint32_t ifindex, uint32_t queue);

/* Any time. */
bool loader_set_ports(struct loader *l, uint16_t first, uint16_t last);

/* Adds or removes a pair. Any time, any thread. False if the table is full (errno E2BIG), or the
 * addresses are not of one family (EINVAL). Removing what is not there is no error. */
bool loader_allow(struct loader *l, const struct net_addr *remote, const struct net_addr *local);
bool loader_forbid(struct loader *l, const struct net_addr *remote, const struct net_addr *local);

/* The sums over all CPUs and interfaces. Any time, any thread. */
void loader_counters(const struct loader *l, uint64_t out[static XDP_COUNTER_COUNT]);
const char *loader_counter_name(enum sluice_xdp_counter which);

/* Removes from an interface what a crashed sluice left there (a program of our name whose owner is
 * gone). For starts that do not use XDP; loader_attach() does it by itself. True if one was there
 * and is gone. */
bool loader_clean_stale(uint32_t ifindex);

#endif
