/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/http/response_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct response_head head;
    struct response_header h;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    if (response_head_parse(text, size, &head) == RESPONSE_COMPLETE) {
        size_t at = head.headers;
        if (head.length > size || head.status < 200 || head.status > 599)
            abort();
        while (response_head_next(text, &at, &h)) {
            if (h.name_length == 0 || h.value + h.value_length > text + head.length)
                abort();
        }
        if (at > head.length)
            abort();
    }
    free(text);
    return 0;
}
