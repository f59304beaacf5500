/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of an answer, put together field by field. Running out of memory leaves fields out.
 */
#ifndef SLUICE_COMMON_STATS_LINE_H
#define SLUICE_COMMON_STATS_LINE_H

#include "common/clock.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* {"kind":kind}; a new reference. */
json_t *line_new(const char *kind);

/* Text that is not UTF-8 becomes "?". NULL and "" are put as "". */
void line_text(json_t *o, const char *key, const char *text);
/* The same, but left out if it is NULL or "". */
void line_name(json_t *o, const char *key, const char *text);
void line_count(json_t *o, const char *key, uint64_t n);
void line_number(json_t *o, const char *key, double n);
void line_flag(json_t *o, const char *key, bool flag);
/* Takes the reference over. */
void line_put(json_t *o, const char *key, json_t *value);

/* A time of clock_monotonic() as Unix time; left out if it is 0. */
void line_time(json_t *o, const char *key, usec_t monotonic);

/* What the process needs: "memory_bytes" (resident), "cpu_us". */
void line_resources(json_t *o);

#endif
