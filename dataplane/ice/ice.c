/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/ice/ice.h"

#include "dataplane/ice/ice_pairs.h"

#include <string.h>

static bool is_ice_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

static bool take_text(char *out, const char *text, size_t least, size_t most)
{
    size_t n = strnlen(text, most + 1);
    if (n < least || n > most)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_ice_char(text[i]))
            return false;
    }
    memcpy(out, text, n + 1);
    return true;
}

static bool take_credentials(struct ice_credentials *c, const char *ufrag, const char *pwd)
{
    *c = (struct ice_credentials){0};
    return take_text(c->ufrag, ufrag, ICE_UFRAG_MIN, ICE_UFRAG_MAX) &&
           take_text(c->pwd, pwd, ICE_PWD_MIN, ICE_PWD_MAX);
}

bool ice_init(struct ice_agent *a, const char *ufrag, const char *pwd, bool tcp_only)
{
    memset(a, 0, sizeof(*a));
    a->selected = -1;
    a->generation = 1;
    a->tcp_only = tcp_only;
    return take_credentials(&a->current, ufrag, pwd);
}

static void set_state(struct ice_agent *a, enum ice_state state)
{
    if (a->state == state)
        return;
    a->state = state;
    a->state_changed = true;
}

bool ice_restart(struct ice_agent *a, const char *ufrag, const char *pwd)
{
    struct ice_credentials fresh;
    if (!take_credentials(&fresh, ufrag, pwd))
        return false;
    a->previous = a->current;
    a->current = fresh;
    a->generation++;
    a->first_nomination = 0;
    if (a->state == ICE_STATE_FAILED || a->state == ICE_STATE_DISCONNECTED)
        set_state(a, ICE_STATE_NEW);
    return true;
}

/* ---- answers ---- */

static void finish(struct ice_reply *reply, struct writer *w, const char *pwd)
{
    if (pwd)
        stun_add_integrity(w, pwd, strlen(pwd));
    stun_add_fingerprint(w);
    reply->len = (uint16_t)stun_end(w);
}

static void add_unknown(struct writer *w, const struct stun_message *m)
{
    uint8_t list[2 * STUN_UNKNOWN_MAX];
    for (size_t i = 0; i < m->n_unknown; i++)
        be16_put(list + 2 * i, m->unknown[i]);
    stun_add(w, STUN_UNKNOWN_ATTRIBUTES, list, (size_t)2 * m->n_unknown);
}

/* An error response; with integrity if the request was authentic (pwd). */
static void refuse(struct ice_reply *reply, const struct stun_message *m, enum stun_error code,
                   const char *pwd)
{
    struct writer w = writer_of(reply->data, sizeof(reply->data));
    stun_begin(&w, STUN_ERROR, m->transaction);
    stun_add_error(&w, code);
    if (code == STUN_UNKNOWN_ATTRIBUTE)
        add_unknown(&w, m);
    finish(reply, &w, pwd);
    reply->error = (uint16_t)code;
    reply->verdict = code == STUN_UNAUTHENTICATED ? ICE_BAD_INTEGRITY : ICE_REFUSED;
}

static void accept_check(struct ice_reply *reply, const struct stun_message *m,
                         const struct net_path *path, const char *pwd)
{
    struct writer w = writer_of(reply->data, sizeof(reply->data));
    stun_begin(&w, STUN_SUCCESS, m->transaction);
    stun_add_xor_address(&w, &path->remote);
    finish(reply, &w, pwd);
    reply->verdict = ICE_ACCEPTED;
}

/* ---- checks ---- */

/* The part before the colon says whose check it is; what follows is the peer's own and not ours to
 * judge (RFC 8445 section 7.3). */
static bool username_is(const struct stun_message *m, const char *ufrag)
{
    size_t n = strlen(ufrag);
    return n > 0 && m->username_len > n && memcmp(m->username, ufrag, n) == 0 &&
           m->username[n] == ':';
}

/* Credentials that the check names, with their generation; NULL if they are not ours. */
static const struct ice_credentials *
credentials_of(const struct ice_agent *a, const struct stun_message *m, uint32_t *generation)
{
    *generation = a->generation;
    if (username_is(m, a->current.ufrag))
        return &a->current;
    *generation = a->generation - 1;
    return username_is(m, a->previous.ufrag) ? &a->previous : NULL;
}

static void select_pair(struct ice_agent *a, int i)
{
    if (a->selected == i)
        return;
    a->selected = i;
    a->selected_changed = true;
}

/* The first nomination under new credentials ends the old ones. */
static void retire_previous(struct ice_agent *a, usec_t now)
{
    a->first_nomination = now;
    a->previous = (struct ice_credentials){0};
    for (int i = 0; i < ICE_PAIRS_MAX; i++) {
        if (a->pairs[i].generation < a->generation)
            a->pairs[i].expires = now + ICE_PAIR_REPLACED;
    }
}

/* A peer that nominates aggressively marks all its checks: while they all run for the first time,
 * the highest priority wins (RFC 5245 section 8.1.1.2). Later a nomination of another pair means
 * that the peer has moved, and the newest wins. */
static void nominate(struct ice_agent *a, int i, uint32_t generation, usec_t now)
{
    bool first = generation == a->generation && a->first_nomination == 0;
    if (first)
        retire_previous(a, now);
    bool settling = a->first_nomination != 0 && now - a->first_nomination < ICE_SETTLE;
    bool worse = a->selected >= 0 && a->pairs[i].priority < a->pairs[a->selected].priority;
    if (first || !settling || !worse)
        select_pair(a, i);
    set_state(a, ICE_STATE_CONNECTED);
}

static void note_check(struct ice_agent *a, const struct stun_message *m, uint32_t generation,
                       const struct net_path *path, usec_t now)
{
    int i = ice_pair_learn(a, path);
    if (i < 0)
        return;
    ice_pair_touch(a, i, path, m->priority, generation, now);
    a->last_check = now;
    if (a->state == ICE_STATE_DISCONNECTED)
        set_state(a, ICE_STATE_CONNECTED);
    if (!m->use_candidate)
        return;
    a->last_nomination = now;
    nominate(a, i, generation, now);
}

static void answer_request(struct ice_agent *a, const struct stun_message *m,
                           const struct net_path *path, usec_t now, struct ice_reply *reply)
{
    uint32_t generation;
    if (!m->username || m->integrity_at == 0) {
        refuse(reply, m, STUN_BAD_REQUEST, NULL);
        return;
    }
    const struct ice_credentials *c = credentials_of(a, m, &generation);
    if (!c || !stun_verify(m, c->pwd, strlen(c->pwd))) {
        refuse(reply, m, STUN_UNAUTHENTICATED, NULL);
    } else if (m->n_unknown > 0) {
        refuse(reply, m, STUN_UNKNOWN_ATTRIBUTE, c->pwd);
    } else if (m->controlled) {
        /* we never control, so it is always the peer who has to change its role */
        refuse(reply, m, STUN_ROLE_CONFLICT, c->pwd);
    } else {
        note_check(a, m, generation, path, now);
        accept_check(reply, m, path, c->pwd);
    }
}

void ice_input(struct ice_agent *a, const uint8_t *data, size_t len, const struct net_path *path,
               usec_t now, struct ice_reply *reply)
{
    struct stun_message m;
    reply->len = 0;
    reply->error = 0;
    if (!stun_parse(&m, data, len))
        reply->verdict = ICE_MALFORMED;
    else if (m.class != STUN_REQUEST || m.method != STUN_BINDING)
        reply->verdict = ICE_OTHER;
    else if (a->state == ICE_STATE_FAILED || (a->tcp_only && !net_path_is_tcp(path)))
        reply->verdict = ICE_UNWANTED;
    else
        answer_request(a, &m, path, now, reply);
}

/* ---- what changed ---- */

static bool pair_event(struct ice_pair *p, struct ice_event *e)
{
    if (!p->used || p->announced != p->removed)
        return false;
    e->path = p->path;
    e->type = p->removed ? ICE_PAIR_REMOVED : ICE_PAIR_ADDED;
    p->used = !p->removed;
    p->announced = true;
    return true;
}

static bool selected_event(struct ice_agent *a, struct ice_event *e)
{
    bool told = a->selected_changed && a->selected >= 0;
    a->selected_changed = false;
    if (told) {
        e->type = ICE_SELECTED;
        e->path = a->pairs[a->selected].path;
    }
    return told;
}

bool ice_next_event(struct ice_agent *a, struct ice_event *e)
{
    *e = (struct ice_event){.state = a->state};
    if (a->evicted_pending) {
        a->evicted_pending = false;
        e->type = ICE_PAIR_REMOVED;
        e->path = a->evicted;
        return true;
    }
    for (int i = 0; i < ICE_PAIRS_MAX; i++) {
        if (pair_event(&a->pairs[i], e))
            return true;
    }
    if (selected_event(a, e))
        return true;
    e->type = ICE_STATE;
    bool changed = a->state_changed;
    a->state_changed = false;
    return changed;
}

const struct net_path *ice_selected(const struct ice_agent *a)
{
    return a->selected < 0 ? NULL : &a->pairs[a->selected].path;
}

bool ice_knows_path(const struct ice_agent *a, const struct net_path *path)
{
    return ice_pair_find(a, path) >= 0;
}

void ice_path_answered(struct ice_agent *a, const struct net_path *path, usec_t now)
{
    if (a->state == ICE_STATE_FAILED || ice_pair_find(a, path) >= 0 ||
        (a->tcp_only && !net_path_is_tcp(path)))
        return;
    int i = ice_pair_learn(a, path);
    if (i >= 0)
        ice_pair_touch(a, i, path, ICE_PRIORITY_UDP, a->generation, now);
}

void ice_path_closed(struct ice_agent *a, const struct net_path *path)
{
    int i = ice_pair_find(a, path);
    if (i < 0)
        return;
    ice_pair_remove(a, i);
    if (i == a->selected)
        select_pair(a, ice_pair_best(a));
}

/* ---- time ---- */

static usec_t state_deadline(const struct ice_agent *a)
{
    if (a->state == ICE_STATE_CONNECTED)
        return a->last_check + ICE_CONSENT_DISCONNECTED;
    if (a->state == ICE_STATE_DISCONNECTED)
        return a->last_check + ICE_CONSENT_FAILED > a->patience ? a->last_check + ICE_CONSENT_FAILED
                                                                : a->patience;
    return USEC_NEVER;
}

usec_t ice_deadline(const struct ice_agent *a)
{
    usec_t least = state_deadline(a);
    for (int i = 0; i < ICE_PAIRS_MAX; i++) {
        usec_t t = ice_pair_deadline(a, i);
        if (t < least)
            least = t;
    }
    return least;
}

void ice_timeout(struct ice_agent *a, usec_t now)
{
    if (a->state == ICE_STATE_CONNECTED && now >= state_deadline(a))
        set_state(a, ICE_STATE_DISCONNECTED);
    if (a->state == ICE_STATE_DISCONNECTED && now >= state_deadline(a))
        set_state(a, ICE_STATE_FAILED);
    for (int i = 0; i < ICE_PAIRS_MAX; i++) {
        if (now >= ice_pair_deadline(a, i))
            ice_pair_remove(a, i);
    }
}
