/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server may answer to the load generator's WebSocket: in pieces, the size of each being
 * given by the first byte.
 */
#include "bench/sluice-bench/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_message(void *user, const uint8_t *data, size_t len)
{
    size_t *sum = user;
    for (size_t i = 0; i < len; i++)
        *sum += data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t sum = 0, len;
    if (size == 0)
        return 0;
    struct ws_client *w = ws_client_create("host", 7880, "/rtc/v1", NULL, on_message, &sum);
    if (!w)
        return 0;
    size_t piece = 1 + (size_t)data[0];
    ws_client_send(w, data, size < 100 ? size : 100);
    for (size_t at = 1; at < size; at += piece) {
        if (!ws_client_input(w, data + at, size - at < piece ? size - at : piece))
            break;
        ws_client_output(w, &len);
        ws_client_written(w, len / 2);
    }
    ws_client_close(w);
    ws_client_output(w, &len);
    ws_client_destroy(w);
    return 0;
}
