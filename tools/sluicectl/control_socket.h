/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_TOOLS_SLUICECTL_CONTROL_SOCKET_H
#define SLUICE_TOOLS_SLUICECTL_CONTROL_SOCKET_H

#include <jansson.h>

/* Asks sluice-control over its Unix socket; `body` NULL: GET, else POST. A new reference, or NULL
 * after saying why on stderr. */
json_t *control_ask(const char *run_dir, const char *path, const char *body);

#endif
