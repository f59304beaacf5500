/* SPDX-License-Identifier: Apache-2.0 */
/* One ICE-TCP connection: reassembly, a bounded output buffer. Private to this directory. */
#ifndef SLUICE_DATAPLANE_TCP_CONNECTION_H
#define SLUICE_DATAPLANE_TCP_CONNECTION_H

#include "common/output.h"
#include "dataplane/ice/tcp_frame.h"
#include "dataplane/tcp/ice_tcp.h"

#include <sys/queue.h>

struct connection {
    int fd;
    struct net_path path;
    usec_t last_packet;
    bool wants_write; /* EPOLLOUT is asked for */
    bool broken;      /* to be closed at the end of the turn */
    struct tcp_framer in;
    struct output out; /* at most ICE_TCP_OUTPUT_MAX */
    LIST_ENTRY(connection) link;
};

/* Takes over fd, whose peer is `remote`. NULL if out of memory (fd is closed). */
struct connection *connection_create(int fd, const struct net_addr *remote, uint32_t id,
                                     usec_t now);
void connection_destroy(struct connection *c);

/* Reads what is there and gives each packet to `packet`; sets broken at end or error. Returns false
 * if the framing cannot be followed. */
bool connection_read(struct connection *c, usec_t now, const struct ice_tcp_handler *h);

/* Sends or buffers one framed packet; false if there is no room. */
bool connection_send(struct connection *c, const uint8_t *data, size_t len);

/* Sends what is buffered; sets broken on error. True if all went. */
bool connection_flush(struct connection *c);

#endif
