/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server on loopback and clients that speak bytes to it, all in one thread: whoever waits for
 * bytes turns the server's loop.
 */
#ifndef SLUICE_TESTS_UNIT_HTTP_HARNESS_H
#define SLUICE_TESTS_UNIT_HTTP_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/http/http.h"

struct harness {
    struct loop *loop;
    struct http_server *server;
    uint16_t port;
};

/* Aborts the test if anything fails. */
void harness_open(struct harness *h, const struct http_config *cfg);
void harness_close(struct harness *h);

/* A connected non-blocking client socket. */
int harness_connect(struct harness *h);

/* Sends all, turning the loop while the socket takes nothing. False if the server closed. */
bool harness_send(struct harness *h, int fd, const void *data, size_t length);

/* Turns the loop until `fd` has something, and reads it. 0 at the end of the connection, -1 after
 * timeout_ms without a byte, -2 at a reset. */
long harness_read(struct harness *h, int fd, void *buf, size_t cap, unsigned timeout_ms);

/* Reads until the end of the connection, cap - 1 bytes, or `timeout_ms` without a byte; adds NUL.
 * Returns the bytes read. *ended tells whether the server closed. */
size_t harness_read_all(struct harness *h, int fd, char *buf, size_t cap, unsigned timeout_ms,
                        bool *ended);

/* Turns the loop for so long. */
void harness_wait(struct harness *h, unsigned ms);

/* One request on a connection of its own: what comes back, until nothing more does, in a static
 * buffer. */
const char *harness_exchange(struct harness *h, const char *request);

#endif
