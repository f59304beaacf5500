/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times in HTTP headers.
 */
#ifndef SLUICE_AUTHZ_OUTBOUND_LIFETIME_H
#define SLUICE_AUTHZ_OUTBOUND_LIFETIME_H

#include <stdbool.h>
#include <stdint.h>

/* How many seconds an answer may be kept (RFC 9111): max-age of Cache-Control, else Expires. 0 if
 * it may not be kept or says nothing; *said tells which. Either text may be NULL. */
uint64_t lifetime_seconds(const char *cache_control, const char *expires, int64_t unix_now,
                          bool *said);

/* Retry-After: seconds or an HTTP date. Negative if it is neither. */
int64_t retry_after_seconds(const char *value, int64_t unix_now);

#endif
