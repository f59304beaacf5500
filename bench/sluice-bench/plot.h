/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run as a picture: packets, loss, latency and CPU over time, one panel each.
 */
#ifndef SLUICE_BENCH_PLOT_H
#define SLUICE_BENCH_PLOT_H

#include "bench/sluice-bench/report.h"

/* Writes a PNG. False if memory is out or the file cannot be written. */
bool plot_write(const struct report *r, const char *path);

#endif
