/* SPDX-License-Identifier: Apache-2.0 */
/* What control tells the TURN server: who may use it, and which addresses are our own. */
#include "common/log.h"
#include "dataplane/process/process.h"

#define LIFETIME_MAX 86400 /* s */

static void set_peers(struct turn_engine *t, const Sluice__Link__TurnPeers *m)
{
    struct net_addr list[TURN_OWN_ADDRESSES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < m->n_peers && n < TURN_OWN_ADDRESSES_MAX; i++)
        if (m->peers[i]->port <= UINT16_MAX &&
            net_addr_parse(&list[n], m->peers[i]->ip, (uint16_t)m->peers[i]->port))
            n++;
    turn_set_own(t, list, n);
}

static void add_user(struct turn_engine *t, const Sluice__Link__TurnUser *m, usec_t now)
{
    size_t len = strlen(m->username);
    if (m->participant == 0 || len == 0 || len > STUN_USERNAME_MAX || m->key.len != TURN_KEY ||
        m->lifetime > LIFETIME_MAX) {
        log_warn("turn", "unusable credentials participant=%llu",
                 (unsigned long long)m->participant);
        return;
    }
    turn_add_user(t, m->participant, m->username, m->key.data, m->lifetime * USEC_PER_SEC, now);
}

bool process_turn_command(struct process *p, const Sluice__Link__Command *c, usec_t now)
{
    struct turn_engine *t = p->turn ? turn_server_engine(p->turn) : NULL;
    switch (c->body_case) {
    case SLUICE__LINK__COMMAND__BODY_SET_TURN_PEERS:
        if (t)
            set_peers(t, c->set_turn_peers);
        return true;
    case SLUICE__LINK__COMMAND__BODY_ADD_TURN_USER:
        if (t)
            add_user(t, c->add_turn_user, now);
        return true;
    default:
        return false;
    }
}

void process_turn_forget(struct process *p, uint64_t participant)
{
    if (p->turn)
        turn_forget(turn_server_engine(p->turn), participant);
}
