/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal while something is drawn on it: raw keys, its other screen, no cursor. */
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_TERMINAL_H
#define SLUICE_TOOLS_SLUICECTL_TOP_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/clock.h"

/* Catches SIGINT, SIGTERM and SIGHUP also if there is no terminal. `drawing`: take it over. */
void terminal_open(bool drawing);
void terminal_close(void);

/* Standard output is a terminal, and so is standard input, of which keys are read. */
bool terminal_is_one(void);

void terminal_size(size_t *rows, size_t *columns);

enum terminal_event { TERMINAL_TIME, TERMINAL_KEY, TERMINAL_RESIZED, TERMINAL_END };

/* Waits until `deadline`, a key, another size, or a signal that ends us. */
enum terminal_event terminal_wait(usec_t deadline, char *key);

#endif
