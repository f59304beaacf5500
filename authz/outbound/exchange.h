/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question to an HTTP server: name to addresses, addresses judged (guard.h), request sent, and
 * the same anew for each redirect that may be followed.
 *
 * Servers that the operator named and servers that strangers named have connections of their own,
 * so that the latter cannot use up those of the former.
 */
#ifndef SLUICE_AUTHZ_OUTBOUND_EXCHANGE_H
#define SLUICE_AUTHZ_OUTBOUND_EXCHANGE_H

#include "authz/outbound/dns.h"
#include "authz/outbound/guard.h"
#include "authz/outbound/transfer.h"

#define EXCHANGE_URL_MAX   8192
#define EXCHANGES_MAX      4096
#define GUARD_NETWORKS_MAX 16

struct outbound {
    struct loop *loop;
    struct dns *dns;
    struct transfers *own, *strangers;
    struct guard_network allowed[GUARD_NETWORKS_MAX]; /* although they are not global */
    size_t allowed_count;
    const char *ca_file; /* for those that name none; NULL: the system's */
    bool insecure;       /* no certificate is checked */
    size_t exchanges;
};

/* False if `dns_servers` (see dns.h) cannot be read or memory is out. */
bool outbound_init(struct outbound *o, struct loop *l, const char *dns_servers);

/* No exchange may be running. */
void outbound_free(struct outbound *o);

struct exchange_request {
    const char *method, *url;
    const char *target;   /* connect to this host, NULL: the one of the URL */
    uint16_t target_port; /* with target */
    const char *unix_socket;
    const char *host_header, *authorization, *content_type;
    const void *body;
    size_t body_length;
    const char *ca_file;
    bool own;           /* named by the operator: any address, and connections of its own */
    bool plain_http;    /* http:// is allowed */
    unsigned redirects; /* how many may be followed, https only; GET only */
    size_t answer_max;
    usec_t timeout;
};

struct exchange;

/* `done` is called in a later turn, once, and not after exchange_cancel(). NULL if there are too
 * many or memory is out. Texts of the request are copied. */
struct exchange *exchange_start(struct outbound *o, const struct exchange_request *r,
                                transfer_done *done, void *arg);

void exchange_cancel(struct exchange *x);

#endif
