/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/commands.h"

const struct command *const commands[] = {
    &command_top,    &command_rooms,         &command_room,       &command_participant,
    &command_stats,  &command_events,        &command_address,    &command_token_create,
    &command_doctor, &command_doctor_matrix, &command_completion, NULL,
};

const struct command_option common_options[] = {
    {"run-dir", "DIR", "where sluice keeps its sockets [$SLUICE_RUN_DIR, /run/sluice]",
     COMPLETE_DIRECTORY},
    {"json", NULL, "JSON instead of words", COMPLETE_NOTHING},
    {"help", NULL, "this text", COMPLETE_NOTHING},
    {0},
};
