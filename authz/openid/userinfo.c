/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/openid/userinfo.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "authz/discovery/server_name.h"

enum cause userinfo_read(const char *body, size_t length, const char *server,
                         char out[static USER_ID_SIZE])
{
    json_t *root = json_loadb(body, length, 0, NULL);
    const json_t *sub = json_object_get(root, "sub");
    enum cause cause = CAUSE_BODY;
    if (json_is_string(sub)) {
        const char *domain = user_id_server(json_string_value(sub));
        bool matches = domain && strcmp(domain, server) == 0;
        cause = matches ? CAUSE_NONE : CAUSE_SUB_MISMATCH;
        if (matches)
            memcpy(out, json_string_value(sub), json_string_length(sub) + 1);
    }
    json_decref(root);
    return cause;
}

void percent_encode(const char *text, char *out, size_t size)
{
    static const char hex[] = "0123456789ABCDEF";
    char *end = out + size;
    for (const unsigned char *p = (const unsigned char *)text; *p && end - out > 3; p++) {
        if (isalnum(*p) || strchr("-._~", *p)) {
            *out++ = (char)*p;
            continue;
        }
        *out++ = '%';
        *out++ = hex[*p >> 4];
        *out++ = hex[*p & 15];
    }
    *out = 0;
}
