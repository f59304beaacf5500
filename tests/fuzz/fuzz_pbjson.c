/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses a message type and whether the rest is JSON or wire bytes. What is read
 * from JSON must survive being written and read again. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/pbjson/pbjson.h"
#include "common/proto/livekit/room.pb-c.h"
#include "common/proto/livekit/rtc.pb-c.h"
#include "common/proto/livekit/webhook.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *pack(const ProtobufCMessage *m, size_t *length)
{
    *length = protobuf_c_message_get_packed_size(m);
    uint8_t *bytes = malloc(*length + 1);
    if (!bytes || protobuf_c_message_pack(m, bytes) != *length)
        abort();
    return bytes;
}

static void expect_equal(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    size_t n, k;
    uint8_t *x = pack(a, &n), *y = pack(b, &k);
    if (n != k || memcmp(x, y, n) != 0)
        abort();
    free(x);
    free(y);
}

static void check(const ProtobufCMessage *m, bool exact)
{
    char err[PBJSON_ERROR];
    for (int style = PBJSON_CAMEL; style <= PBJSON_SNAKE; style++) {
        char *text = pbjson_write(m, (enum pbjson_style)style);
        if (!text)
            continue;
        ProtobufCMessage *again = pbjson_read(m->descriptor, text, strlen(text), err);
        if (again && exact)
            expect_equal(m, again);
        if (!again && exact && strlen(text) <= PBJSON_TEXT_MAX)
            abort();
        protobuf_c_message_free_unpacked(again, NULL);
        free(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &livekit__signal_request__descriptor,
        &livekit__signal_response__descriptor,
        &livekit__update_participant_request__descriptor,
        &livekit__webhook_event__descriptor,
    };
    char err[PBJSON_ERROR];
    if (size == 0)
        return 0;
    const ProtobufCMessageDescriptor *d = types[data[0] % 4];
    bool json = (data[0] & 4) != 0;
    ProtobufCMessage *m = json ? pbjson_read(d, (const char *)data + 1, size - 1, err)
                               : protobuf_c_message_unpack(d, NULL, size - 1, data + 1);
    if (m)
        check(m, json);
    protobuf_c_message_free_unpacked(m, NULL);
    return 0;
}
