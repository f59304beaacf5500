/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nonces of user packets that were seen lately in a room: who sends one again gets through once.
 */
#ifndef SLUICE_DATAPLANE_SESSION_NONCES_H
#define SLUICE_DATAPLANE_SESSION_NONCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONCE_LENGTH 16 /* others are not looked at */
#define NONCES       256

struct nonces {
    uint32_t at, count;
    uint8_t (*seen)[NONCE_LENGTH]; /* [NONCES], NULL until there is one */
};

/* True if it was seen among the last NONCES; remembers it otherwise. */
bool nonces_seen(struct nonces *n, const uint8_t *nonce, size_t len);
void nonces_free(struct nonces *n);

#endif
