/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request to addresses that are given (libcurl's multi interface on the event loop). No
 * redirects, no proxies, no name resolution, HTTP/1.1 only. Connections are kept and used again.
 */
#ifndef SLUICE_AUTHZ_OUTBOUND_TRANSFER_H
#define SLUICE_AUTHZ_OUTBOUND_TRANSFER_H

#include "authz/discovery/server_name.h"
#include "authz/outbound/cause.h"
#include "common/addr.h"
#include "control/http/loop.h"

#define TRANSFER_HEADER_MAX 1024 /* longest header value that is kept */

struct transfers;
struct transfer;

struct transfer_limits {
    long connections, per_host;
    long kept; /* connections that stay open for the next request */
};

struct transfer_request {
    const char *method;            /* "GET" or "POST" */
    const char *url;               /* its host is whom the certificate must name */
    const char *unix_socket;       /* connect there; else */
    const char *target;            /* host that the addresses are of, */
    uint16_t target_port;          /* and port */
    const struct net_addr *pinned; /* where connections may go */
    size_t pinned_count;
    const char *host_header, *authorization, *content_type; /* NULL: none or default */
    const char *forwarded_for;                              /* X-Forwarded-For, or NULL */
    const void *body;
    size_t body_length;
    const char *ca_file; /* NULL: the system's */
    bool insecure;       /* any certificate */
    size_t answer_max;   /* bytes of the body */
    usec_t timeout;      /* for all of it */
};

struct transfer_answer {
    enum cause cause; /* CAUSE_NONE: there is a status */
    int status;
    const char *body; /* with a NUL behind */
    size_t length;
    const char *location, *cache_control, *expires, *retry_after; /* "" if absent */
    const char *content_type, *allow_methods, *allow_headers;     /* the latter of CORS */
    const char *detail; /* the library's words about a failure; no secrets in them */
    struct net_addr peer;
};

typedef void transfer_done(void *arg, const struct transfer_answer *a);

/* NULL if memory is out. */
struct transfers *transfers_create(struct loop *l, const struct transfer_limits *limits);

/* Running transfers end without a word. */
void transfers_destroy(struct transfers *t);

/* All that `r` points to is copied. `done` is called in a later turn. NULL if memory is out. */
struct transfer *transfer_start(struct transfers *t, const struct transfer_request *r,
                                transfer_done *done, void *arg);

void transfer_cancel(struct transfer *x);

#endif
