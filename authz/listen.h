/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where authz is reached: the addresses of LIVEKIT_JWT_BIND (":8080", "127.0.0.1:8080",
 * "[::1]:8080", "localhost:8080"), and the Unix socket authz.sock of the run directory, if there is
 * one.
 */
#ifndef SLUICE_AUTHZ_LISTEN_H
#define SLUICE_AUTHZ_LISTEN_H

#include "common/config/authz.h"
#include "control/http/http.h"

/* False, with a line in the log, if an address cannot be listened on. */
bool listen_all(struct http_server *s, const struct config_authz *c);

/* Addresses of a text; a missing host is both families. Returns how many of two; 0: not readable.
 */
size_t listen_addresses(const char *text, struct net_addr out[static 2]);

#endif
