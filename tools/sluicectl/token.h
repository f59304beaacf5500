/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_TOOLS_SLUICECTL_TOKEN_H
#define SLUICE_TOOLS_SLUICECTL_TOKEN_H

#include <jansson.h>
#include <stdint.h>

#include "tools/sluicectl/command.h"

#define TOKEN_REASON 256

/* The claims that the options of `token create` ask for, in LiveKit's names, without the issuer. A
 * new object; NULL with a reason if they make no sense together. */
json_t *token_claims(const struct invocation *v, int64_t unix_now, char err[static TOKEN_REASON]);

#endif
