/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/discovery/well_known.h"

#include <jansson.h>
#include <string.h>

bool well_known_server(const char *body, size_t length, struct server_name *out)
{
    json_t *root = json_loadb(body, length, 0, NULL);
    const json_t *server = json_object_get(root, "m.server");
    bool ok = json_is_string(server) &&
              server_name_parse(json_string_value(server), json_string_length(server), out);
    json_decref(root);
    return ok;
}

bool well_known_client(const char *body, size_t length, char out[static BASE_URL_SIZE])
{
    json_t *root = json_loadb(body, length, 0, NULL);
    const json_t *url = json_object_get(json_object_get(root, "m.homeserver"), "base_url");
    size_t n = json_string_length(url);
    bool ok = n > 0 && n < BASE_URL_SIZE;
    if (ok) {
        const char *text = json_string_value(url);
        while (n > 0 && text[n - 1] == '/')
            n--;
        memcpy(out, text, n);
        out[n] = 0;
    }
    json_decref(root);
    return ok && n > 0;
}

struct delayed_events_support versions_delayed_events(const char *body, size_t length)
{
    json_t *root = json_loadb(body, length, 0, NULL);
    const json_t *features = json_object_get(root, "unstable_features");
    struct delayed_events_support s = {
        .known = json_is_array(json_object_get(root, "versions")),
        .any = json_is_true(json_object_get(features, "org.matrix.msc4140")),
        .stable = json_is_true(json_object_get(features, "org.matrix.msc4140.stable")),
    };
    json_decref(root);
    return s;
}
