/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes into an agent. The first byte chooses whether the message gets a right length, a right
 * fingerprint and a right HMAC, so that what lies behind these is reached. */
#include "dataplane/ice/ice.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char pwd[] = "0123456789012345678901";

/* A request with the fuzzer's attributes between a right USERNAME and a right integrity. */
static size_t authentic(uint8_t *buf, size_t cap, const uint8_t *data, size_t size)
{
    static const uint8_t transaction[STUN_TRANSACTION];
    struct writer w = writer_of(buf, cap);
    stun_begin(&w, STUN_REQUEST, transaction);
    stun_add(&w, STUN_USERNAME, "ufrag:x", 7);
    write_bytes(&w, data, size & ~(size_t)3);
    stun_add_integrity(&w, pwd, sizeof(pwd) - 1);
    stun_add_fingerprint(&w);
    return stun_end(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ice_agent agent;
    static usec_t now = 1;
    if (agent.generation == 0 && !ice_init(&agent, "ufrag", pwd, false))
        abort();
    if (size == 0)
        return 0;
    uint8_t buf[2048];
    bool wrap = data[0] & 1;
    size_t len = wrap ? authentic(buf, sizeof(buf), data + 1, size - 1) : 0;
    struct net_path path = {.remote = {.family = 4, .port = data[0]}, .local = {.family = 4}};
    struct ice_reply reply;
    now += 50 * USEC_PER_MS;
    ice_input(&agent, wrap ? buf : data + 1, wrap ? len : size - 1, &path, now, &reply);
    struct stun_message m;
    if (reply.len > 0 && !stun_parse(&m, reply.data, reply.len))
        abort();
    struct ice_event e;
    while (ice_next_event(&agent, &e)) {
    }
    const char *ufrag;
    size_t ufrag_len;
    if (stun_request_ufrag(data + 1, size - 1, &ufrag, &ufrag_len) && ufrag_len > size)
        abort();
    return 0;
}
