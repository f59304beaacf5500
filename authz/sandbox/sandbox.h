/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights given up for good: user and groups, capabilities, new privileges, and every system call
 * that the service does not need.
 */
#ifndef SLUICE_AUTHZ_SANDBOX_SANDBOX_H
#define SLUICE_AUTHZ_SANDBOX_SANDBOX_H

#include <stdbool.h>

/* `user` NULL: stay who we are. False, with a line in the log, if a right could not be given up. */
bool sandbox_enter(const char *user);

#endif
