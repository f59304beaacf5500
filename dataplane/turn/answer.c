/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to requests: success and error responses (RFC 8489 section 6.3). */
#include "dataplane/turn/state.h"

struct writer turn_answer(struct turn_request *r, enum stun_class class)
{
    struct writer w = writer_of(r->t->buffer, sizeof(r->t->buffer));
    stun_begin_method(&w, class, r->m.stun.method, r->m.stun.transaction);
    return w;
}

void turn_answer_send(struct turn_request *r, struct writer *w)
{
    if (r->user.name)
        stun_add_integrity(w, (const char *)r->user.key, TURN_KEY);
    if (r->m.stun.has_fingerprint)
        stun_add_fingerprint(w);
    size_t len = stun_end(w);
    if (len > 0)
        r->t->out.send(r->t->out.context, r->from, w->begin, len);
}

static void add_challenge(struct turn_request *r, struct writer *w)
{
    char nonce[NONCE_TEXT];
    nonce_make(nonce, r->t->secret, &r->from->remote, r->now);
    stun_add(w, STUN_REALM, TURN_REALM, strlen(TURN_REALM));
    stun_add(w, STUN_NONCE, nonce, sizeof(nonce));
}

static void add_unknown(struct writer *w, const struct turn_message *m)
{
    uint8_t list[2 * STUN_UNKNOWN_MAX];
    for (size_t i = 0; i < m->n_unknown; i++)
        be16_put(list + 2 * i, m->unknown[i]);
    stun_add(w, STUN_UNKNOWN_ATTRIBUTES, list, (size_t)2 * m->n_unknown);
}

void turn_refuse(struct turn_request *r, enum stun_error code)
{
    struct writer w = turn_answer(r, STUN_ERROR);
    stun_add_error(&w, code);
    if (code == STUN_UNKNOWN_ATTRIBUTE)
        add_unknown(&w, &r->m);
    if (code == STUN_UNAUTHENTICATED || code == STUN_STALE_NONCE)
        add_challenge(r, &w);
    else
        counters_add(r->t->counters, COUNTER_TURN_REFUSED, 1);
    turn_answer_send(r, &w);
}
