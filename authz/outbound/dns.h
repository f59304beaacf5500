/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names to addresses and services (c-ares on the event loop). Answers are told in a later turn of
 * the loop, never from within the call that asks.
 */
#ifndef SLUICE_AUTHZ_OUTBOUND_DNS_H
#define SLUICE_AUTHZ_OUTBOUND_DNS_H

#include "authz/discovery/srv.h"
#include "authz/outbound/cause.h"
#include "common/addr.h"
#include "control/http/loop.h"

#define DNS_ADDRESSES_MAX 16

struct dns;
struct dns_query;

struct dns_answer {
    enum cause cause; /* CAUSE_NONE, CAUSE_DNS, CAUSE_DNS_TIMEOUT */
    size_t count;
    struct net_addr addresses[DNS_ADDRESSES_MAX];
    struct srv_record records[SRV_RECORDS_MAX];
};

typedef void dns_done(void *arg, const struct dns_answer *a);

/* `servers`: "ip[:port],..." in place of the system's, or NULL. NULL if that cannot be read. */
struct dns *dns_create(struct loop *l, const char *servers);

/* No query may be pending, but for cancelled ones. */
void dns_destroy(struct dns *d);

/* Both families; the port is put into the addresses. Literals are answered too. NULL if memory is
 * out. The query ends with its answer. */
struct dns_query *dns_addresses(struct dns *d, const char *host, uint16_t port, dns_done *done,
                                void *arg);

struct dns_query *dns_services(struct dns *d, const char *name, dns_done *done, void *arg);

/* No answer will be told. */
void dns_cancel(struct dns_query *q);

#endif
