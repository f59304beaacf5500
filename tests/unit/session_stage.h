/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session engine in virtual time, for tests: commands go in as control sends them, what it tells
 * workers and control is kept, and peers with real ICE checks and DTLS come by.
 */
#ifndef SLUICE_TESTS_UNIT_SESSION_STAGE_H
#define SLUICE_TESTS_UNIT_SESSION_STAGE_H

#include "common/link/link.h"
#include "dataplane/dtls/dtls.h"
#include "dataplane/ice/stun.h"
#include "dataplane/session/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COMMANDS_MAX 64
#define EVENTS_MAX   64
#define PACKETS_MAX  64

struct fixture {
    struct sessions *s;
    struct dtls_context *dtls;
    struct counters *counters;
    usec_t now;
    uint32_t heard[4]; /* packets of media of each transport */
    size_t n_commands, n_events, n_packets, n_allowed;
    struct media_command commands[COMMANDS_MAX];
    Sluice__Link__Event *events[EVENTS_MAX]; /* copies */
    struct {
        struct net_path path;
        size_t len;
        uint8_t data[1500];
    } packets[PACKETS_MAX];
};

/* For cmocka: *state becomes a struct fixture, and is freed. */
int stage_open(void **state);
int stage_close(void **state);

/* Forgets the events that were kept. */
void clear_events(struct fixture *f);

/* --- what control sends --- */

void send_command(struct fixture *f, const Sluice__Link__Command *c);
void open_participant_in(struct fixture *f, uint64_t id, uint64_t room);
void open_participant(struct fixture *f, uint64_t id);
void open_transport(struct fixture *f, uint64_t id, uint64_t participant, const char *ufrag);
void set_remote(struct fixture *f, uint64_t transport, struct dtls_context *peer);
void open_track(struct fixture *f, uint64_t id, uint64_t transport, uint32_t pt);
void open_subscription(struct fixture *f, uint64_t id, uint64_t track, uint64_t transport);
void close_participant(struct fixture *f, uint64_t id);
void hello(struct fixture *f, uint32_t version);

/* --- what came of it; NULL if nothing did --- */

const Sluice__Link__Event *last_event(const struct fixture *f);
const struct media_command *find_command(const struct fixture *f, enum media_command_type t);

/* --- peers --- */

struct net_path path_from(const char *ip, uint16_t port);
/* A check with `username` comes along the path. */
void check_connectivity(struct fixture *f, const struct net_path *path, const char *username,
                        bool nominate);
/* Both directions until the peer is done or nothing moves any more. */
void shake_hands(struct fixture *f, struct dtls *peer, const struct net_path *path);
/* Time goes by, deadline after deadline. */
void pass(struct fixture *f, usec_t time);
/* A peer with a nominated pair and a finished handshake; the caller frees it. */
struct dtls *connect_peer(struct fixture *f, struct dtls_context *peer_context,
                          const struct net_path *path);

#endif
