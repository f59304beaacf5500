/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a participant: everything that a new control process cannot learn from the
 * dataplane's own objects.
 */
#ifndef SLUICE_CONTROL_ROOM_RECORD_H
#define SLUICE_CONTROL_ROOM_RECORD_H

#include "control/room/arena.h"
#include "control/room/record.pb-c.h"
#include "control/room/state.h"

#define RECORD_VERSION 1

/* The link carries 64 KiB with the rest of the Participant message; a larger record goes in parts,
 * up to this size. */
#define RECORD_PART_MAX  56000
#define RECORD_PARTS_MAX 4
#define RECORD_SIZE_MAX  ((RECORD_PARTS_MAX + 1) * RECORD_PART_MAX)

/* Bytes in the arena. What makes it larger than `most` (metadata, attributes, blobs, rules) is left
 * out. */
uint8_t *record_pack(struct arena *a, const struct participant *p, size_t most, size_t *size);

/* NULL if it is none, or of another version; free with
 * sluice__record__participant_record__free_unpacked().
 */
Sluice__Record__ParticipantRecord *record_read(const uint8_t *data, size_t size);

Sluice__Record__RoomRecord *record_of_room(struct arena *a, const struct room *r);
Sluice__Record__ClaimsRecord *record_of_claims(struct arena *a, const struct claims *c);

/* Fills empty claims. */
void record_claims(const Sluice__Record__ClaimsRecord *m, struct claims *c);

#endif
