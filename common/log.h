/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging: one line per event on standard error, `time level component message key=value ...`, or
 * one JSON object per line. Thread-safe: a line is one write. Never called per packet.
 */
#ifndef SLUICE_COMMON_LOG_H
#define SLUICE_COMMON_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Sets what is printed; `program` (static storage) begins each line. Call before threads start. */
void log_setup(const char *program, enum log_level least, bool json);

/* "debug", "info", "warn"/"warning", "error". False if unknown. */
bool log_level_parse(const char *text, enum log_level *out);

/* Prints one line. `component` is the directory or subject ("ice", "signal"). */
void log_line(enum log_level level, const char *component, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

bool log_enabled(enum log_level level);

#define log_debug(...)                                                                             \
    (log_enabled(LOG_LEVEL_DEBUG) ? log_line(LOG_LEVEL_DEBUG, __VA_ARGS__) : (void)0)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
