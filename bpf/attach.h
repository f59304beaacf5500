/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One copy of the XDP program on one interface.
 */
#ifndef SLUICE_BPF_ATTACH_H
#define SLUICE_BPF_ATTACH_H

#include "bpf/loader.h"

struct sluice_xdp;
struct xdp_program;

struct attachment {
    uint32_t ifindex; /* 0: unused */
    bool native;
    int owner_fd; /* tells other processes that we are alive */
    /* Either through the dispatcher, or by a link that ends with its descriptor. */
    struct xdp_program *program;
    int link_fd;
    struct sluice_xdp *skeleton;
};

/* A copy of the program with the maps of `base`, which is loaded, but for the sockets. NULL with
 * errno if it cannot be. */
struct sluice_xdp *attachment_load(struct sluice_xdp *base);

/* Attaches such a copy: `*loaded`, which it takes over, where the interface is to be had alone; or
 * one of its own. */
bool attachment_open(struct attachment *a, uint32_t ifindex, struct sluice_xdp *base,
                     struct sluice_xdp **loaded, char err[static LOADER_ERROR_TEXT]);

/* Detaches and frees; a->ifindex becomes 0. Returns the copy if it can be attached again. */
struct sluice_xdp *attachment_close(struct attachment *a);

#endif
