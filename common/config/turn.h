/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_COMMON_CONFIG_TURN_H
#define SLUICE_COMMON_CONFIG_TURN_H

#include "common/config/config.h"

/* What is wrong with the section `turn`; NULL if nothing, or if it is not enabled. */
const char *config_turn_wrong(const struct config *c);

#endif
