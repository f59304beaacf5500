/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reliable packets of a room that some member missed because its channel is not open yet: one copy
 * for all, kept for a short while, handed out when the channel opens.
 */
#ifndef SLUICE_DATAPLANE_SESSION_REPLAY_H
#define SLUICE_DATAPLANE_SESSION_REPLAY_H

#include "common/clock.h"
#include "common/handle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* As LiveKit keeps them. */
#define REPLAY_AGE   (2 * USEC_PER_SEC)
#define REPLAY_BYTES 100000

struct replay_packet {
    STAILQ_ENTRY(replay_packet) link;
    uint64_t number; /* in order of arrival, from 1 */
    usec_t at;
    handle_t sender;
    uint32_t len;
    uint8_t data[]; /* stamped with its sender */
};

struct replay {
    STAILQ_HEAD(, replay_packet) packets; /* oldest first */
    size_t bytes;
    uint64_t last; /* number given out */
};

void replay_init(struct replay *r);

/* Keeps a copy, forgetting what is too old or too much. Returns its number, 0 if it cannot be
 * kept. */
uint64_t replay_add(struct replay *r, handle_t sender, const uint8_t *data, size_t len, usec_t now);

/* The oldest packet that is not too old and numbered `from` or later; NULL if there is none. Those
 * after it on the list follow. */
const struct replay_packet *replay_find(const struct replay *r, uint64_t from, usec_t now);

/* Forgets all packets; numbers go on. */
void replay_clear(struct replay *r);

#endif
