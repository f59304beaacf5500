/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of authz's configuration know of each other.
 */
#ifndef SLUICE_COMMON_CONFIG_AUTHZ_FILE_H
#define SLUICE_COMMON_CONFIG_AUTHZ_FILE_H

#include "common/config/authz.h"

/* Keys, key_file, logging, sluice.run_dir, sluice.user and sluice.authz of a livekit.yaml; the rest
 * of it is for others. */
bool authz_read_file(struct config_authz *c, const char *name, const char *body, size_t length,
                     char *err);

/* A document that is only a mapping of keys to secrets. */
bool authz_keys_text(struct config_authz *c, const char *name, const char *body, char *err);

/* The entry of that name, new if there is none. NULL if it does not fit. */
struct config_homeserver *authz_homeserver(struct config_authz *c, const char *name);

/* Names between commas and blanks. */
bool authz_full_access(struct config_authz *c, const char *text, char *err);

#endif
