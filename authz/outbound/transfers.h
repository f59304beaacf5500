/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What transfer.c and transfers.c know of each other: the one has a request, the other libcurl's
 * multi handle with the connections.
 */
#ifndef SLUICE_AUTHZ_OUTBOUND_TRANSFERS_H
#define SLUICE_AUTHZ_OUTBOUND_TRANSFERS_H

#include <curl/curl.h>

#include "authz/outbound/transfer.h"
#include "authz/outbound/turns.h"

#define TRANSFERS_SPARE_MAX 64
#define TRANSFERS_SHARES    32

struct transfers {
    struct loop *loop;
    struct transfer_limits limits;
    CURLM *multi;
    CURLSH *shares[TRANSFERS_SHARES]; /* TLS sessions: libcurl keeps eight in a share */
    struct loop_timer timer, idle, burst;
    struct loop_task reap, start;
    struct transfer *all;
    struct turns turns;
    CURL *spare[TRANSFERS_SPARE_MAX]; /* used handles, clean: a new one costs more */
    size_t spares;
    size_t count, peak; /* transfers now, and at most since memory was given back */
};

struct transfer {
    struct transfers *owner;
    struct transfer *next, *prev; /* in owner->all */
    struct turns_member turn;
    struct loop_timer timer; /* until it is started */
    usec_t deadline;
    bool started;
    CURL *easy;
    struct curl_slist *headers, *resolve, *connect_to;
    transfer_done *done;
    void *arg;
    struct net_addr pinned[16];
    size_t pinned_count;
    bool unix_socket, too_large;
    char *body;
    size_t length, capacity, answer_max;
    char location[TRANSFER_HEADER_MAX], cache_control[256], expires[64], retry_after[64];
    char content_type[128], allow_methods[128], allow_headers[256];
    char error[CURL_ERROR_SIZE];
};

/* A handle without options but the share of that host, or NULL. */
CURL *transfers_take_handle(struct transfers *t, const char *host);
void transfers_give_handle(struct transfers *t, CURL *easy);

/* Links it in, to be started in a later turn; hosts take turns. False if memory is out: it is in
 * all the same. */
bool transfers_add(struct transfers *t, struct transfer *x, const char *host, usec_t timeout);
/* It has its connection. */
void transfers_connected(struct transfers *t, struct transfer *x);
/* Out of everything; its handle belongs to x alone after. */
void transfers_remove(struct transfers *t, struct transfer *x);

/* transfer.c: tells how it ended, and frees it. */
void transfer_finish(struct transfer *x, CURLcode code);

#endif
