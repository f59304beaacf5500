/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nonces of long-term credentials (RFC 8489 section 9.2), without a table: the time of issue and a
 * hash of it, of the client's address and of a secret.
 */
#ifndef SLUICE_DATAPLANE_TURN_NONCE_H
#define SLUICE_DATAPLANE_TURN_NONCE_H

#include "common/addr.h"
#include "common/clock.h"

#include <stdbool.h>

#define NONCE_SECRET   32
#define NONCE_TEXT     48                       /* characters, hexadecimal */
#define NONCE_LIFETIME (3600ULL * USEC_PER_SEC) /* RFC 8656 section 5: at most an hour */

void nonce_make(char out[static NONCE_TEXT], const uint8_t secret[static NONCE_SECRET],
                const struct net_addr *client, usec_t now);

/* False if it is not ours, another client's, or too old. */
bool nonce_check(const char *text, size_t len, const uint8_t secret[static NONCE_SECRET],
                 const struct net_addr *client, usec_t now);

#endif
