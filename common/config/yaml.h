/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document into struct config (libyaml does the syntax).
 */
#ifndef SLUICE_COMMON_CONFIG_YAML_H
#define SLUICE_COMMON_CONFIG_YAML_H

#include "common/config/config.h"

#define YAML_BODY_MAX (1u << 20)

struct yaml_options {
    const char *name;  /* of the source, for errors */
    bool strict;       /* unknown keys are errors; else they are noted as ignored */
    bool secret_files; /* rtc.turn_servers[].secret_file may be read */
};

/* What a document has said, beyond struct config. */
struct yaml_given {
    bool keys;
    uint16_t range_first, range_last, mux_first, mux_last; /* ports; 0: not given */
};

bool yaml_read(struct config *c, const char *body, size_t length, const struct yaml_options *o,
               struct yaml_given *given, char err[static CONFIG_ERROR_TEXT]);

/* A document that is only a mapping of keys to secrets (--keys, a key file); adds to the list. */
bool yaml_read_keys(struct config *c, const char *body, size_t length, const char *name,
                    char err[static CONFIG_ERROR_TEXT]);

#endif
