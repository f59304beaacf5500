/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/nonces.h"

#include <stdlib.h>
#include <string.h>

bool nonces_seen(struct nonces *n, const uint8_t *nonce, size_t len)
{
    if (len != NONCE_LENGTH)
        return false;
    if (!n->seen)
        n->seen = calloc(NONCES, sizeof(*n->seen));
    if (!n->seen)
        return false;
    for (uint32_t i = 0; i < n->count; i++)
        if (memcmp(n->seen[i], nonce, NONCE_LENGTH) == 0)
            return true;
    memcpy(n->seen[n->at], nonce, NONCE_LENGTH);
    n->at = (n->at + 1) % NONCES;
    n->count += n->count < NONCES;
    return false;
}

void nonces_free(struct nonces *n)
{
    free(n->seen);
    *n = (struct nonces){0};
}
