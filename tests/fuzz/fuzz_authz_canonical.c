/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical JSON: what is written reads back as the same texts. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authz/token/canonical.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = strndup((const char *)data, size), *second = copy ? strchr(copy, '\n') : NULL;
    if (!copy)
        return 0;
    if (second)
        *second++ = 0;
    const char *texts[] = {copy, second ? second : ""};
    size_t bytes = strlen(texts[0]) + strlen(texts[1]);
    char *out = malloc(CANONICAL_SIZE(2, bytes));
    if (!out || canonical_array(texts, 2, out) != strlen(out))
        abort();
    json_t *back = json_loads(out, 0, NULL); /* NULL: it was not UTF-8 */
    for (size_t i = 0; back && i < 2; i++) {
        if (strcmp(json_string_value(json_array_get(back, i)), texts[i]) != 0)
            abort();
    }
    json_decref(back);
    free(out);
    free(copy);
    return 0;
}
