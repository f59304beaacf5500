/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of all keys, and how a value becomes a member of struct config.
 */
#ifndef SLUICE_COMMON_CONFIG_SCHEMA_H
#define SLUICE_COMMON_CONFIG_SCHEMA_H

#include "common/config/config.h"

enum schema_type {
    SCHEMA_IGNORED, /* known to LiveKit, without effect here; any value */
    SCHEMA_BOOL,
    SCHEMA_NUMBER,   /* unsigned, of the member's size */
    SCHEMA_LIMIT,    /* the same; negative means unlimited, which is 0 */
    SCHEMA_DURATION, /* usec_t; as Go writes it: "500ms", "1m30s" */
    SCHEMA_TEXT,
    SCHEMA_LIST, /* of texts; one text is a list of one */
    SCHEMA_LEVEL,
    SCHEMA_BACKEND,
    SCHEMA_PORTS,   /* "7882" or "7882-7892" into udp_port_first and udp_port_last */
    SCHEMA_ADDRESS, /* addresses and host names, with commas */
    /* structures: not from one text */
    SCHEMA_KEYS,
    SCHEMA_CODECS,
    SCHEMA_TURN_SERVERS,
    SCHEMA_ELSEWHERE, /* read by another program; any value */
};

struct schema_key {
    const char *path;
    enum schema_type type;
    size_t offset, size;  /* of the member */
    const char *standard; /* default as text; NULL: zero or empty */
    uint64_t max;         /* of numbers; 0: what the member holds */
};

extern const struct schema_key schema_keys[];
extern const size_t schema_count;

#define SCHEMA_MAX    256
#define SCHEMA_REASON 160

/* The key with that path, or NULL. */
const struct schema_key *schema_find(const char *path);

/* True if keys begin with path and a dot. */
bool schema_is_section(const char *path);

/* True if the value is one text (or a list of one). */
bool schema_is_scalar(const struct schema_key *key);

/* Sets the member from text. False with a reason if it does not fit. */
bool schema_set(struct config *c, const struct schema_key *key, const char *text,
                char reason[static SCHEMA_REASON]);

/* Sets a number of key->size bytes at `at`. */
bool schema_set_number(void *at, const struct schema_key *key, const char *text,
                       char reason[static SCHEMA_REASON]);

/* Appends to a list. False with a reason if it is full or the text too long. */
bool schema_append(struct config_list *list, const char *text, char reason[static SCHEMA_REASON]);

/* Copies a text that must fit. */
bool schema_copy(char *out, size_t size, const char *text, char reason[static SCHEMA_REASON]);

/* Adds a key and its secret, or replaces the secret. */
bool schema_add_key(struct config *c, const char *key, const char *secret,
                    char reason[static SCHEMA_REASON]);

/* Notes a key without effect, once. */
void schema_note_ignored(struct config *c, const char *path);

#endif
