/* SPDX-License-Identifier: Apache-2.0 */
/* Long-term credentials, as RFC 8489 section 9.2.4 checks them. */
#include "dataplane/turn/state.h"

/* An allocation keeps its credentials, so it can be refreshed when they no longer allow new ones.
 */
static bool find_user(struct turn_request *r, struct turn_user *user)
{
    const struct stun_message *m = &r->m.stun;
    const struct allocation *a = r->allocation;
    uint64_t name = users_hash(&r->t->users, m->username, m->username_len);
    if (a && a->user == name) {
        *user = (struct turn_user){.name = name, .participant = a->participant};
        memcpy(user->key, a->key, TURN_KEY);
        return true;
    }
    const struct turn_user *known = users_find(&r->t->users, name, r->now);
    if (known)
        *user = *known;
    return known != NULL;
}

static bool refuse_credentials(struct turn_request *r)
{
    counters_add(r->t->counters, COUNTER_TURN_BAD_CREDENTIALS, 1);
    turn_refuse(r, STUN_UNAUTHENTICATED);
    return false;
}

static bool refuse(struct turn_request *r, enum stun_error code)
{
    turn_refuse(r, code);
    return false;
}

bool turn_authenticate(struct turn_request *r)
{
    const struct turn_message *m = &r->m;
    struct turn_user user;
    if (m->stun.integrity_at == 0)
        return refuse(r, STUN_UNAUTHENTICATED);
    if (!m->stun.username || !m->realm || !m->nonce)
        return refuse(r, STUN_BAD_REQUEST);
    if (!nonce_check((const char *)m->nonce, m->nonce_len, r->t->secret, &r->from->remote, r->now))
        return refuse(r, STUN_STALE_NONCE);
    if (!find_user(r, &user) || !stun_verify(&m->stun, (const char *)user.key, TURN_KEY))
        return refuse_credentials(r);
    r->user = user;
    return true;
}
