/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recorded video stream as a source: when its frames come and how large they are. Read from an
 * IVF file (32 bytes of header, then size, time and data of each frame), as recorders of VP8 write
 * it.
 */
#ifndef SLUICE_BENCH_RECORDING_H
#define SLUICE_BENCH_RECORDING_H

#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define RECORDING_FRAMES_MAX 100000
#define RECORDING_GAP_MAX    (5 * USEC_PER_SEC) /* longer pauses are cut to this */

struct recorded_frame {
    usec_t interval; /* to the next one */
    uint32_t bytes;
    bool key;
};

struct recording {
    struct recorded_frame *frames; /* owned */
    size_t count;                  /* at least one */
    uint32_t key_bytes;            /* of the first key frame, else of the largest frame */
    uint64_t bits_per_second;      /* average */
};

/* Reads it whole. NULL, or why it cannot be used. */
const char *recording_read(struct recording *r, FILE *f);
void recording_free(struct recording *r);

#endif
