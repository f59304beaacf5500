/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects by number. An object begins with a struct indexed.
 */
#ifndef SLUICE_CONTROL_ROOM_INDEX_H
#define SLUICE_CONTROL_ROOM_INDEX_H

#include <stdint.h>

struct indexed {
    uint64_t id; /* not 0, never used twice */
};

struct index {
    void *root; /* of tsearch(3) */
};

/* Adds o, whose id is not in the index. */
void index_add(struct index *x, struct indexed *o);
void index_remove(struct index *x, struct indexed *o);

/* NULL if there is none. */
void *index_find(const struct index *x, uint64_t id);

/* A number for a new object: random, so that it differs from those before a restart. */
uint64_t index_new_id(void);

#endif
