/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which the targets of SRV records are tried (RFC 2782).
 */
#ifndef SLUICE_AUTHZ_DISCOVERY_SRV_H
#define SLUICE_AUTHZ_DISCOVERY_SRV_H

#include "authz/discovery/server_name.h"

#define SRV_RECORDS_MAX 16

struct srv_record {
    uint16_t priority, weight, port;
    char target[SERVER_HOST_MAX + 1]; /* "." or "": the service is decidedly not there */
};

/* Sorts by priority, and within one at random by weight. `draw` gives random numbers. */
void srv_order(struct srv_record *records, size_t count, uint32_t (*draw)(void *arg), void *arg);

#endif
