/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"
#include "dataplane/process/process.h"

#include <stdlib.h>
#include <string.h>

static bool put_command(struct process_worker *w, const struct media_command *c)
{
    struct media_command *slot = ring_reserve(w->rings.commands);
    if (!slot)
        return false;
    *slot = *c;
    ring_publish(w->rings.commands);
    return true;
}

static void command(void *context, unsigned worker, const struct media_command *c)
{
    struct process *p = context;
    struct process_worker *w = &p->worker[worker];
    w->told = true;
    if (STAILQ_EMPTY(&w->waiting) && put_command(w, c))
        return;
    struct waiting_command *wait = malloc(sizeof(*wait));
    if (!wait) {
        /* A worker that missed a command would be wrong for ever. */
        log_error("session", "out of memory for a command to worker=%u", worker);
        abort();
    }
    wait->command = *c;
    STAILQ_INSERT_TAIL(&w->waiting, wait, link);
}

static void put_packet(struct process *p, unsigned worker, const struct net_path *path,
                       handle_t session, bool to_peer, const uint8_t *data, size_t len)
{
    struct process_worker *w = &p->worker[worker];
    struct packet_slot *slot = len <= MEDIA_PACKET_MAX ? ring_reserve(w->rings.packets_in) : NULL;
    if (!slot) {
        counters_add(&p->stats.block[p->workers], COUNTER_DROP_RING_FULL, 1);
        return;
    }
    slot->path = *path;
    slot->session = session;
    slot->len = (uint16_t)len;
    slot->to_peer = to_peer;
    memcpy(slot->data, data, len);
    ring_publish(w->rings.packets_in);
    w->told = true;
}

static void packet(void *context, unsigned worker, const struct net_path *path, const uint8_t *data,
                   size_t len)
{
    struct process *p = context;
    if (!path->tcp)
        put_packet(p, worker, path, HANDLE_NONE, true, data, len);
    else
        process_send_by_path(p, path, data, len, clock_monotonic());
}

void process_send_by_path(struct process *p, const struct net_path *path, const uint8_t *data,
                          size_t len, usec_t now)
{
    if (path->tcp & NET_PATH_TURN) {
        if (p->turn)
            turn_server_send(p->turn, path, data, len, now);
    } else if (p->tcp) {
        ice_tcp_send(p->tcp, path, data, len);
    }
}

static void media_by_path(struct process *p, const struct net_path *path, const uint8_t *data,
                          size_t len)
{
    unsigned worker;
    handle_t session = sessions_tcp_session(p->sessions, path, &worker);
    if (session)
        put_packet(p, worker, path, session, false, data, len);
    else
        counters_add(&p->stats.block[p->workers], COUNTER_DROP_RTP_UNKNOWN_PEER, 1);
}

void process_packet_by_path(struct process *p, const struct net_path *path, const uint8_t *data,
                            size_t len)
{
    if (data[0] >= 128 && data[0] <= 191)
        media_by_path(p, path, data, len);
    else
        sessions_packet(p->sessions, path, data, len, clock_monotonic());
}

static void allow(void *context, unsigned worker, const struct net_path *path, bool allowed)
{
    struct process *p = context;
    pktio_allow(pktio_worker(p->pktio, worker), path, allowed);
}

static void event(void *context, const Sluice__Link__Event *e)
{
    struct process *p = context;
    if (p->control.fd >= 0 && !link_send(&p->control, &e->base)) {
        log_warn("link", "control does not read or is gone; disconnecting it");
        link_close(&p->control);
        sessions_control(p->sessions, false, clock_monotonic());
    }
}

struct sessions_output process_output(struct process *p)
{
    return (struct sessions_output){
        .context = p, .command = command, .packet = packet, .allow = allow, .event = event};
}

void process_flush(struct process *p)
{
    for (unsigned i = 0; i < p->workers; i++) {
        struct process_worker *w = &p->worker[i];
        while (!STAILQ_EMPTY(&w->waiting)) {
            struct waiting_command *wait = STAILQ_FIRST(&w->waiting);
            if (!put_command(w, &wait->command))
                break;
            STAILQ_REMOVE_HEAD(&w->waiting, link);
            free(wait);
        }
        if (w->told)
            doorbell_ring(&w->bell);
        w->told = !STAILQ_EMPTY(&w->waiting);
    }
}
