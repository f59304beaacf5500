/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes of a client of a stats socket, in any portions, with time passing between them. */
#include "common/stats/conversation.h"

#include "tests/unit/stats_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_some(struct conversation *c, size_t most)
{
    const uint8_t *out;
    size_t len = conversation_output(c, &out);
    len = len < most ? len : most;
    if (len > 0)
        conversation_sent(c, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rows rows = {.lines = 3, .size = 20, .newest = 5};
    const struct stats_source source = rows_source(&rows);
    struct stats_clients clients = {0};
    struct conversation c;
    usec_t now = USEC_PER_SEC;
    conversation_open(&c, &source, &clients);
    while (size > 1 && !conversation_over(&c, now)) {
        uint8_t step = *data++;
        size_t len = step % 64 + 1u;
        size--;
        len = len < size ? len : size;
        conversation_input(&c, data, len);
        data += len;
        size -= len;
        conversation_run(&c, now);
        read_some(&c, (size_t)step * 64);
        now += (usec_t)step * 10 * USEC_PER_MS;
        rows.newest += step % 2;
        conversation_run(&c, now);
    }
    conversation_input_over(&c);
    conversation_run(&c, now);
    conversation_close(&c);
    if (rows.answers != 0)
        __builtin_trap();
    return 0;
}
