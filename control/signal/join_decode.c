/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/join_decode.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/base64.h"

#define UNPACKED_MAX (16u << 20)
#define GZIP_WINDOW  (15 + 16) /* zlib: the largest window, gzip framing only */

/* --- memory of unpacked messages --- */

/* A few bytes on the wire can stand for a struct of hundreds: unpacking has a budget. What it gave
 * is from malloc, so that the default allocator frees it. */
static void *budget_alloc(void *data, size_t size)
{
    size_t *left = data;
    if (size > *left)
        return NULL;
    *left -= size;
    return malloc(size);
}

static void budget_free(void *data, void *pointer)
{
    (void)data;
    free(pointer);
}

/* --- gzip --- */

static const char not_inflated[] = "cannot read decompressed join request";

/* Inflates all of `in`. Sets *out (from malloc) and *length, or returns the refusal. */
static const char *inflate_all(const ProtobufCBinaryData *in, uint8_t **out, size_t *length)
{
    z_stream z = {.next_in = in->data, .avail_in = (uInt)in->len};
    uint8_t *buffer = malloc(JOIN_REQUEST_MAX + 1);
    if (!buffer || inflateInit2(&z, GZIP_WINDOW) != Z_OK) {
        free(buffer);
        return not_inflated;
    }
    z.next_out = buffer;
    z.avail_out = JOIN_REQUEST_MAX + 1;
    int result = inflate(&z, Z_FINISH);
    size_t n = JOIN_REQUEST_MAX + 1 - z.avail_out;
    inflateEnd(&z);
    if (n > JOIN_REQUEST_MAX || result != Z_STREAM_END) {
        free(buffer);
        return n > JOIN_REQUEST_MAX ? "join request too large" : not_inflated;
    }
    *out = buffer;
    *length = n;
    return NULL;
}

/* --- protobuf --- */

static Livekit__JoinRequest *unpack(const uint8_t *data, size_t length)
{
    size_t left = UNPACKED_MAX;
    ProtobufCAllocator budget = {
        .alloc = budget_alloc, .free = budget_free, .allocator_data = &left};
    return livekit__join_request__unpack(&budget, length, data);
}

static const char *unwrap(const Livekit__WrappedJoinRequest *wrapped, Livekit__JoinRequest **out)
{
    const uint8_t *data = wrapped->join_request.data;
    size_t length = wrapped->join_request.len;
    uint8_t *inflated = NULL;
    if (wrapped->compression == LIVEKIT__WRAPPED_JOIN_REQUEST__COMPRESSION__GZIP) {
        const char *refusal = inflate_all(&wrapped->join_request, &inflated, &length);
        if (refusal)
            return refusal;
        data = inflated;
    }
    *out = length <= JOIN_REQUEST_MAX ? unpack(data, length) : NULL;
    free(inflated);
    return *out ? NULL : "cannot unmarshal join request";
}

const char *join_decode_request(const char *text, size_t length, Livekit__JoinRequest **out)
{
    uint8_t *bytes = malloc(BASE64_DECODED_SIZE(length) + 1);
    size_t n = bytes ? base64_decode(text, length, BASE64_URL, bytes) : BASE64_BAD;
    const char *refusal = "cannot base64 decode wrapped join request";
    if (n != BASE64_BAD) {
        Livekit__WrappedJoinRequest *wrapped =
            livekit__wrapped_join_request__unpack(NULL, n, bytes);
        refusal = wrapped ? unwrap(wrapped, out) : "cannot unmarshal wrapped join request";
        livekit__wrapped_join_request__free_unpacked(wrapped, NULL);
    }
    free(bytes);
    return refusal;
}

/* --- attributes --- */

void join_free_attributes(struct claims_attribute *attributes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(attributes[i].key);
        free(attributes[i].value);
    }
    free(attributes);
}

static bool copy_attributes(json_t *object, struct claims_attribute **out, size_t *count)
{
    const char *key;
    json_t *value;
    struct claims_attribute *list = calloc(json_object_size(object) + 1, sizeof(*list));
    size_t n = 0;
    bool ok = list != NULL;
    json_object_foreach(object, key, value)
    {
        if (!ok || !json_is_string(value)) {
            ok = false;
            break;
        }
        list[n].key = strdup(key);
        list[n].value = strdup(json_string_value(value));
        ok = list[n].key && list[n].value;
        n++;
    }
    if (!ok) {
        join_free_attributes(list, n);
        return false;
    }
    *out = list;
    *count = n;
    return true;
}

bool join_decode_attributes(const char *text, size_t length, struct claims_attribute **out,
                            size_t *count)
{
    uint8_t *bytes = malloc(BASE64_DECODED_SIZE(length) + 1);
    size_t n = bytes ? base64_decode(text, length, BASE64_URL, bytes) : BASE64_BAD;
    json_t *object = n != BASE64_BAD ? json_loadb((const char *)bytes, n, 0, NULL) : NULL;
    bool ok = json_is_object(object) && copy_attributes(object, out, count);
    json_decref(object);
    free(bytes);
    return ok;
}
