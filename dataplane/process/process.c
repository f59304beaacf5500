/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/process/process.h"

#include "common/log.h"
#include "dataplane/dtls/dtls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_SLOTS 4096
#define EVENT_SLOTS   4096
#define PACKET_SLOTS  2048
#define PEER_SLOTS    4096

static bool create_rings(struct process *p, unsigned i)
{
    struct process_worker *w = &p->worker[i];
    struct media_rings *r = &w->rings;
    STAILQ_INIT(&w->waiting);
    r->commands = ring_create(COMMAND_SLOTS, sizeof(struct media_command));
    r->events = ring_create(EVENT_SLOTS, sizeof(struct media_event));
    r->packets_in = ring_create(PACKET_SLOTS, sizeof(struct packet_slot));
    r->packets_out = ring_create(PACKET_SLOTS, sizeof(struct packet_slot));
    r->session_bell = &p->bell;
    return doorbell_init(&w->bell) && r->commands && r->events && r->packets_in && r->packets_out;
}

/* One ring for each ordered pair of workers. */
static bool connect_peers(struct process *p)
{
    for (unsigned a = 0; a < p->workers; a++)
        for (unsigned b = 0; b < p->workers; b++) {
            if (a == b)
                continue;
            struct ring *r = ring_create(PEER_SLOTS, (uint32_t)media_peer_slot_size());
            if (!r)
                return false;
            p->worker[a].rings.to_peer[b] = r;
            p->worker[b].rings.from_peer[a] = r;
            p->worker[a].rings.peer_bells[b] = &p->worker[b].bell;
        }
    return true;
}

static bool create_media(struct process *p, const struct process_config *config)
{
    for (unsigned i = 0; i < p->workers; i++) {
        struct media_config m = config->media;
        m.worker = i;
        m.workers = p->workers;
        memcpy(m.ports, config->pktio.ports, sizeof(m.ports));
        m.sessions = config->sessions.transports;
        m.tracks = config->sessions.tracks;
        m.downtracks = config->sessions.subscriptions;
        m.stats = &p->stats;
        m.clock = clock_monotonic;
        p->worker[i].media =
            media_create(&m, pktio_worker(p->pktio, i), &p->worker[i].rings, p->worker[i].counters);
        if (!p->worker[i].media)
            return false;
    }
    return true;
}

static void by_path(void *context, const struct net_path *path, const uint8_t *data, size_t len)
{
    process_packet_by_path(context, path, data, len);
}

static void path_closed(void *context, const struct net_path *path)
{
    struct process *p = context;
    sessions_tcp_closed(p->sessions, path, clock_monotonic());
}

static bool create_tcp(struct process *p, const struct process_config *config,
                       char err[static PROCESS_ERROR_TEXT])
{
    const struct ice_tcp_handler h = {.context = p, .packet = by_path, .closed = path_closed};
    if (config->tcp_port == 0)
        return true;
    p->tcp = ice_tcp_open(config->tcp_port, config->pktio.ipv4, config->pktio.ipv6, &h,
                          &p->stats.block[p->workers], err);
    return p->tcp != NULL;
}

static bool create_turn(struct process *p, const struct process_config *config,
                        char err[static PROCESS_ERROR_TEXT])
{
    const struct turn_server_handler h = {.context = p, .packet = by_path, .closed = path_closed};
    struct turn_server_config c = config->turn;
    if (c.udp_port == 0 && c.tls_port == 0)
        return true;
    c.engine.workers = p->workers;
    memcpy(c.engine.ports, config->pktio.ports, sizeof(c.engine.ports));
    p->turn = turn_server_open(&c, &h, &p->stats.block[p->workers], err);
    return p->turn != NULL;
}

static bool create_sessions(struct process *p, const struct process_config *config)
{
    struct sessions_config c = config->sessions;
    struct sessions_output out = process_output(p);
    c.workers = p->workers;
    memcpy(c.ports, config->pktio.ports, sizeof(c.ports));
    c.tcp_port = config->tcp_port;
    c.backend = pktio_describe(p->pktio);
    for (unsigned i = 0; i < p->workers; i++)
        c.heard[i] = media_heard(p->worker[i].media);
    c.stats = &p->stats;
    p->sessions =
        sessions_create(&c, &out, p->dtls, &p->stats.block[p->workers], clock_monotonic());
    return p->sessions != NULL;
}

static bool create_pktio(struct process *p, const struct process_config *config,
                         char err[static PROCESS_ERROR_TEXT])
{
    struct pktio_config c = config->pktio;
    for (unsigned i = 0; i < p->workers; i++) {
        c.counters[i] = p->worker[i].counters;
        c.queues[i] = stats_at(&p->stats, STATS_QUEUES, i * STATS_QUEUES_PER_WORKER);
    }
    p->pktio = pktio_open(&c, err);
    return p->pktio != NULL;
}

static bool create_stats(struct process *p, const struct process_config *config,
                         char err[static PROCESS_ERROR_TEXT])
{
    const struct sessions_config *c = &config->sessions;
    const struct stats_sizes n = {.blocks = p->workers + 1,
                                  .rooms = c->participants,
                                  .participants = c->participants,
                                  .transports = c->transports,
                                  .tracks = c->tracks,
                                  .subscriptions = c->subscriptions};
    return stats_segment_create(&p->stats, config->stats_path, &n, err);
}

static bool create_stats_server(struct process *p, const struct process_config *config,
                                char err[static PROCESS_ERROR_TEXT])
{
    stats_text(p->stats.header->backend, STATS_BACKEND, pktio_describe(p->pktio));
    stats_text(p->stats.header->backend_reason, STATS_BACKEND, pktio_reason(p->pktio));
    if (!config->stats_socket)
        return true;
    p->stats_server = stats_thread_open(config->stats_socket, &p->stats, err);
    return p->stats_server != NULL;
}

static bool create_all(struct process *p, const struct process_config *config,
                       char err[static PROCESS_ERROR_TEXT])
{
    snprintf(err, PROCESS_ERROR_TEXT, "out of memory");
    if (!doorbell_init(&p->bell) || !create_stats(p, config, err))
        return false;
    for (unsigned i = 0; i < p->workers; i++) {
        p->worker[i].counters = &p->stats.block[i];
        if (!create_rings(p, i))
            return false;
    }
    if (!connect_peers(p) || !(p->dtls = dtls_context_create(err)) || !create_pktio(p, config, err))
        return false;
    snprintf(err, PROCESS_ERROR_TEXT, "out of memory");
    if (!create_media(p, config) || !create_sessions(p, config) || !create_tcp(p, config, err) ||
        !create_turn(p, config, err))
        return false;
    p->listener = link_listen(config->link_path, config->link_group, err);
    return p->listener >= 0 && create_stats_server(p, config, err);
}

bool process_start(struct process *p)
{
    for (unsigned i = 0; i < p->workers; i++) {
        struct process_worker *w = &p->worker[i];
        w->thread = worker_start(w->media, pktio_worker(p->pktio, i), &w->bell, i,
                                 stats_thread(&p->stats, i));
        if (!w->thread)
            return false;
    }
    return !p->stats_server || stats_thread_start(p->stats_server);
}

struct process *process_create(const struct process_config *config,
                               char err[static PROCESS_ERROR_TEXT])
{
    size_t whole = (sizeof(struct process) + RING_CACHE_LINE - 1) / RING_CACHE_LINE;
    struct process *p = aligned_alloc(RING_CACHE_LINE, whole * RING_CACHE_LINE);
    if (!p)
        return NULL;
    memset(p, 0, sizeof(*p));
    p->workers = config->pktio.workers;
    p->listener = -1;
    p->control.fd = -1;
    p->bell.fd = -1;
    for (unsigned i = 0; i < p->workers; i++)
        p->worker[i].bell.fd = -1;
    if (create_all(p, config, err))
        return p;
    process_destroy(p);
    return NULL;
}

static void destroy_rings(struct process *p)
{
    for (unsigned i = 0; i < p->workers; i++) {
        struct process_worker *w = &p->worker[i];
        while (w->rings.commands && !STAILQ_EMPTY(&w->waiting)) {
            struct waiting_command *wait = STAILQ_FIRST(&w->waiting);
            STAILQ_REMOVE_HEAD(&w->waiting, link);
            free(wait);
        }
        ring_destroy(w->rings.commands);
        ring_destroy(w->rings.events);
        ring_destroy(w->rings.packets_in);
        ring_destroy(w->rings.packets_out);
        for (unsigned b = 0; b < p->workers; b++)
            ring_destroy(w->rings.to_peer[b]);
        doorbell_close(&w->bell);
    }
}

void process_destroy(struct process *p)
{
    if (!p)
        return;
    stats_thread_close(p->stats_server);
    /* Sessions say goodbye through the workers, so they go first. */
    sessions_destroy(p->sessions);
    for (unsigned i = 0; i < p->workers; i++)
        if (p->worker[i].thread)
            worker_stop(p->worker[i].thread);
    for (unsigned i = 0; i < p->workers; i++)
        media_destroy(p->worker[i].media);
    link_close(&p->control);
    if (p->listener >= 0)
        close(p->listener);
    ice_tcp_close(p->tcp);
    turn_server_close(p->turn);
    if (p->pktio)
        pktio_close(p->pktio);
    dtls_context_destroy(p->dtls);
    destroy_rings(p);
    doorbell_close(&p->bell);
    stats_segment_close(&p->stats);
    free(p);
}
