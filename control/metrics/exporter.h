/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listener that Prometheus reads: any path, GET or HEAD, with a password if one is configured.
 */
#ifndef SLUICE_CONTROL_METRICS_EXPORTER_H
#define SLUICE_CONTROL_METRICS_EXPORTER_H

#include "control/metrics/collect.h"

struct exporter_config {
    const char *username, *password; /* both "": anybody may read */
    const char *stats_path;          /* of the dataplane's counters */
    struct metrics_sources sources;  /* but for `stats` */
};

struct exporter;

/* Listens at each of the addresses with this port, as far as they can be had; at least one must be.
 * `addresses` are numeric; none means all. NULL if that fails. Texts stay the caller's. */
struct exporter *exporter_create(struct loop *l, const struct exporter_config *config,
                                 const char (*addresses)[256], size_t count, uint16_t port);
void exporter_destroy(struct exporter *e);

/* Of the first listener. */
uint16_t exporter_port(const struct exporter *e);

#endif
