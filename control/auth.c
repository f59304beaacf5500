/* SPDX-License-Identifier: Apache-2.0 */
#include "control/auth.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define BEARER "Bearer "

static void release(void *context)
{
    claims_free(context);
    free(context);
}

static bool refuse(struct http_request *r, const char *text)
{
    const char *path = http_path(r);
    if (strcmp(path, "/rtc/validate") == 0 || strcmp(path, "/rtc/v1/validate") == 0)
        http_allow_any_origin(r);
    http_respond_text(r, 401, text);
    return false;
}

/* Sets *token (at NULL: none). False if the header is malformed. */
static bool find_token(struct http_request *r, struct http_text *token)
{
    const char *header = http_header(r, "authorization");
    if (!header || !*header) {
        *token = http_form(r, "access_token");
        return true;
    }
    if (strncmp(header, BEARER, strlen(BEARER)) != 0)
        return false;
    token->at = header + strlen(BEARER);
    token->length = strlen(token->at);
    return true;
}

bool auth_guard(struct http_request *r, void *keys)
{
    struct http_text token = {0};
    if (!find_token(r, &token))
        return refuse(r, "invalid authorization header. Must start with " BEARER);
    if (!token.at || token.length == 0)
        return true;
    struct claims *claims = calloc(1, sizeof *claims);
    if (!claims) {
        http_respond_text(r, 500, "out of memory");
        return false;
    }
    int64_t now = (int64_t)(clock_realtime() / USEC_PER_SEC);
    char *wrong = token_verify(keys, token.at, token.length, now, claims);
    if (wrong) {
        free(claims);
        refuse(r, wrong);
        free(wrong);
        return false;
    }
    http_set_context(r, claims, release);
    return true;
}
