/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signalling between clients and the rooms, without sockets: messages in, messages out.
 *
 * One struct signalling serves all rooms; one struct signal_session is one WebSocket. A session
 * ends when its socket closes or when the room hangs up: signal_closed() then frees it.
 */
#ifndef SLUICE_CONTROL_SIGNAL_SIGNALLING_H
#define SLUICE_CONTROL_SIGNAL_SIGNALLING_H

#include "control/room/rooms.h"
#include "control/signal/join_request.h"

struct signalling;
struct signal_session;

/* The socket of a session. Neither function calls back. */
struct signal_io {
    void *ctx;
    void (*write)(void *ctx, bool binary, const void *data, size_t length);
    void (*close)(void *ctx); /* after what was written, with code 1000 */
    void (*drop)(void *ctx);  /* without a word */
};

/* NULL if out of memory. `config` as for rooms_init(). */
struct signalling *signalling_create(const struct rooms_config *config);
void signalling_destroy(struct signalling *g);

/* Where commands for the dataplane and events for webhooks go. The rest of room_output is the
 * signalling's own. */
struct signalling_output {
    void *ctx;
    void (*command)(void *ctx, Sluice__Link__Command *c);
    void (*event)(void *ctx, enum room_event e, const struct room *r, const struct participant *p,
                  const struct publication *t);
};
void signalling_set_output(struct signalling *g, const struct signalling_output *out);

struct rooms *signalling_rooms(struct signalling *g);

/* Who wants to join, and how. `settings` are those of the token, if it creates the room. */
struct signal_join {
    const struct claims *claims;
    const struct join_params *params;
    const struct room_settings *settings; /* may be NULL */
};

/* Why a join cannot be had; the HTTP status and body that say so. */
struct signal_refusal {
    int status; /* 0: none */
    const char *text;
};

/* Nothing is changed. */
struct signal_refusal signal_check(struct signalling *g, const struct signal_join *j, usec_t now);

/* Starts the session: sends `join` and what follows, or for a resume `reconnect`, or the `leave`
 * that sends the client to join anew. Never NULL; the socket may have been closed already. */
struct signal_session *signal_start(struct signalling *g, const struct signal_join *j,
                                    const struct signal_io *io, usec_t now);

/* One frame of the client. */
void signal_message(struct signal_session *s, bool binary, const void *data, size_t length,
                    usec_t now);

/* The socket is gone; frees s. */
void signal_closed(struct signal_session *s, usec_t now);

#endif
