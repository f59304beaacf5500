/* SPDX-License-Identifier: Apache-2.0 */
/* One byte of choice, a path and a content type (each ended by a newline), then a body, as a call
 * by somebody who may do everything, on a server with a room. */
#include "control/api/api.h"
#include "control/room/rooms.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_command(void *ctx, Sluice__Link__Command *c)
{
    (void)ctx;
    (void)c;
}

/* The next line of the input, NUL-terminated in `line`. */
static void take_line(const uint8_t **data, size_t *size, char *line, size_t capacity)
{
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t n = end ? (size_t)(end - *data) : *size;
    size_t used = end ? n + 1 : n;
    if (n >= capacity)
        n = capacity - 1;
    memcpy(line, *data, n);
    line[n] = 0;
    *data += used;
    *size -= used;
}

static void may_everything(struct claims *c)
{
    claims_init(c);
    c->video.present = c->video.room_create = c->video.room_list = c->video.room_admin = true;
    claims_set_text(&c->video.room, "room");
    claims_set_text(&c->video.destination_room, "other");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct rooms_config config;
    rooms_config_default(&config);
    struct rooms rs;
    rooms_init(&rs, &config, &(struct room_output){.command = on_command});
    rs.media.up = true;
    rooms_open(&rs, "room", NULL, 1);
    const struct api_limits limits = {.room_name = 256, .metadata = 4096, .attributes = 1024};
    struct api *a = api_create(&rs, &limits, &(struct api_output){0});
    struct claims claims;
    may_everything(&claims);

    char path[256], type[64];
    const char *method = data[0] & 1 ? "GET" : "POST";
    const struct claims *who = data[0] & 2 ? NULL : &claims;
    data++;
    size--;
    take_line(&data, &size, path, sizeof path);
    take_line(&data, &size, type, sizeof type);
    struct twirp_request q = {method, path, type, data, size};
    struct twirp_response out;
    struct api_waiting *waiting;
    if (api_serve(a, &q, who, NULL, 2, &out, &waiting) == API_ANSWERED) {
        if (out.status < 200 || out.status > 599 || !out.body)
            abort();
        free(out.body);
    }
    rooms_run(&rs, 3);
    api_destroy(a);
    claims_free(&claims);
    rooms_free(&rs);
    return 0;
}
