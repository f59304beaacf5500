/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical JSON (Matrix specification, appendix "Canonical JSON") of what tokens are derived from:
 * an array of texts. No blanks; only `"`, `\` and control characters are escaped; the rest is UTF-8
 * as it is.
 */
#ifndef SLUICE_AUTHZ_TOKEN_CANONICAL_H
#define SLUICE_AUTHZ_TOKEN_CANONICAL_H

#include <stddef.h>

/* Room for the array of `count` texts of together `bytes` bytes, with NUL. */
#define CANONICAL_SIZE(count, bytes) (6 * (bytes) + 3 * (count) + 3)

/* Writes the array with NUL. `out` must have CANONICAL_SIZE bytes. Returns the length. */
size_t canonical_array(const char *const *texts, size_t count, char *out);

#endif
