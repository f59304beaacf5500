/* SPDX-License-Identifier: Apache-2.0 */
/* Server names and user ids, and what the resolving of a name makes of SRV records. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authz/discovery/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t draw(void *arg)
{
    return (*(uint32_t *)arg)++;
}

/* The rest of the input as records of 16 bytes. */
static void resolve(const struct server_name *n, const uint8_t *data, size_t size)
{
    struct srv_record records[SRV_RECORDS_MAX + 4];
    struct resolve r = {0};
    uint32_t random = 0;
    size_t count = 0;
    for (; size >= 16 && count < SRV_RECORDS_MAX + 4; data += 16, size -= 16) {
        struct srv_record *s = &records[count++];
        *s = (struct srv_record){.priority = data[0], .weight = data[1], .port = data[2]};
        memcpy(s->target, data + 3, 13);
    }
    resolve_start(&r, n);
    if (r.question == RESOLVE_WELL_KNOWN)
        resolve_well_known(&r, NULL, 0);
    while (r.question == RESOLVE_SRV)
        resolve_srv(&r, records, count, draw, &random);
    if (r.route.target_count == 0 || r.route.target_count > SRV_RECORDS_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server_name n, again;
    char text[SERVER_NAME_SIZE];
    size_t length = size > 0 ? data[0] : 0;
    if (size == 0)
        return 0;
    length = length < size - 1 ? length : size - 1;
    char *copy = strndup((const char *)data + 1, length);
    const char *server = copy ? user_id_server(copy) : NULL;
    if (server && (server < copy + 2 || !*server))
        abort();
    free(copy);
    if (!server_name_parse((const char *)data + 1, length, &n))
        return 0;
    server_name_format(&n, text);
    if (!server_name_parse(text, strlen(text), &again) || memcmp(&n, &again, sizeof(n)) != 0)
        abort();
    resolve(&n, data + 1 + length, size - 1 - length);
    return 0;
}
