/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/extension.h"

bool sdes_text_get(const struct rtp_extension *e, char *out, size_t cap)
{
    size_t len = e->len;
    while (len > 0 && e->data[len - 1] == 0)
        len--;
    if (len == 0 || len >= cap)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (e->data[i] < 0x21 || e->data[i] > 0x7e)
            return false;
    }
    memcpy(out, e->data, len);
    out[len] = 0;
    return true;
}
