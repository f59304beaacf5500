/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams of a stranger: each is two bytes of length and that many bytes. */
#include "dataplane/dtls/dtls.h"

#include "common/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dtls_context *context;
    char err[DTLS_ERROR_TEXT];
    if (!context && !(context = dtls_context_create(err)))
        abort();
    if (size == 0)
        return 0;
    usec_t now = USEC_PER_SEC;
    struct dtls *d = dtls_create(context, data[0] & 1, NULL, now);
    if (!d)
        abort();
    struct reader r = reader_of(data + 1, size - 1);
    while (reader_left(&r) > 2) {
        size_t len = read_be16(&r) % 1500u;
        len = len < reader_left(&r) ? len : reader_left(&r);
        uint8_t buf[DTLS_INPUT_MAX];
        dtls_input(d, read_bytes(&r, len), len, now);
        while (dtls_output(d, buf) > 0) {
        }
        if (dtls_read(d, buf, sizeof(buf)) > 0)
            abort();
        if (dtls_state(d) == DTLS_CONNECTED)
            abort();
    }
    dtls_destroy(d);
    return 0;
}
