/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Homeservers that answer /openid/userinfo over TLS after a given time, in one process of their
 * own.
 */
#ifndef SLUICE_BENCH_TOKENS_HOMESERVERS_H
#define SLUICE_BENCH_TOKENS_HOMESERVERS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/clock.h"

#define HOMESERVERS     10
#define HOMESERVER_DEAD 0 /* takes connections and says nothing */
#define HOMESERVER_SLOW 1
#define HOMESERVER_DELAYS                                                                          \
    {                                                                                              \
        0, 2000, 20, 20, 20, 20, 20, 20, 20, 20                                                    \
    } /* ms until the answer */

struct homeservers {
    int listeners[HOMESERVERS];
    uint16_t ports[HOMESERVERS];
    usec_t *times; /* shared: how long each token was in the homeserver's hands */
    size_t tokens;
    pid_t pid;
};

/* Tokens are "t" and a number below `tokens`. */
bool homeservers_start(struct homeservers *h, SSL_CTX *ctx, size_t tokens);
void homeservers_stop(struct homeservers *h);

#endif
