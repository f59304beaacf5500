/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSockets (RFC 6455) on requests of control/http/http.h. No extension and no subprotocol is
 * ever accepted: permessage-deflate is declined. Messages arrive whole; text is checked to be
 * UTF-8. A frame that breaks the protocol closes the socket with 1002 (or a close frame without
 * code, if the frame's header was beyond reading), bad UTF-8 with 1007, a message over the limit,
 * or of more than 1024 fragments, with 1009.
 */
#ifndef SLUICE_CONTROL_HTTP_WEBSOCKET_H
#define SLUICE_CONTROL_HTTP_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/http/http.h"

struct websocket;

/* Close codes of RFC 6455 section 7.4.1. */
enum {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_NO_STATUS = 1005, /* only told, never sent: the peer's close frame had no code */
    WEBSOCKET_ABNORMAL = 1006,  /* only told, never sent: the connection ended without a close */
    WEBSOCKET_POLICY = 1008,
    WEBSOCKET_TOO_BIG = 1009,
    WEBSOCKET_INTERNAL_ERROR = 1011,
};

struct websocket_events {
    /* A message. The bytes are valid during the call. */
    void (*message)(void *arg, bool binary, const uint8_t *data, size_t length);
    /* Told exactly once, last, never from inside a websocket_ function; the socket is gone. `code`
     * is what the peer's close frame said, or WEBSOCKET_NO_STATUS, or WEBSOCKET_ABNORMAL. */
    void (*closed)(void *arg, uint16_t code);
};

/* Zero selects the default of each. */
struct websocket_options {
    size_t message_max;      /* bytes of one incoming message; default 2 MiB */
    size_t output_max;       /* queued bytes at which a slow client is cut off; default 4 MiB */
    unsigned ping_ms;        /* a ping frame, empty, this often; default 10 s */
    unsigned close_grace_ms; /* from our close frame to the end of the connection; default 5 s */
};

/* True if the request is a proper opening handshake: GET, Upgrade, key, version 13. */
bool websocket_requested(struct http_request *r);

/* Answers 101 and takes the connection; the request is gone after. From the handler or later.
 * The first messages may be sent at once. NULL if the request is no handshake or memory is out:
 * then it has been answered (400 or 500). `events` is copied. */
struct websocket *websocket_accept(struct http_request *r, const struct websocket_options *options,
                                   const struct websocket_events *events, void *arg);

/* Queues one message; all that is queued in one turn of the loop goes out in one write. False if
 * it was dropped: the socket is closing, or the limit is passed (then it closes, abnormally). */
bool websocket_send(struct websocket *w, bool binary, const void *data, size_t length);

/* Sends what is queued, then a close frame, then ends the connection. `reason` may be NULL and is
 * cut at 123 bytes. No message is told after this. */
void websocket_close(struct websocket *w, uint16_t code, const char *reason);

/* Ends the connection without a word, as a network failure would. */
void websocket_drop(struct websocket *w);

/* Bytes queued and not yet taken by the kernel. */
size_t websocket_queued(const struct websocket *w);

/* The address of the TCP peer. */
struct net_addr websocket_peer(const struct websocket *w);

#endif
