/* SPDX-License-Identifier: Apache-2.0 */
/* Three ways in, by the first byte: the bytes as a query; as a WrappedJoinRequest (perhaps
 * gzipped); as a JoinRequest, so that mutations reach the message itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "control/signal/join_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const char *query, size_t length)
{
    static struct claims claims;
    struct join_limits limits = {.max_identity = 256, .max_room_name = 256, .auto_create = true};
    struct join_params params;
    if (!claims.identity) {
        claims_init(&claims);
        claims_set_text(&claims.identity, "i");
        claims_set_text(&claims.video.room, "r");
        claims.video.present = claims.video.room_join = true;
        claims.video.can_update_own_metadata = TRISTATE_TRUE;
    }
    struct join_question q = {.query = query,
                              .query_length = length,
                              .user_agent = query,
                              .address = "::1",
                              .claims = &claims,
                              .validate = true};
    struct join_answer a = join_decide(&q, &limits, &params);
    if (!a.text || (a.status == 200) != (params.room != NULL))
        abort();
    join_params_free(&params);
}

static void ask_wrapped(const uint8_t *data, size_t size)
{
    char *query = malloc(BASE64_ENCODED_SIZE(size) + 13);
    if (!query)
        abort();
    memcpy(query, "join_request=", 13);
    size_t n = base64_encode(data, size, BASE64_URL, true, query + 13);
    ask(query, 13 + n);
    free(query);
}

static void ask_inner(const uint8_t *data, size_t size)
{
    Livekit__WrappedJoinRequest w = LIVEKIT__WRAPPED_JOIN_REQUEST__INIT;
    w.join_request = (ProtobufCBinaryData){.data = (uint8_t *)data, .len = size};
    uint8_t *bytes = malloc(livekit__wrapped_join_request__get_packed_size(&w) + 1);
    if (!bytes)
        abort();
    ask_wrapped(bytes, livekit__wrapped_join_request__pack(&w, bytes));
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 3 == 1) {
        ask_wrapped(data + 1, size - 1);
    } else if (data[0] % 3 == 2) {
        ask_inner(data + 1, size - 1);
    } else {
        char *text = malloc(size);
        if (!text)
            abort();
        memcpy(text, data + 1, size - 1);
        text[size - 1] = 0;
        ask(text, size - 1);
        free(text);
    }
    return 0;
}
