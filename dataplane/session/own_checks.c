/* SPDX-License-Identifier: Apache-2.0 */
/* Connectivity checks that we send ourselves, to peers that went silent: see silence.h. */
#include "dataplane/session/engine.h"

#include <stdio.h>
#include <string.h>

#define CHECK_MAX 256

/* Of a priority (RFC 8445 section 5.1.2.1). */
#define TYPE_HOST      126u
#define PREFERENCE_MIN 0xc000u /* above CANDIDATE_PREFERENCE_MAX of control/room/candidates.h */
#define COMPONENT_BASE 255u

bool own_check_is(const struct sessions *s, const uint8_t transaction[STUN_TRANSACTION])
{
    return memcmp(transaction, s->check_prefix, sizeof(s->check_prefix)) == 0;
}

/* Higher than that of any candidate which control offers, or which an earlier check was for: then
 * libwebrtc leaves a pair that has died as soon as the new one works. */
static uint32_t priority(usec_t now)
{
    uint32_t preference = PREFERENCE_MIN + now / USEC_PER_SEC % (UINT16_MAX - PREFERENCE_MIN + 1);
    return TYPE_HOST << 24 | preference << 8 | COMPONENT_BASE;
}

static size_t write_check(struct sessions *s, const struct transport *t, uint8_t *out)
{
    char username[STUN_USERNAME_MAX];
    int n = snprintf(username, sizeof(username), "%s:%s", t->remote->ufrag, t->ice.current.ufrag);
    uint8_t transaction[STUN_TRANSACTION];
    if (n < 0 || (size_t)n >= sizeof(username) || !*t->remote->pwd)
        return 0;
    memcpy(transaction, s->check_prefix, sizeof(s->check_prefix));
    be32_put(transaction + sizeof(s->check_prefix), s->checks++);
    struct writer w = writer_of(out, CHECK_MAX);
    stun_begin(&w, STUN_REQUEST, transaction);
    stun_add(&w, STUN_USERNAME, username, (size_t)n);
    stun_add_u32(&w, STUN_PRIORITY, priority(s->now));
    stun_add_u64(&w, STUN_ICE_CONTROLLED, s->instance);
    stun_add_integrity(&w, t->remote->pwd, strlen(t->remote->pwd));
    stun_add_fingerprint(&w);
    return stun_end(&w);
}

void own_check_send(struct sessions *s, struct transport *t)
{
    uint8_t check[CHECK_MAX];
    if (!t->remote || t->path.remote.family == 0)
        return;
    size_t len = write_check(s, t, check);
    if (len == 0)
        return;
    /* The address that the peer used may be gone: the kernel's routes choose. */
    struct net_path path = {.remote = t->path.remote,
                            .local = {.port = s->config.ports[t->state->worker]}};
    if (t->path.tcp)
        path = t->path;
    counters_add(s->counters, COUNTER_TX_CHECKS, 1);
    s->out.packet(s->out.context, t->state->worker, &path, check, len);
}

void own_check_answered(struct sessions *s, const struct net_path *path,
                        const struct stun_message *m)
{
    struct transport *t = session_transport_of(s, lookup_remote(s, path));
    if (!t || !t->remote || m->class == STUN_ERROR ||
        !stun_verify(m, t->remote->pwd, strlen(t->remote->pwd))) {
        counters_add(s->counters, COUNTER_DROP_STUN_RESPONSE, 1);
        return;
    }
    counters_add(s->counters, COUNTER_STUN_RETURN, 1);
    t->hearing.answered_at = s->now;
    ice_path_answered(&t->ice, path, s->now);
    ice_drive_events(s, t);
}
