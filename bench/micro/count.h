/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting instructions: bench/instructions runs bench-instructions under callgrind, which looks
 * at nothing but what goes through count_call(), and starts a new account at each count_end().
 * Cases are deterministic, so that an account is the same in each run.
 */
#ifndef SLUICE_BENCH_MICRO_COUNT_H
#define SLUICE_BENCH_MICRO_COUNT_H

#include <stdint.h>

typedef void count_fn(void *subject);

/* Calls f(subject) on the account of the present case. */
void count_call(count_fn *f, void *subject);

/* Ends the account: it goes by this name, and is for so many packets or operations. */
void count_end(const char *name, uint64_t units);

/* The cases, by what they are about. */
void count_forward(void);
void count_demux(void);
void count_rtcp(void);
void count_pools(void);
void count_srtp(void);
void count_frames(void);

#endif
