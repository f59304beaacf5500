/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the federation API of a Matrix server is: the state machine of "Resolving server names"
 * (server-server API v1.8 and later). It asks one question at a time; whoever drives it answers.
 */
#ifndef SLUICE_AUTHZ_DISCOVERY_RESOLVE_H
#define SLUICE_AUTHZ_DISCOVERY_RESOLVE_H

#include "authz/discovery/server_name.h"
#include "authz/discovery/srv.h"
#include "common/clock.h"

/* How long an answer is believed. */
#define WELL_KNOWN_DEFAULT (24 * 3600 * USEC_PER_SEC)
#define WELL_KNOWN_LONGEST (48 * 3600 * USEC_PER_SEC)
#define WELL_KNOWN_LEAST   (60 * USEC_PER_SEC)
#define SRV_LIFETIME       (600 * USEC_PER_SEC)
#define FAILURE_FIRST      (60 * USEC_PER_SEC) /* a failed well-known; doubled each time, up to */
#define FAILURE_LONGEST    (3600 * USEC_PER_SEC)

struct route_target {
    char host[SERVER_HOST_MAX + 1]; /* whose addresses are connected to */
    uint16_t port;
};

struct route {
    char host_header[SERVER_NAME_SIZE];
    char tls_host[SERVER_HOST_MAX + 1]; /* whom the certificate must name, and SNI unless an IP */
    enum host_kind tls_kind;
    size_t target_count;
    struct route_target targets[SRV_RECORDS_MAX]; /* in the order of trying; last member */
};

enum resolve_question {
    RESOLVE_WELL_KNOWN, /* GET https://<subject>/.well-known/matrix/server */
    RESOLVE_SRV,        /* SRV records of <subject> */
    RESOLVE_DONE,       /* route and lifetime are set */
};

struct resolve {
    enum resolve_question question;
    char subject[SERVER_HOST_MAX + 32];
    struct route route;
    usec_t lifetime;          /* of the route, from its completion */
    unsigned failures_before; /* in: well-knowns of this server that failed in a row; out: now */
    /* the machine's */
    struct server_name name; /* what is being resolved: the server, then what it delegates to */
    bool deprecated;         /* the SRV question is about _matrix._tcp */
};

/* Begins. failures_before must be set; the first question stands after. */
void resolve_start(struct resolve *r, const struct server_name *server);

/* Answers RESOLVE_WELL_KNOWN. `delegated` is NULL if there is no valid document; `lifetime` is what
 * its headers say, 0 for nothing. */
void resolve_well_known(struct resolve *r, const struct server_name *delegated, usec_t lifetime);

/* Answers RESOLVE_SRV; no records for none or failure. */
void resolve_srv(struct resolve *r, const struct srv_record *records, size_t count,
                 uint32_t (*draw)(void *arg), void *arg);

#endif
