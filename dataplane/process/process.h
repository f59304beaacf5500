/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell around the engines: what a dataplane process is made of, and how its threads are tied
 * together. One session thread (the main one), and a media worker per core:
 *
 *   session thread  commands, packets_in  ->  worker      (rings, doorbell of the worker)
 *                   events, packets_out   <-              (rings, one doorbell of the session
 * thread) worker          from_peer / to_peer   <-> worker      (rings)
 */
#ifndef SLUICE_DATAPLANE_PROCESS_PROCESS_H
#define SLUICE_DATAPLANE_PROCESS_PROCESS_H

#include "common/link/link.h"
#include "common/stats/segment.h"
#include "dataplane/media/media.h"
#include "dataplane/session/session.h"
#include "dataplane/stats/thread.h"
#include "dataplane/tcp/ice_tcp.h"
#include "dataplane/turn/server.h"

#include <sys/queue.h>

struct dtls_context;

#define PROCESS_ERROR_TEXT 512

struct process_config {
    struct pktio_config pktio;       /* counters are filled in here */
    struct media_config media;       /* worker, workers and ports are filled in here */
    struct sessions_config sessions; /* workers, ports, tcp_port, backend likewise */
    uint16_t tcp_port;
    struct turn_server_config turn; /* without ports: no TURN; media ports are filled in here */
    const char *link_path, *stats_path;
    const char *stats_socket; /* NULL: none */
    int link_group;           /* may connect besides us; -1: nobody */
};

/* A command that found its worker's ring full. */
struct waiting_command {
    STAILQ_ENTRY(waiting_command) link;
    struct media_command command;
};

struct process_worker {
    struct media *media;
    struct worker *thread;
    struct media_rings rings;
    struct doorbell bell;
    struct counters *counters;
    STAILQ_HEAD(, waiting_command) waiting;
    bool told; /* something was put into its rings: ring the bell at the end of the turn */
};

struct process {
    unsigned workers;
    struct process_worker worker[PKTIO_WORKERS_MAX];
    struct doorbell bell; /* of the session thread */
    struct stats_thread_server *stats_server;
    struct stats_segment stats; /* blocks: workers', then the session thread's */
    struct pktio_set *pktio;
    struct dtls_context *dtls;
    struct sessions *sessions;
    struct ice_tcp *tcp;
    struct turn_server *turn; /* NULL: off */
    int listener;             /* for control */
    struct link control;      /* fd -1: none connected */
};

/* Builds everything that needs rights: sockets, programs, memory. NULL and the reason on failure;
 * nothing stays behind. */
struct process *process_create(const struct process_config *config,
                               char err[static PROCESS_ERROR_TEXT]);
void process_destroy(struct process *p);

/* Starts the workers' threads. False if the kernel gives none. */
bool process_start(struct process *p);

/* Runs the session thread's loop until a byte can be read from stop_fd. */
void process_run(struct process *p, int stop_fd);

/* ---- shared by the files of this directory ---- */

/* output.c: what the session engine says goes to workers, TCP and control. */
struct sessions_output process_output(struct process *p);
/* Hands workers what waits and rings the bells of those that were told something. */
void process_flush(struct process *p);
/* A datagram that did not come through a worker but by ICE-TCP or TURN: RTP and RTCP go to their
 * session's worker. */
void process_packet_by_path(struct process *p, const struct net_path *path, const uint8_t *data,
                            size_t len);
/* The other way: path->tcp names the connection or allocation. */
void process_send_by_path(struct process *p, const struct net_path *path, const uint8_t *data,
                          size_t len, usec_t now);

/* turn.c: false if the command of control is not for the TURN server. */
bool process_turn_command(struct process *p, const Sluice__Link__Command *c, usec_t now);

/* A participant is gone. */
void process_turn_forget(struct process *p, uint64_t participant);

/* control.c: the connection to sluice-control. */
void control_accept(struct process *p);
void control_read(struct process *p, usec_t now);
void control_write(struct process *p);

#endif
