/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of configuration values as numbers. Pure functions; false if the text is nothing of the
 * kind.
 */
#ifndef SLUICE_COMMON_CONFIG_VALUE_H
#define SLUICE_COMMON_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"

/* true, yes, on, false, no, off, in any case. */
bool value_bool(const char *text, bool *out);

/* Decimal, with underscores between digits as YAML allows, and a sign. */
bool value_number(const char *text, int64_t *out);

/* A Go duration ("1h2m3.5s", "500ms", "0"), or a bare number of nanoseconds. Not negative. */
bool value_duration(const char *text, usec_t *out);

/* "7882" or "7882-7892" with first < last. */
bool value_ports(const char *text, uint16_t *first, uint16_t *last);

#endif
