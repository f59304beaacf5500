/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of the token and delegation requests: read into a bounded structure and checked in the
 * order that clients rely on, before anything else is done.
 *
 * Lenient where clients vary: unknown fields are nothing, null is absence, names match in any case,
 * what follows the object is not looked at, `delay_timeout` may be a text of digits.
 */
#ifndef SLUICE_AUTHZ_TOKEN_REQUEST_H
#define SLUICE_AUTHZ_TOKEN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authz/token/names.h"

enum endpoint { ENDPOINT_SFU_GET, ENDPOINT_GET_TOKEN, ENDPOINT_DELEGATE };

#define REQUEST_BODY_MAX  (1u << 20)
#define REQUEST_TEXT      (NAMES_TEXT_MAX + 1)
#define REQUEST_TOKEN     4096
#define REQUEST_SERVER    264 /* a name of 255 bytes and a port */
#define REQUEST_DELAY_ID  256
#define DELAY_TIMEOUT_MAX (24 * 3600 * 1000ll) /* ms; longer ones count as this */

struct token_request {
    enum endpoint endpoint;
    char room_id[REQUEST_TEXT], slot_id[REQUEST_TEXT];
    char member_id[REQUEST_TEXT], claimed_user_id[REQUEST_TEXT];
    char device_id[REQUEST_TEXT]; /* claimed; "" is allowed on /sfu/get */
    char access_token[REQUEST_TOKEN], server_name[REQUEST_SERVER];
    char delay_id[REQUEST_DELAY_ID]; /* "": no delegation asked for */
    int64_t delay_timeout;           /* ms */
};

/* A refusal: HTTP status, Matrix errcode, text. All static. */
struct refusal {
    int status;
    const char *errcode, *error;
};

/* Fills *out. NULL, or why not. */
const struct refusal *token_request_read(enum endpoint endpoint, const char *body, size_t length,
                                         struct token_request *out);

#endif
