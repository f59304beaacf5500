/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks: a token up to the first line feed, then the body; and events of control. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authz/sfu/events.h"
#include "authz/sfu/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void each(void *ctx, const struct sfu_event *e)
{
    (void)ctx;
    if (e->kind == SFU_EVENT_OTHER)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct api_keys keys;
    struct sfu_events_answer a;
    struct sfu_event e;
    if (keys.count == 0)
        api_keys_add(&keys, "devkey", "secret");
    const uint8_t *end = memchr(data, '\n', size);
    size_t length = end ? (size_t)(end - data) : size;
    char *token = strndup((const char *)data, length);
    const char *body = (const char *)data + (end ? length + 1 : size);
    size_t rest = size - (end ? length + 1 : size);
    if (token)
        webhook_authentic(&keys, token, body, rest, 1795406739);
    free(token);
    webhook_read(body, rest, &e);
    sfu_events_read(body, rest, &a, each, NULL);
    sfu_twirp_presence(200, body, rest);
    sfu_twirp_presence(404, body, rest);
    sfu_local_presence(200, body, rest);
    return 0;
}
