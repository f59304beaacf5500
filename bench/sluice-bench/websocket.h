/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WebSocket client (RFC 6455): bytes of a connection in, bytes out.
 */
#ifndef SLUICE_BENCH_WEBSOCKET_H
#define SLUICE_BENCH_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WS_MESSAGE_MAX (4u << 20) /* longest message that is taken */
#define WS_ERROR_TEXT  200

struct ws_client;

/* One whole message, valid during the call. ws_client_destroy() is not allowed in it. */
typedef void ws_message_fn(void *user, const uint8_t *data, size_t len);

/* Asks for `target` (path and query) right away: see ws_client_output(). With a subprotocol its
 * messages are texts, without (NULL) they are binary. NULL if memory is out. */
struct ws_client *ws_client_create(const char *host, uint16_t port, const char *target,
                                   const char *protocol, ws_message_fn *message, void *user);
void ws_client_destroy(struct ws_client *w);

/* False once the connection is of no more use: refused, broken or closed; see ws_client_error(). */
bool ws_client_input(struct ws_client *w, const uint8_t *data, size_t len);

/* Queues a message, also before the server has agreed. False if the connection is of no use. */
bool ws_client_send(struct ws_client *w, const uint8_t *data, size_t len);
void ws_client_close(struct ws_client *w);

/* Bytes to write, and how many of them were written. */
const uint8_t *ws_client_output(struct ws_client *w, size_t *len);
void ws_client_written(struct ws_client *w, size_t n);

const char *ws_client_error(const struct ws_client *w); /* "" if there is none */

#endif
