/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs all cases of count.h and prints a line "units name" for each. By itself it measures nothing:
 * see bench/instructions.
 */
#include "bench/micro/count.h"

#include <inttypes.h>
#include <stdio.h>

/* For the two functions by whose names callgrind switches: neither inlined nor cloned. */
#ifdef __clang__
#define KEPT __attribute__((noinline))
#else
#define KEPT __attribute__((noipa))
#endif

void KEPT count_call(count_fn *f, void *subject)
{
    f(subject);
}

void KEPT count_end(const char *name, uint64_t units)
{
    printf("%" PRIu64 " %s\n", units, name);
}

int main(void)
{
    count_forward();
    count_demux();
    count_rtcp();
    count_pools();
    count_srtp();
    count_frames();
    return 0;
}
