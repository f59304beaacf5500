/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation for the state of rooms, which is bounded by the limits of state.h. Never returns NULL:
 * see arena.h.
 */
#ifndef SLUICE_CONTROL_ROOM_HEAP_H
#define SLUICE_CONTROL_ROOM_HEAP_H

#include <stddef.h>

/* Zeroed; free() it. */
void *heap_new(size_t size);

/* A copy of s ("" for NULL). */
char *heap_text(const char *s);

/* A terminated copy of n bytes; `at` may be NULL if n is 0. */
char *heap_text_of(const char *at, size_t n);

/* Room for n elements of `size` bytes; old contents are kept. */
void *heap_grow(void *p, size_t n, size_t size);

#endif
