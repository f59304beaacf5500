/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that all ask for a token at the same instant, each on a connection that it keeps, as a
 * reverse proxy would.
 */
#ifndef SLUICE_BENCH_TOKENS_CLIENTS_H
#define SLUICE_BENCH_TOKENS_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/tokens/homeservers.h"
#include "bench/tokens/program.h"
#include "common/clock.h"

struct client {
    int fd;
    char out[512], in[4096];
    size_t out_length, in_length;
    int status; /* of the answer; 0: none */
    usec_t took;
};

struct clients {
    size_t count;
    struct client *all;
    int epoll;
};

bool clients_open(struct clients *c, const struct program *p, size_t count);

/* One round. Client i asks for a user of homeserver i % HOMESERVERS, with token first_token + i.
 * False if some have no answer after 30 s. */
bool clients_ask(struct clients *c, const struct homeservers *h, size_t first_token);
void clients_close(struct clients *c);

#endif
