/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claim roomConfig: settings that a token brings for a room that it creates.
 */
#ifndef SLUICE_CONTROL_SIGNAL_ROOM_CONFIG_H
#define SLUICE_CONTROL_SIGNAL_ROOM_CONFIG_H

#include "control/room/rooms.h"

/* What the settings point into. */
struct room_config_texts {
    char *metadata;
};

/* Reads the JSON (NULL: none). What is missing or makes no sense stays as configured. */
void room_config_read(const char *json, struct room_settings *s, struct room_config_texts *texts);
void room_config_free(struct room_config_texts *texts);

#endif
