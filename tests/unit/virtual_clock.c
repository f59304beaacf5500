/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/virtual_clock.h"

#include <sys/time.h>

usec_t virtual_now = 1000 * USEC_PER_SEC;

/* Takes the place of the C library's, for shared libraries too. */
int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    (void)tz;
    tv->tv_sec = (time_t)(virtual_now / USEC_PER_SEC);
    tv->tv_usec = (suseconds_t)(virtual_now % USEC_PER_SEC);
    return 0;
}
