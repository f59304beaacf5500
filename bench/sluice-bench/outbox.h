/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams that an engine has to send. The shell empties the box after each call of an engine.
 */
#ifndef SLUICE_BENCH_OUTBOX_H
#define SLUICE_BENCH_OUTBOX_H

#include "common/addr.h"

#include <stddef.h>
#include <stdint.h>

#define OUTBOX_MAX      72 /* a whole video frame and some reports */
#define OUTBOX_DATAGRAM 1500

struct outbox_datagram {
    struct net_addr to; /* unset: to the peer that the socket is connected to */
    uint16_t len;
    uint8_t data[OUTBOX_DATAGRAM];
};

struct outbox {
    size_t count;
    struct outbox_datagram datagrams[OUTBOX_MAX];
};

/* The next free datagram, or NULL if the box is full; it counts once outbox_commit() is called. */
static inline struct outbox_datagram *outbox_next(struct outbox *o)
{
    return o->count < OUTBOX_MAX ? &o->datagrams[o->count] : NULL;
}

static inline void outbox_commit(struct outbox *o, size_t len)
{
    o->datagrams[o->count++].len = (uint16_t)len;
}

#endif
