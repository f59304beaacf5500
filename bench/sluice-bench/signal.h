/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signalling connection of one participant: a WebSocket, and a dialect that is spoken on it.
 */
#ifndef SLUICE_BENCH_SIGNAL_H
#define SLUICE_BENCH_SIGNAL_H

#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a dialect does; `self` is its own state. */
struct signal_dialect {
    const char *protocol; /* WebSocket subprotocol, whose messages are texts; NULL: binary */
    usec_t ping_interval;
    void (*message)(void *self, const uint8_t *data, size_t len);
    void (*ping)(void *self);
    void (*leave)(void *self);
    void (*destroy)(void *self);
};

struct signal;

/* Asks for `target` (path and query). Takes `self` over, also on failure: NULL if memory is out. */
struct signal *signal_open(const struct signal_dialect *dialect, void *self, const char *host,
                           uint16_t port, const char *target);
void signal_destroy(struct signal *g);

/* One message. */
void signal_write(struct signal *g, const uint8_t *data, size_t len);
void *signal_self(struct signal *g);

/* Bytes of the connection. False once it is of no more use: signal_error() says why. */
bool signal_input(struct signal *g, const uint8_t *data, size_t len, usec_t now);
const uint8_t *signal_output(struct signal *g, size_t *len);
void signal_written(struct signal *g, size_t n);
const char *signal_error(const struct signal *g);

/* Says goodbye and closes. */
void signal_leave(struct signal *g);

/* Pings; the first deadline is known from the first input on. */
usec_t signal_deadline(const struct signal *g);
void signal_run(struct signal *g, usec_t now);

#endif
