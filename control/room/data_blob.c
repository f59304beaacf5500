/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/data_blob.h"

#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/rooms.h"
#include "control/room/say.h"

#include <stdlib.h>
#include <string.h>

struct data_blob {
    struct data_blob *next;
    size_t key_length, length;
    uint8_t *key; /* packed */
    uint8_t *contents;
};

/* ---- keys: compared as they are packed ---- */

static bool key_is_good(const struct participant *p, const Livekit__DataBlobKey *key)
{
    size_t most = p->room->rooms->config.data_blob_key_length;
    if (!key)
        return false;
    switch (key->key_case) {
    case LIVEKIT__DATA_BLOB_KEY__KEY_GENERIC:
        return *key->generic && (most == 0 || strlen(key->generic) <= most);
    case LIVEKIT__DATA_BLOB_KEY__KEY_SCHEMA_ID:
        return most == 0 || livekit__data_blob_key__get_packed_size(key) <= most;
    default:
        return false;
    }
}

static uint8_t *pack_key(const Livekit__DataBlobKey *key, size_t *length)
{
    *length = livekit__data_blob_key__get_packed_size(key);
    uint8_t *bytes = heap_new(*length + 1);
    livekit__data_blob_key__pack(key, bytes);
    return bytes;
}

static struct data_blob *find(const struct participant *p, const Livekit__DataBlobKey *key)
{
    size_t length;
    uint8_t *bytes = pack_key(key, &length);
    struct data_blob *b = p->data_blobs;
    while (b && (b->key_length != length || memcmp(b->key, bytes, length) != 0))
        b = b->next;
    free(bytes);
    return b;
}

static size_t stored(const struct participant *p, const struct data_blob *but)
{
    size_t n = 0;
    for (const struct data_blob *b = p->data_blobs; b; b = b->next)
        if (b != but)
            n += b->key_length + b->length;
    return n;
}

/* ---- answers ---- */

static void refuse(struct participant *p, uint32_t request_id,
                   Livekit__RequestResponse__Reason reason)
{
    Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;
    r.request_id = request_id;
    say_request_response(p, &r, reason, "");
}

static Livekit__RequestResponse__Reason check(const struct participant *p,
                                              const Livekit__DataBlobKey *key)
{
    if (!p->room->rooms->config.data_blobs)
        return LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED;
    return key_is_good(p, key) ? LIVEKIT__REQUEST_RESPONSE__REASON__OK
                               : LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_REQUEST;
}

static uint8_t *copy(const ProtobufCBinaryData *m, size_t *length)
{
    uint8_t *bytes = heap_new(m->len + 1);
    if (m->len > 0)
        memcpy(bytes, m->data, m->len);
    *length = m->len;
    return bytes;
}

static struct data_blob *new_blob(struct participant *p)
{
    struct data_blob *b = heap_new(sizeof *b);
    *b = (struct data_blob){.next = p->data_blobs};
    p->data_blobs = b;
    return b;
}

static void put(struct participant *p, struct data_blob *b, const Livekit__DataBlob *m)
{
    if (!b) {
        b = new_blob(p);
        b->key = pack_key(m->key, &b->key_length);
    }
    free(b->contents);
    b->contents = copy(&m->contents, &b->length);
    participant_record_changed(p);
}

void data_blob_store(struct participant *p, Livekit__StoreDataBlobRequest *req)
{
    Livekit__DataBlobKey *key = req->blob ? req->blob->key : NULL;
    Livekit__RequestResponse__Reason reason = check(p, key);
    if (reason == LIVEKIT__REQUEST_RESPONSE__REASON__OK &&
        !grant_can_publish_data(&p->claims.video))
        reason = LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED;
    if (reason != LIVEKIT__REQUEST_RESPONSE__REASON__OK) {
        refuse(p, req->request_id, reason);
        return;
    }
    struct data_blob *old = find(p, key);
    size_t most = p->room->rooms->config.data_blobs_size;
    size_t size = livekit__data_blob_key__get_packed_size(key) + req->blob->contents.len;
    if (most > 0 && stored(p, old) + size > most) {
        refuse(p, req->request_id, LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED);
        return;
    }
    put(p, old, req->blob);
    Livekit__StoreDataBlobResponse body = LIVEKIT__STORE_DATA_BLOB_RESPONSE__INIT;
    body.request_id = req->request_id;
    body.key = key;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_STORE_DATA_BLOB_RESPONSE;
    m.store_data_blob_response = &body;
    say(p, &m);
}

void data_blob_get(struct participant *p, Livekit__GetDataBlobRequest *req)
{
    Livekit__RequestResponse__Reason reason = check(p, req->key);
    if (reason != LIVEKIT__REQUEST_RESPONSE__REASON__OK) {
        refuse(p, req->request_id, reason);
        return;
    }
    const struct participant *owner = room_participant(p->room, req->participant_identity);
    bool visible = owner && (owner == p || !owner->claims.video.hidden);
    const struct data_blob *b = visible ? find(owner, req->key) : NULL;
    if (!b) {
        refuse(p, req->request_id, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND);
        return;
    }
    Livekit__DataBlob blob = LIVEKIT__DATA_BLOB__INIT;
    blob.key = req->key;
    blob.contents = (ProtobufCBinaryData){.len = b->length, .data = b->contents};
    Livekit__GetDataBlobResponse body = LIVEKIT__GET_DATA_BLOB_RESPONSE__INIT;
    body.request_id = req->request_id;
    body.blob = &blob;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_GET_DATA_BLOB_RESPONSE;
    m.get_data_blob_response = &body;
    say(p, &m);
}

void data_blobs_record(struct arena *a, const struct participant *p,
                       Sluice__Record__ParticipantRecord *m)
{
    size_t n = 0;
    for (const struct data_blob *b = p->data_blobs; b; b = b->next)
        n++;
    m->blobs = ARENA_ARRAY(a, Sluice__Record__BlobRecord *, n);
    for (const struct data_blob *b = p->data_blobs; b; b = b->next) {
        Sluice__Record__BlobRecord *e =
            ARENA_MESSAGE(a, Sluice__Record__BlobRecord, sluice__record__blob_record);
        e->key = (ProtobufCBinaryData){.len = b->key_length, .data = b->key};
        e->contents = (ProtobufCBinaryData){.len = b->length, .data = b->contents};
        m->blobs[m->n_blobs++] = e;
    }
}

void data_blobs_rebuild(struct participant *p, const Sluice__Record__ParticipantRecord *m)
{
    for (size_t i = 0; i < m->n_blobs; i++) {
        struct data_blob *b = new_blob(p);
        b->key = copy(&m->blobs[i]->key, &b->key_length);
        b->contents = copy(&m->blobs[i]->contents, &b->length);
    }
}

void data_blobs_free(struct participant *p)
{
    while (p->data_blobs) {
        struct data_blob *b = p->data_blobs;
        p->data_blobs = b->next;
        free(b->key);
        free(b->contents);
        free(b);
    }
}
