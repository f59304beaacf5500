/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to a settled association, first as they are and then as the content of a real record
 * that is damaged in one place: nothing that was not sealed may be opened. */
#include "dataplane/dtls/records.h"

#include <stdlib.h>
#include <string.h>

#define CONTENT_MAX 1500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct records keyed(unsigned which)
{
    if (which % 2)
        return (struct records){EVP_chacha20_poly1305(), 0, .key_length = 32, .iv_length = 12};
    return (struct records){EVP_aes_128_gcm(), 8, .key_length = 16, .iv_length = 4};
}

static void open_all(struct records *r, const uint8_t *data, size_t size)
{
    uint8_t out[CONTENT_MAX + RECORD_OVERHEAD], type;
    size_t n, len;
    while ((n = records_open(r, data, size, &type, out, &len)) > 0) {
        if (n > size || (type && len > n))
            abort();
        data += n;
        size -= n;
    }
}

static void open_damaged(struct records *r, const uint8_t *data, size_t size, size_t at, uint8_t by)
{
    uint8_t record[CONTENT_MAX + RECORD_OVERHEAD], out[sizeof(record)], type;
    size_t len, n = records_seal(r, RECORD_DATA, data, size, record);
    if (n == 0)
        abort();
    record[at % n] ^= by;
    bool harmless = by == 0;
    records_open(r, record, n, &type, out, &len);
    if (harmless != (type == RECORD_DATA && len == size && memcmp(out, data, size) == 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4 || size > CONTENT_MAX)
        return 0;
    struct records r = keyed(data[0]);
    open_all(&r, data + 1, size - 1);
    r = keyed(data[0]);
    open_damaged(&r, data + 4, size - 4, (size_t)data[1] << 8 | data[2], data[3]);
    return 0;
}
