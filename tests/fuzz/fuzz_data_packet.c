/* SPDX-License-Identifier: Apache-2.0 */
/* A packet that parses can be stamped within the room that was promised, and the result parses to
 * the same value, sequence and destinations. */
#include "dataplane/sctp/data_packet.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct data_slice *a, const struct data_slice *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool same_packets(const struct data_packet *a, const struct data_packet *b)
{
    if (a->value != b->value || a->sequence != b->sequence || a->n_sids != b->n_sids ||
        a->n_identities != b->n_identities || !same(&a->nonce, &b->nonce))
        return false;
    for (unsigned i = 0; i < a->n_identities; i++) {
        if (!same(&a->identities[i], &b->identities[i]))
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct data_packet once, again;
    const struct data_sender from = {
        .sid = "PA_sender", .identity = "@sender:example.org", .hidden = size & 1};
    if (!data_packet_parse(&once, data, size))
        return 0;
    size_t cap = size + data_packet_stamp_room(&once, &from);
    uint8_t *out = malloc(cap);
    size_t len = out ? data_packet_stamp(&once, DATA_KIND_LOSSY, &from, out, cap) : 0;
    if (len == 0)
        abort();
    if (len <= UINT16_MAX && (!data_packet_parse(&again, out, len) || !same_packets(&once, &again)))
        abort();
    free(out);
    return 0;
}
