/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock that stands still unless the test moves it, for libraries that read the time themselves:
 * gettimeofday() of the whole program.
 */
#ifndef SLUICE_TESTS_UNIT_VIRTUAL_CLOCK_H
#define SLUICE_TESTS_UNIT_VIRTUAL_CLOCK_H

#include "common/clock.h"

extern usec_t virtual_now;

#endif
