/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_AUTHZ_HEALTHCHECK_H
#define SLUICE_AUTHZ_HEALTHCHECK_H

/* Asks /healthz of the service that listens at `bind` (as LIVEKIT_JWT_BIND; NULL: of that variable,
 * or
 * ":8080"). Returns the exit status: 0 if it answers 200. */
int healthcheck(const char *bind);

#endif
