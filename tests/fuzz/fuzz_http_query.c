/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *in = malloc(size + 1), *out = malloc(size + 2);
    const char *value;
    size_t length;
    if (!in || !out)
        abort();
    memcpy(in, data, size);
    size_t before = query_path(in, size, out);
    if (before != QUERY_BAD && (before > size || out[0] != '/'))
        abort();
    if (query_find(in, size, "access_token", &value, &length)) {
        if (value < in || value + length > in + size)
            abort();
        size_t n = query_decode(value, length, true, out);
        if (n != QUERY_BAD && (n > length || strlen(out) != n))
            abort();
    }
    free(in);
    free(out);
    return 0;
}
