/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stage and the three who play on it, for test programs of signalling.
 */
#ifndef SLUICE_TESTS_UNIT_SIGNAL_CAST_H
#define SLUICE_TESTS_UNIT_SIGNAL_CAST_H

#include "tests/unit/signal_stage.h"

extern struct stage stage;
extern struct actor alice, bob, carol;

/* For cmocka: an open stage; nobody has joined yet. */
int cast_open(void **state);
int cast_close(void **state);

#endif
