/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may allocate: the long-term credentials that control gave to participants, for as long as
 * they are good for a new allocation. A fixed table; user names are kept as seeded hashes, as who
 * hits another's by accident does not know its key.
 */
#ifndef SLUICE_DATAPLANE_TURN_USERS_H
#define SLUICE_DATAPLANE_TURN_USERS_H

#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TURN_KEY              16 /* MD5 of "username:realm:password" (RFC 8489 section 9.2.2) */
#define USERS_PER_PARTICIPANT 4  /* the newest */

struct turn_user {
    uint64_t name; /* hash; 0: the place is free */
    uint64_t participant;
    usec_t expires; /* of the right to allocate */
    uint8_t key[TURN_KEY];
};

struct turn_users {
    uint32_t size;
    uint64_t seed;
    struct turn_user *list;
};

/* False if out of memory. */
bool users_init(struct turn_users *u, uint32_t size);
void users_free(struct turn_users *u);

/* Never 0. */
uint64_t users_hash(const struct turn_users *u, const char *name, size_t len);

/* Adds or replaces; the participant's oldest has to go if it has too many. False if full. */
bool users_add(struct turn_users *u, const struct turn_user *user, usec_t now);

/* NULL if unknown or expired. */
const struct turn_user *users_find(const struct turn_users *u, uint64_t name, usec_t now);

/* All credentials of the participant. */
void users_forget(struct turn_users *u, uint64_t participant);

#endif
