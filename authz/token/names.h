/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names at the SFU that Matrix identifiers turn into (MSC4195 and what clients compute): unpadded
 * standard base64 of SHA-256 over a canonical JSON array.
 */
#ifndef SLUICE_AUTHZ_TOKEN_NAMES_H
#define SLUICE_AUTHZ_TOKEN_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define NAMES_TEXT_MAX                                                                             \
    511                   /* bytes of each text that is hashed, and of a plain identity's parts    \
                           */
#define NAME_HASH_SIZE 44 /* 43 characters and NUL */

/* The longest identity: user id, ':' and device id, with NUL. */
#define IDENTITY_SIZE (2 * NAMES_TEXT_MAX + 2)

/* The slot of a call in rooms that name none. */
#define SLOT_LEGACY "m.call#ROOM"

/* All return false if a text is longer than NAMES_TEXT_MAX. */

/* The SFU's room of a slot in a Matrix room. */
bool name_room(const char *room_id, const char *slot_id, char out[static NAME_HASH_SIZE]);

/* The identity of a member (/get_token). */
bool name_member(const char *user_id, const char *device_id, const char *member_id,
                 char out[static NAME_HASH_SIZE]);

/* The identity of a device (/sfu/get): plain text; the device may be "". */
bool name_device(const char *user_id, const char *device_id, char out[static IDENTITY_SIZE]);

/* Hash of up to three texts. */
bool name_hash(const char *const *texts, size_t count, char out[static NAME_HASH_SIZE]);

#endif
