/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_AUTHZ_DISCOVERY_DIRECTORY_INTERNAL_H
#define SLUICE_AUTHZ_DISCOVERY_DIRECTORY_INTERNAL_H

#include "authz/discovery/directory.h"

#define DIRECTORY_BUCKETS 512

/* One kind of knowledge about one server. */
enum fact_kind { FACT_ROUTE, FACT_CLIENT_API };

struct fact {
    struct directory *directory;
    struct fact *next; /* in its bucket */
    enum fact_kind kind;
    char server[SERVER_NAME_SIZE];
    const struct config_homeserver *own;
    bool asking;
    usec_t learned, expires, asked; /* expires 0: not known */
    enum cause cause;
    struct directory_question *questions;
    struct exchange *exchange;
    struct dns_query *query;
    struct loop_task task; /* tells the answer */
    union {
        struct resolve resolve;
        struct client_api client_api;
    };
};

struct directory_question {
    struct fact *fact;
    struct directory_question *next;
    directory_done *done;
    void *arg;
};

struct directory {
    struct outbound *out;
    const struct config_authz *config;
    struct fact *buckets[DIRECTORY_BUCKETS];
    size_t count;
};

/* Begin asking; each ends with fact_learned(), now or later. */
void route_ask(struct fact *f);
void client_api_ask(struct fact *f);

/* The fact holds for so long; all questions are answered in a later turn. */
void fact_learned(struct fact *f, enum cause cause, usec_t lifetime);

#endif
