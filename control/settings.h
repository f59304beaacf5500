/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configuration means for rooms.
 */
#ifndef SLUICE_CONTROL_SETTINGS_H
#define SLUICE_CONTROL_SETTINGS_H

#include "common/config/config.h"
#include "control/room/rooms.h"

#define SETTINGS_URL_MAX (CONFIG_TEXT + 32)

struct settings {
    struct rooms_config rooms; /* points into this structure and the configuration */
    struct ice_server ice[2 * CONFIG_LIST + 4];
    char urls[2 * CONFIG_LIST + 4][SETTINGS_URL_MAX];
};

/* Replaces `keys` by those of the configuration, all at once. */
void settings_read_keys(struct api_keys *keys, const struct config *c);

/* `keys` stay the caller's. */
void settings_read(struct settings *s, const struct config *c, const struct api_keys *keys);

#endif
