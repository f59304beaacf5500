/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/http/answer.h"

#include <stdlib.h>
#include <string.h>

static const char json[] = "application/json";

void answer_json(struct http_request *r, int status, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT | JSON_ENSURE_ASCII);
    size_t length = text ? strlen(text) : 0;
    json_decref(body);
    if (!text) {
        answer_empty(r, 500);
        return;
    }
    text[length] = '\n'; /* in place of the NUL */
    http_respond(r, status, json, text, length + 1);
    free(text);
}

void answer_refusal(struct http_request *r, const struct refusal *why)
{
    answer_json(r, why->status,
                json_pack("{s:s, s:s}", "errcode", why->errcode, "error", why->error));
}

void answer_empty(struct http_request *r, int status)
{
    http_respond(r, status, json, NULL, 0);
}
