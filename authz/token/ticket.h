/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens for the SFU (RFC 7519, HS256). The payload is written in such a way that its base64url
 * form has neither '-' nor '_' and decodes to ASCII: Element Call reads it with atob().
 */
#ifndef SLUICE_AUTHZ_TOKEN_TICKET_H
#define SLUICE_AUTHZ_TOKEN_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#define TICKET_VALID_S 3600

struct ticket {
    const char *key, *secret;
    const char *identity; /* sub; NULL: none */
    const char *room;     /* NULL: none */
    bool join;            /* roomJoin with canSubscribe, and what follows */
    bool can_publish, can_update_own_metadata;
    bool room_create, room_admin;
    int64_t now; /* Unix seconds */
    unsigned valid_s;
};

/* A token from malloc, or NULL. */
char *ticket_sign(const struct ticket *t);

/* The payload's text alone, from malloc: pure ASCII without '>', '?', '~' and DEL. */
char *ticket_payload(const struct ticket *t);

#endif
