/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket between sluice-control and sluice-dataplane: SOCK_SEQPACKET on a Unix path, one
 * protobuf message (link.proto) per record. The dataplane listens; control connects, and connects
 * again when the other side went away. Never blocks: what the socket does not take is queued up to
 * LINK_QUEUE_MAX bytes, beyond that the link counts as broken.
 */
#ifndef SLUICE_COMMON_LINK_LINK_H
#define SLUICE_COMMON_LINK_LINK_H

#include "common/link/link.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_VERSION    1
#define LINK_RECORD_MAX 65536
#define LINK_QUEUE_MAX  (64u << 20)
#define LINK_ERROR_TEXT 256

struct link_record; /* a queued record */

struct link {
    int fd; /* -1: not connected */
    struct link_record *first, *last;
    size_t queued;   /* bytes */
    uint8_t *buffer; /* LINK_RECORD_MAX, for receiving and packing */
};

/* Listens on `path`; a socket left there by a dead process is replaced, one that answers is not.
 * `group` (or -1) may connect besides our own user. Returns a non-blocking descriptor, or -1 with
 * the reason in err. */
int link_listen(const char *path, int group, char err[static LINK_ERROR_TEXT]);

/* Accepts one connection; -1 if none waits. */
int link_accept(int listener);

/* Connects to `path`; -1 with errno set if nobody listens. */
int link_connect(const char *path);

/* Takes over a connected descriptor. False if out of memory (fd is closed). */
bool link_open(struct link *l, int fd);
void link_close(struct link *l);

/* Sends or queues one message; false if it is too large or the link is broken (close it). */
bool link_send(struct link *l, const ProtobufCMessage *message);

/* Sends what is queued as far as the socket takes it; false if broken. */
bool link_flush(struct link *l);
bool link_wants_write(const struct link *l);

/* One record into l->buffer: its length, 0 if none waits, -1 if the peer is gone or the record was
 * too large. */
long link_receive(struct link *l);

#endif
