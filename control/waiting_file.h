/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_dir/rooms: the rooms that wait for their first participant, for the next control process.
 * Written at most once a second, when they have changed.
 */
#ifndef SLUICE_CONTROL_WAITING_FILE_H
#define SLUICE_CONTROL_WAITING_FILE_H

#include "control/http/loop.h"
#include "control/room/state.h"

struct waiting_file {
    struct loop *loop;
    struct rooms *rooms;
    char *path, *path_new;
    struct loop_timer timer;
    bool armed;
    uint8_t *written; /* what the file holds */
    size_t size;
};

/* Reads the file, and makes the rooms in it. False if there is no memory. */
bool waiting_file_open(struct waiting_file *w, struct loop *l, struct rooms *rs,
                       const char *run_dir);

/* Something happened that may concern rooms. */
void waiting_file_touch(struct waiting_file *w);

/* Writes what is new. */
void waiting_file_close(struct waiting_file *w);

#endif
