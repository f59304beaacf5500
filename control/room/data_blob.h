/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What participants lay down under a key for others of the room to fetch, such as the schema of a
 * data track; off unless enable_participant_data_blob. Part of the owner's record.
 */
#ifndef SLUICE_CONTROL_ROOM_DATA_BLOB_H
#define SLUICE_CONTROL_ROOM_DATA_BLOB_H

#include "control/room/arena.h"
#include "control/room/record.pb-c.h"
#include "control/room/state.h"

/* Stores, or replaces what p stored under the same key. Answers with store_data_blob_response or
 * request_response. */
void data_blob_store(struct participant *p, Livekit__StoreDataBlobRequest *req);

/* Answers with get_data_blob_response or request_response. */
void data_blob_get(struct participant *p, Livekit__GetDataBlobRequest *req);

/* For and from p's record. */
void data_blobs_record(struct arena *a, const struct participant *p,
                       Sluice__Record__ParticipantRecord *m);
void data_blobs_rebuild(struct participant *p, const Sluice__Record__ParticipantRecord *m);

void data_blobs_free(struct participant *p);

#endif
