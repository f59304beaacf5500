/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the answer of a STUN server. The first byte chooses how much is right about it:
 * transaction, source, length and fingerprint. */
#include "dataplane/ice/stun_client.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t answer_of(uint8_t *buf, size_t cap, const uint8_t *request, uint8_t how,
                        const uint8_t *data, size_t size)
{
    struct writer w = writer_of(buf, cap);
    stun_begin(&w, how & 2 ? STUN_SUCCESS : STUN_ERROR, request + 8);
    write_bytes(&w, data, size & ~(size_t)3);
    if (how & 4)
        stun_add_fingerprint(&w);
    return stun_end(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static usec_t now = 1;
    struct stun_client c = {0};
    struct stun_question q = {.server = {.family = 4, .port = 3478, .ip = {192, 0, 2, 1}},
                              .port = 50000,
                              .transmissions = 3};
    struct stun_answer a;
    uint8_t request[STUN_QUERY_SIZE], buf[2048];
    size_t len;
    if (size == 0)
        return 0;
    uint8_t how = data[0];
    q.bare = how & 8;
    stun_client_ask(&c, &q, ++now);
    if (stun_client_due(&c, now, &a, request, &len) != STUN_DUE_SEND)
        abort();
    struct net_path path = {.remote = q.server, .local = {.family = 4, .port = 50000}};
    path.remote.port += how & 16 ? 1 : 0;
    bool wrap = how & 1;
    size_t n = wrap ? answer_of(buf, sizeof(buf), request, how, data + 1, size - 1) : size - 1;
    enum stun_verdict v = stun_client_input(&c, &path, wrap ? buf : data + 1, n, now + 5, &a);
    if (v == STUN_TAKEN && (how & 16 || !wrap))
        abort();
    if (v == STUN_TAKEN && a.outcome == STUN_OUTCOME_MAPPED &&
        (a.mapped.family != 4 || a.mapped.port == 0 || !(how & 2)))
        abort();
    if ((v == STUN_TAKEN) != (stun_client_deadline(&c) == USEC_NEVER))
        abort();
    return 0;
}
