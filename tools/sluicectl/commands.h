/* SPDX-License-Identifier: Apache-2.0 */
/* One description per file. */
#ifndef SLUICE_TOOLS_SLUICECTL_COMMANDS_H
#define SLUICE_TOOLS_SLUICECTL_COMMANDS_H

#include "tools/sluicectl/command.h"

extern const struct command command_top, command_rooms, command_room, command_participant,
    command_stats, command_events, command_address, command_token_create, command_doctor,
    command_doctor_matrix, command_completion;

#endif
