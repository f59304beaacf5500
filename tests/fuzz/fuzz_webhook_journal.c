/* SPDX-License-Identifier: Apache-2.0 */
/* A journal's bytes. The checksum would end most inputs at once, so records are rebuilt from
 * pieces: each is a length byte and contents. */
#include "common/bytes.h"
#include "control/webhook/event.h"
#include "control/webhook/journal.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *ctx, const struct journal_event *e)
{
    uint64_t *last = ctx;
    if (e->number <= *last && *last != 0)
        abort();
    *last = e->number;
    if (strlen(e->room) > UINT16_MAX)
        abort();
    free(webhook_event_body(e->event, e->size, 1));
}

static size_t with_sums(const uint8_t *data, size_t size, uint8_t *out)
{
    size_t n = 0;
    while (size > 0) {
        size_t length = data[0] < size - 1 ? data[0] : size - 1;
        be32_put(out + n, (uint32_t)length);
        be32_put(out + n + 4, (uint32_t)crc32(0, data + 1, (uInt)length));
        memcpy(out + n + 8, data + 1, length);
        n += 8 + length;
        data += 1 + length;
        size -= 1 + length;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint64_t urls[2] = {1, journal_url_hash("http://b/")};
    uint64_t last = 0;
    const struct journal_reader reader = {urls, 2, take, &last};
    if (journal_parse(&reader, data, size) > size)
        abort();
    uint8_t *records = malloc(9 * size + 9);
    size_t n = with_sums(data, size, records);
    last = 0;
    journal_parse(&reader, records, n);
    free(records);
    return 0;
}
