/* SPDX-License-Identifier: Apache-2.0 */
/* Request bodies of all endpoints, and the names that come of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authz/token/request.h"
#include "authz/token/ticket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct token_request *q)
{
    char room[NAME_HASH_SIZE], member[NAME_HASH_SIZE], device[IDENTITY_SIZE];
    if (!name_room(q->room_id, q->slot_id, room) ||
        !name_device(q->server_name, q->device_id, device) ||
        !name_member(q->claimed_user_id, q->device_id, q->member_id, member))
        abort();
    if (strlen(room) != NAME_HASH_SIZE - 1)
        abort();
    const struct ticket t = {
        .key = "k", .secret = "s", .identity = device, .room = room, .join = true};
    char *payload = ticket_payload(&t);
    for (const char *p = payload; p && *p; p++) {
        if (*p < 0x20 || *p > 0x7d || *p == '>' || *p == '?')
            abort();
    }
    free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct token_request q;
    for (enum endpoint e = ENDPOINT_SFU_GET; e <= ENDPOINT_DELEGATE; e++) {
        const struct refusal *r = token_request_read(e, (const char *)data, size, &q);
        if (r && (r->status != 400 || !r->errcode || !r->error))
            abort();
        if (!r && (!*q.room_id || !*q.access_token || (*q.delay_id && q.delay_timeout <= 0)))
            abort();
        if (!r)
            use(&q);
    }
    return 0;
}
