/* SPDX-License-Identifier: Apache-2.0 */
/* One client's connection: TLS or plain TCP, reassembly, a bounded output buffer. Private to this
 * directory. */
#ifndef SLUICE_DATAPLANE_TURN_STREAM_H
#define SLUICE_DATAPLANE_TURN_STREAM_H

#include "common/output.h"
#include "dataplane/turn/allocation.h"
#include "dataplane/turn/source.h"
#include "dataplane/turn/stream_frame.h"

#include <openssl/ssl.h>

struct stream {
    struct source source;
    struct turn_client client;
    SSL *ssl; /* NULL: plain */
    usec_t last_message;
    bool wants_write; /* EPOLLOUT is asked for */
    bool broken;      /* to be closed at the end of the turn */
    bool bad;         /* what came cannot be followed */
    struct stream_framer in;
    struct output out; /* at most TURN_SERVER_OUTPUT_MAX */
    LIST_ENTRY(stream) link;
};

typedef void stream_message(void *context, struct stream *s, const uint8_t *data, size_t len);

/* Takes over fd, whose peer is `remote`. NULL if out of memory (fd is closed). */
struct stream *stream_create(int fd, const struct net_addr *remote, uint32_t id, SSL_CTX *tls,
                             usec_t now);
void stream_destroy(struct stream *s);

/* Reads what is there and hands out each message; sets broken at end or error. */
void stream_read(struct stream *s, usec_t now, stream_message *message, void *context);

/* Sends or buffers one message; false if there is no room. */
bool stream_send(struct stream *s, const uint8_t *data, size_t len);

/* Sends what is buffered; sets broken on error. */
void stream_flush(struct stream *s);

/* True if it waits for room in the socket. */
bool stream_is_waiting(const struct stream *s);

/* True if the TLS handshake is over, or there is none. */
bool stream_is_established(const struct stream *s);

#endif
