/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/ice/stun_client.h"

#include "common/random.h"

#include <string.h>

static struct stun_query *place_for(struct stun_client *c)
{
    struct stun_query *oldest = &c->query[0];
    for (int i = 0; i < STUN_QUERIES_MAX; i++) {
        struct stun_query *q = &c->query[i];
        if (!q->used)
            return q;
        if (q->first_sent < oldest->first_sent)
            oldest = q;
    }
    return oldest;
}

void stun_client_ask(struct stun_client *c, const struct stun_question *question, usec_t now)
{
    struct stun_query *q = place_for(c);
    *q = (struct stun_query){.used = true, .question = *question, .first_sent = now, .due = now};
    random_bytes(q->transaction, sizeof(q->transaction));
}

static struct stun_query *find(struct stun_client *c, const struct net_path *path,
                               const uint8_t transaction[STUN_TRANSACTION])
{
    for (int i = 0; i < STUN_QUERIES_MAX; i++) {
        struct stun_query *q = &c->query[i];
        if (q->used && q->sent > 0 && path->tcp == 0 && path->local.port == q->question.port &&
            net_addr_equal(&q->question.server, &path->remote) &&
            memcmp(q->transaction, transaction, STUN_TRANSACTION) == 0)
            return q;
    }
    return NULL;
}

enum stun_verdict stun_client_input(struct stun_client *c, const struct net_path *path,
                                    const uint8_t *data, size_t len, usec_t now,
                                    struct stun_answer *answer)
{
    struct stun_message m;
    if (!stun_parse(&m, data, len) || (m.class != STUN_SUCCESS && m.class != STUN_ERROR))
        return STUN_NO_ANSWER;
    struct stun_query *q = find(c, path, m.transaction);
    if (!q)
        return STUN_NOT_ASKED;
    *answer = (struct stun_answer){.question = q->question};
    if (!m.has_fingerprint && !q->question.bare)
        return STUN_TAKEN_BARE;
    bool good = m.class == STUN_SUCCESS && m.method == STUN_BINDING && m.n_unknown == 0 &&
                m.mapped.family == path->remote.family && m.mapped.port != 0;
    answer->outcome = good ? STUN_OUTCOME_MAPPED : STUN_OUTCOME_REFUSED;
    answer->local = path->local;
    if (good)
        answer->mapped = m.mapped;
    if (q->sent == 1)
        answer->rtt = now > q->first_sent ? now - q->first_sent : 1;
    q->used = false;
    return STUN_TAKEN;
}

static size_t write_request(const struct stun_query *q, uint8_t *out)
{
    struct writer w = writer_of(out, STUN_QUERY_SIZE);
    stun_begin(&w, STUN_REQUEST, q->transaction);
    stun_add_fingerprint(&w);
    return stun_end(&w);
}

enum stun_due stun_client_due(struct stun_client *c, usec_t now, struct stun_answer *answer,
                              uint8_t request[static STUN_QUERY_SIZE], size_t *len)
{
    for (int i = 0; i < STUN_QUERIES_MAX; i++) {
        struct stun_query *q = &c->query[i];
        if (!q->used || q->due > now)
            continue;
        *answer = (struct stun_answer){.question = q->question, .outcome = STUN_OUTCOME_TIMEOUT};
        if (q->sent >= q->question.transmissions) {
            q->used = false;
            return STUN_DUE_ANSWER;
        }
        bool last = ++q->sent >= q->question.transmissions;
        q->due = now + (last ? STUN_LAST_WAIT * STUN_RTO : STUN_RTO << (q->sent - 1));
        *len = write_request(q, request);
        return STUN_DUE_SEND;
    }
    return STUN_DUE_NOTHING;
}

usec_t stun_client_deadline(const struct stun_client *c)
{
    usec_t at = USEC_NEVER;
    for (int i = 0; i < STUN_QUERIES_MAX; i++)
        if (c->query[i].used && c->query[i].due < at)
            at = c->query[i].due;
    return at;
}
