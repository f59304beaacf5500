/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run: participants join, are measured, and leave.
 */
#ifndef SLUICE_BENCH_RUN_H
#define SLUICE_BENCH_RUN_H

#include "bench/sluice-bench/report.h"

/* Runs, prints a line per second to `progress` (NULL: none) and fills r up to report_finish().
 * SIGINT and SIGTERM end it early. False with a line in the log if it could not begin. */
bool run(struct report *r, FILE *progress);

#endif
