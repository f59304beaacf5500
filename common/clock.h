/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. Engines never read a clock: they take `now` as an argument. Only the shells call these.
 */
#ifndef SLUICE_COMMON_CLOCK_H
#define SLUICE_COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds. Monotonic time is the `now` of every engine; 0 is never returned. */
typedef uint64_t usec_t;

/* "No deadline": later than any `now`. */
#define USEC_NEVER   UINT64_MAX
#define USEC_PER_MS  1000ULL
#define USEC_PER_SEC 1000000ULL

/* CLOCK_MONOTONIC in microseconds. */
static inline usec_t clock_monotonic(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

/* Unix time in microseconds. */
static inline usec_t clock_realtime(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

/* Unix microseconds as 32.32 NTP (RFC 5905 section 6). */
static inline uint64_t ntp_from_unix(usec_t unix_us)
{
    uint64_t sec = unix_us / USEC_PER_SEC + 2208988800ULL;
    uint64_t frac = ((unix_us % USEC_PER_SEC) << 32) / USEC_PER_SEC;
    return sec << 32 | frac;
}

#endif
