/* SPDX-License-Identifier: Apache-2.0 */
/* The server's configuration, for commands that need more of it than the run directory. */
#ifndef SLUICE_TOOLS_SLUICECTL_CONFIGURATION_H
#define SLUICE_TOOLS_SLUICECTL_CONFIGURATION_H

#include "common/config/config.h"
#include "common/jwt/keys.h"
#include "tools/sluicectl/command.h"

#define CONFIGURATION_DEFAULT "/etc/sluice/livekit.yaml"

/* Where configuration_load() looks: "--config FILE", "$LIVEKIT_CONFIG", ... for people. */
const char *configuration_source(const struct invocation *v, char buf[static CONFIG_TEXT]);

/* Reads what the server reads: --config of the command, else $LIVEKIT_CONFIG, else the file above
 * if it is there; --dev; the environment. The struct is large: static or from malloc. */
bool configuration_load(const struct invocation *v, struct config *c,
                        char err[static CONFIG_ERROR_TEXT]);

/* The API keys, the one that signs first: --api-key and --api-secret, else LIVEKIT_API_KEY and
 * LIVEKIT_API_SECRET, else those of the configuration, else LIVEKIT_KEY and LIVEKIT_SECRET (what
 * sluice-authz takes). An --api-key alone chooses among those of the configuration. */
bool configuration_keys(const struct invocation *v, struct api_keys *keys,
                        char err[static CONFIG_ERROR_TEXT]);

#endif
