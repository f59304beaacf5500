/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights given up for good: user and groups, capabilities, new privileges, and every system call
 * that a running server of ours does not need (no execve, ptrace, mount, module loading, ...; a
 * refused call fails with EPERM).
 */
#ifndef SLUICE_COMMON_SANDBOX_SANDBOX_H
#define SLUICE_COMMON_SANDBOX_SANDBOX_H

#include <stdbool.h>

struct sandbox {
    const char *user;         /* to become, if root; NULL: stay who we are */
    bool keep_capabilities;   /* of the calling thread, if it stays root */
    const char *const *calls; /* allowed besides the common ones, NULL-terminated; may be NULL */
};

/* For the calling thread and all that exist or are started later; capabilities only for the calling
 * thread and later ones, unless the user changes. False, with a line in the log, if a right could
 * not be given up. */
bool sandbox_enter(const struct sandbox *s);

#endif
