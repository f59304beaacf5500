/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test hooks of the clients (SimulateScenario).
 */
#ifndef SLUICE_CONTROL_SIGNAL_SIMULATE_H
#define SLUICE_CONTROL_SIGNAL_SIMULATE_H

#include "control/room/state.h"

/* p may be gone after. */
void simulate(struct participant *p, const Livekit__SimulateScenario *m, usec_t now);

#endif
