/* SPDX-License-Identifier: Apache-2.0 */
/* One byte of choice, a path and a content type (each ended by a newline), then a body, as a call
 * by somebody who may do everything, on a server with a room and a participant. */
#include "common/log.h"
#include "control/api/api.h"
#include "control/room/participant.h"
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

static void on_negotiate(void *ctx, struct participant *p, usec_t now)
{
    (void)ctx;
    (void)p;
    (void)now;
}

static void on_answer(void *ctx, void *caller, const struct twirp_response *response)
{
    (void)ctx;
    (void)caller;
    free(response->body);
}

/* "a" is in the room. */
static void join(struct rooms *rs)
{
    struct claims claims;
    struct participant_options o = {.single = true};
    claims_init(&claims);
    claims_set_text(&claims.identity, "a");
    rs->media.worker_count = 1;
    struct participant *p = participant_join(rooms_open(rs, "room", NULL, 1), &claims, &o, NULL, 1);
    if (!p)
        abort();
    participant_joined(p, 1);
    claims_free(&claims);
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
    log_setup("fuzz", LOG_LEVEL_ERROR, false);
    struct rooms_config config;
    rooms_config_default(&config);
    struct rooms rs;
    rooms_init(&rs, &config,
               &(struct room_output){.command = on_command, .negotiate = on_negotiate});
    rs.media.up = true;
    join(&rs);
    const struct api_limits limits = {.room_name = 256, .metadata = 4096, .attributes = 1024};
    struct api *a = api_create(&rs, &limits, &(struct api_output){.answer = on_answer});
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
    rooms_run(&rs, 30 * USEC_PER_SEC); /* calls that wait end */
    api_destroy(a);
    claims_free(&claims);
    rooms_free(&rs);
    return 0;
}
