/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams that nobody asked for, by the class that their first byte puts them into (RFC 7983).
 */
#ifndef SLUICE_BENCH_HOSTILE_FLOOD_KIND_H
#define SLUICE_BENCH_HOSTILE_FLOOD_KIND_H

#include <stddef.h>
#include <stdint.h>

#define FLOOD_DATAGRAM_MAX 1200

struct flood_kind {
    const char *name;
    const char *about;
    size_t len; /* of its datagrams */
    void (*write)(uint8_t *out, size_t len, uint32_t number);
};

/* NULL behind the last one. */
const struct flood_kind *flood_kind_at(size_t i);
const struct flood_kind *flood_kind_named(const char *name);

#endif
