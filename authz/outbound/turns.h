/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn it is to begin, of requests that wait for their hosts: few connections at once are
 * opened to one host, and hosts take turns. In a burst the first requests are through early, and
 * later ones find connections that are free again; a dead host holds few sockets.
 *
 * Members are structs of the caller's. Zero both structs before their first use.
 */
#ifndef SLUICE_AUTHZ_OUTBOUND_TURNS_H
#define SLUICE_AUTHZ_OUTBOUND_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#define TURNS_PER_HOST 8 /* that open their connection at the same time */
#define TURNS_BUCKETS  256

struct turns_host;

struct turns {
    struct turns_host *buckets[TURNS_BUCKETS];
    struct turns_host *first, *last; /* hosts where one may begin, in order */
};

struct turns_member {
    struct turns_host *host; /* NULL: not in */
    struct turns_member *sooner, *later;
    bool waiting; /* else it is opening its connection */
    void *arg;    /* the caller's */
};

/* Waits for its turn. False if memory is out. */
bool turns_wait(struct turns *t, struct turns_member *m, const char *host, void *arg);

/* The next one whose turn it is, or NULL. */
struct turns_member *turns_next(struct turns *t);

bool turns_any(const struct turns *t);

/* It has its connection, or is gone: another one of that host may begin. */
void turns_leave(struct turns *t, struct turns_member *m);

#endif
