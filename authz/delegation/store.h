/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where jobs outlive us. One record per room and identity.
 */
#ifndef SLUICE_AUTHZ_DELEGATION_STORE_H
#define SLUICE_AUTHZ_DELEGATION_STORE_H

#include <stdbool.h>

#include "common/clock.h"
#include "control/http/loop.h"

/* Texts are the caller's, for the time of the call. */
struct job_record {
    const char *room, *identity; /* the key */
    const char *server, *delay_id;
    usec_t timeout;
    usec_t restarted_at; /* Unix time of the last restart, or of the request */
    bool restricted, joined;
};

struct store;

struct store_events {
    void *ctx;
    void (*loaded)(void *ctx,
                   const struct job_record *r); /* for each record, some time after start */
    void (*all_loaded)(void *ctx);
};

struct store_methods {
    void (*load)(struct store *s); /* answers with the events, now or later */
    void (*put)(struct store *s, const struct job_record *r);
    void (*remove)(struct store *s, const char *room, const char *identity);
    void (*destroy)(struct store *s);
};

/* What every kind of store begins with. */
struct store {
    const struct store_methods *methods;
    struct store_events events;
};

/* SQLite: one file in `dir`, which is made if it is not there. NULL, with a line in the log. */
struct store *store_sqlite_open(const char *dir, const struct store_events *e);

/* Redis: hash `lk-jwt:jobs`, as lk-jwt-service keeps it. Connects in the background, again and
 * again. NULL if the URL (redis://[user:password@]host[:port][/db]) cannot be read. */
struct store *store_redis_open(struct loop *l, const char *url, const char *password,
                               const struct store_events *e);

#endif
