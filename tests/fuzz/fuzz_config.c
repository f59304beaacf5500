/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config standard, c;
    char err[CONFIG_ERROR_TEXT] = "";
    if (standard.port == 0)
        config_defaults(&standard, false);
    for (int strict = 0; strict < 2; strict++) {
        memcpy(&c, &standard, sizeof(c));
        bool ok = config_parse(&c, "fuzz", (const char *)data, size, strict == 1, err);
        if (!ok && !*err)
            abort();
        if (c.n_keys > CONFIG_KEYS || c.rtc.node_ip.n > CONFIG_LIST ||
            c.n_ignored > CONFIG_IGNORED || c.rtc.n_turn_servers > CONFIG_LIST)
            abort();
        config_check(&c, err);
    }
    return 0;
}
