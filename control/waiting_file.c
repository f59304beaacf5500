/* SPDX-License-Identifier: Apache-2.0 */
#include "control/waiting_file.h"

#include "common/log.h"
#include "control/room/waiting_rooms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PERIOD   (1 * USEC_PER_SEC)
#define FILE_MAX (64u << 20)

static bool store(const struct waiting_file *w, const uint8_t *data, size_t size)
{
    FILE *f = fopen(w->path_new, "we");
    if (!f)
        return false;
    bool good = fwrite(data, 1, size, f) == size;
    good = fclose(f) == 0 && good;
    return good && rename(w->path_new, w->path) == 0;
}

static void write_changes(struct waiting_file *w)
{
    uint8_t *data;
    size_t size = waiting_rooms_pack(w->rooms, &data);
    if (size == w->size && (size == 0 || memcmp(data, w->written, size) == 0)) {
        free(data);
        return;
    }
    if (!store(w, data, size))
        log_warn("control", "cannot write file=%s error=\"%s\"", w->path, strerror(errno));
    free(w->written);
    w->written = data;
    w->size = size;
}

static void due(void *arg, usec_t now)
{
    (void)now;
    struct waiting_file *w = arg;
    w->armed = false;
    write_changes(w);
}

static void load(struct waiting_file *w)
{
    FILE *f = fopen(w->path, "re");
    if (!f)
        return;
    long size = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : 0;
    uint8_t *data = size > 0 && (unsigned long)size < FILE_MAX ? malloc((size_t)size) : NULL;
    rewind(f);
    if (data && fread(data, 1, (size_t)size, f) == (size_t)size) {
        size_t n = waiting_rooms_restore(w->rooms, data, (size_t)size, clock_monotonic());
        log_info("control", "rooms that wait for participants count=%zu", n);
    }
    free(data);
    fclose(f);
}

static char *path_of(const char *run_dir, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", run_dir, name) < 0 ? NULL : path;
}

bool waiting_file_open(struct waiting_file *w, struct loop *l, struct rooms *rs,
                       const char *run_dir)
{
    *w = (struct waiting_file){.loop = l,
                               .rooms = rs,
                               .path = path_of(run_dir, "rooms"),
                               .path_new = path_of(run_dir, "rooms.new"),
                               .timer = {.fire = due, .arg = w}};
    if (!w->path || !w->path_new)
        return false;
    load(w);
    w->size = waiting_rooms_pack(rs, &w->written);
    return true;
}

void waiting_file_touch(struct waiting_file *w)
{
    if (!w->path_new || w->armed)
        return;
    w->armed = true;
    loop_timer_after(w->loop, &w->timer, PERIOD);
}

void waiting_file_close(struct waiting_file *w)
{
    if (!w->path_new)
        return;
    loop_timer_cancel(w->loop, &w->timer);
    write_changes(w);
    free(w->path);
    free(w->path_new);
    free(w->written);
    *w = (struct waiting_file){0};
}
