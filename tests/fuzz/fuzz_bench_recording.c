/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IVF files as the load generator reads them, and what it plays of them.
 */
#include "bench/sluice-bench/model.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recording r;
    if (size == 0)
        return 0;
    FILE *f = fmemopen((void *)(uintptr_t)data, size, "r");
    if (!f)
        return 0;
    const char *error = recording_read(&r, f);
    fclose(f);
    if (error)
        return 0;
    struct video_model m;
    video_model_init(&m, 1000000, 30, 1);
    video_model_play(&m, &r, 1000000);
    for (size_t i = 0; i < r.count + 2 && i < 1000; i++) {
        struct model_frame frame = video_model_next(&m);
        if (frame.packets < 1 || frame.packets > MODEL_FRAME_MAX ||
            frame.last > MODEL_PAYLOAD_MAX || frame.each > MODEL_PAYLOAD_MAX)
            abort();
    }
    recording_free(&r);
    return 0;
}
