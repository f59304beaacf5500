/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that are for sluice-authz, handed on to its Unix socket `authz.sock` in the run
 * directory: so one port serves the SFU and its authorisation service. While authz is not there (it
 * is being started anew), requests wait for it for some seconds: clients take a 5xx for the last
 * word.
 */
#ifndef SLUICE_CONTROL_PROXY_PROXY_H
#define SLUICE_CONTROL_PROXY_PROXY_H

#include "control/http/http.h"

struct proxy;

/* Adds its routes to `s`, before others that match the same paths. NULL if memory is out. */
struct proxy *proxy_create(struct loop *l, struct http_server *s, const char *run_dir);

/* After http_server_destroy(). */
void proxy_destroy(struct proxy *p);

/* True if the path is one of those; their Authorization is not for us to check. */
bool proxy_handles(const char *path);

#endif
