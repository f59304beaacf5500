/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dataplane's statistics as the source of a stats socket. Only reads, and holds nothing but the
 * answer that it is at.
 */
#ifndef SLUICE_DATAPLANE_STATS_ANSWER_H
#define SLUICE_DATAPLANE_STATS_ANSWER_H

#include "common/stats/segment.h"
#include "common/stats/source.h"

/* `s` outlives it; it may be mapped read-only. */
struct stats_source answer_source(const struct stats_segment *s);

#endif
