/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/connectivity.h"

#include "common/random.h"

#include <stdio.h>
#include <string.h>

#define CHECK_INTERVAL   (50 * USEC_PER_MS)
#define CONSENT_INTERVAL (2500 * USEC_PER_MS)
#define CONSENT_LIFETIME (30 * USEC_PER_SEC)
#define HOST_PRIORITY    1845501695u /* of a peer-reflexive candidate, RFC 8445 section 5.1.2.1 */

static bool is_selected(const struct connectivity *c)
{
    return c->selected.family != 0;
}

void connectivity_init(struct connectivity *c, const char *own_pwd)
{
    *c = (struct connectivity){
        .own_pwd = own_pwd, .tie_breaker = random_u64(), .next_check = USEC_NEVER};
}

void connectivity_remote(struct connectivity *c, const char *own_ufrag, const char *ufrag,
                         const char *pwd, usec_t now)
{
    snprintf(c->user, sizeof c->user, "%s:%s", ufrag, own_ufrag);
    snprintf(c->pwd, sizeof c->pwd, "%s", pwd);
    if (c->ready)
        return;
    c->ready = true;
    c->next_check = now;
    c->expires = now + CONSENT_LIFETIME;
}

void connectivity_candidate(struct connectivity *c, const struct net_addr *a)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (net_addr_equal(&c->candidates[i], a))
            return;
    }
    if (c->count < CONNECTIVITY_CANDIDATES)
        c->candidates[c->count++] = *a;
}

/* Before selection datagrams carry their address; afterwards the socket is connected. */
static void commit(const struct connectivity *c, struct outbox *out, struct writer *w,
                   const struct net_addr *to)
{
    size_t len = stun_end(w);
    if (len == 0)
        return;
    out->datagrams[out->count].to = is_selected(c) ? (struct net_addr){0} : *to;
    outbox_commit(out, len);
}

static void check(struct connectivity *c, unsigned i, struct outbox *out)
{
    struct outbox_datagram *d = outbox_next(out);
    if (!d)
        return;
    struct writer w = writer_of(d->data, sizeof d->data);
    random_bytes(c->transactions[i], STUN_TRANSACTION);
    stun_begin(&w, STUN_REQUEST, c->transactions[i]);
    stun_add(&w, STUN_USERNAME, c->user, strlen(c->user));
    stun_add_u32(&w, STUN_PRIORITY, HOST_PRIORITY);
    stun_add_u64(&w, STUN_ICE_CONTROLLING, c->tie_breaker);
    stun_add(&w, STUN_USE_CANDIDATE, NULL, 0);
    stun_add_integrity(&w, c->pwd, strlen(c->pwd));
    stun_add_fingerprint(&w);
    commit(c, out, &w, &c->candidates[i]);
}

static void answer(struct connectivity *c, const struct stun_message *m,
                   const struct net_addr *from, struct outbox *out)
{
    struct outbox_datagram *d = outbox_next(out);
    if (!d || !stun_verify(m, c->own_pwd, strlen(c->own_pwd)))
        return;
    struct writer w = writer_of(d->data, sizeof d->data);
    stun_begin(&w, STUN_SUCCESS, m->transaction);
    stun_add_xor_address(&w, from);
    stun_add_integrity(&w, c->own_pwd, strlen(c->own_pwd));
    stun_add_fingerprint(&w);
    commit(c, out, &w, from);
}

static bool confirm(struct connectivity *c, const struct stun_message *m, usec_t now)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (memcmp(m->transaction, c->transactions[i], STUN_TRANSACTION) != 0 ||
            !stun_verify(m, c->pwd, strlen(c->pwd)))
            continue;
        c->expires = now + CONSENT_LIFETIME;
        if (is_selected(c))
            return false;
        c->selected = c->candidates[i];
        c->next_check = now + CONSENT_INTERVAL;
        return true;
    }
    return false;
}

bool connectivity_input(struct connectivity *c, const struct net_addr *from, const uint8_t *data,
                        size_t len, usec_t now, struct outbox *out)
{
    struct stun_message m;
    if (!stun_parse(&m, data, len) || m.method != STUN_BINDING)
        return false;
    if (m.class == STUN_REQUEST)
        answer(c, &m, from, out);
    return m.class == STUN_SUCCESS && confirm(c, &m, now);
}

usec_t connectivity_deadline(const struct connectivity *c)
{
    return c->failed ? USEC_NEVER : c->next_check;
}

void connectivity_run(struct connectivity *c, usec_t now, struct outbox *out)
{
    if (!c->ready || c->failed || now < c->next_check)
        return;
    c->failed = now >= c->expires;
    c->next_check = now + (is_selected(c) ? CONSENT_INTERVAL : CHECK_INTERVAL);
    for (unsigned i = 0; i < c->count && !c->failed; i++) {
        if (!is_selected(c) || net_addr_equal(&c->candidates[i], &c->selected))
            check(c, i, out);
    }
}
