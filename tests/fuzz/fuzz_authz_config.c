/* SPDX-License-Identifier: Apache-2.0 */
/* A livekit.yaml with a section sluice.authz; the first line is the list of overrides. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/authz.h"
#include "common/config/authz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config_authz c;
    char err[CONFIG_ERROR_TEXT] = "";
    char *text = strndup((const char *)data, size), *body = text ? strchr(text, '\n') : NULL;
    memset(&c, 0, sizeof(c));
    if (body) {
        *body++ = 0;
        if (!strstr(body, "key_file") && !authz_read_file(&c, "fuzz", body, strlen(body), err) &&
            !*err)
            abort();
        if (c.n_homeservers > AUTHZ_HOMESERVERS || c.n_listen > AUTHZ_LISTENERS)
            abort();
    }
    if (text)
        config_authz_overrides(&c, text, err);
    free(text);
    return 0;
}
