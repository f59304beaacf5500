/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/recording.h"

#include <stdlib.h>
#include <string.h>

#define FILE_HEADER  32
#define FRAME_HEADER 12

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const uint8_t *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* Units of time per second, as numerator and denominator. */
struct timebase {
    uint32_t rate, scale;
};

static usec_t interval_of(const struct timebase *t, uint64_t from, uint64_t to)
{
    if (to <= from || to - from > UINT32_MAX)
        return to <= from ? 0 : RECORDING_GAP_MAX;
    double usec = (double)(to - from) * t->scale / t->rate * USEC_PER_SEC;
    return usec < RECORDING_GAP_MAX ? (usec_t)usec : RECORDING_GAP_MAX;
}

static bool add(struct recording *r, size_t *capacity, struct recorded_frame frame)
{
    if (r->count == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 256;
        struct recorded_frame *more = realloc(r->frames, *capacity * sizeof *more);
        if (!more)
            return false;
        r->frames = more;
    }
    r->frames[r->count++] = frame;
    return true;
}

/* The first bit of a VP8 frame is 0 in key frames (RFC 6386 section 9.1). */
static const char *read_frames(struct recording *r, FILE *f, const struct timebase *t)
{
    uint8_t head[FRAME_HEADER + 1];
    size_t capacity = 0;
    uint64_t before = 0;
    while (r->count < RECORDING_FRAMES_MAX && fread(head, 1, sizeof head, f) == sizeof head) {
        uint32_t bytes = le32(head);
        if (bytes == 0 || bytes > INT32_MAX || fseek(f, (long)bytes - 1, SEEK_CUR) != 0)
            return "a frame is broken";
        uint64_t at = le64(head + 4);
        if (r->count > 0)
            r->frames[r->count - 1].interval = interval_of(t, before, at);
        before = at;
        if (!add(r, &capacity,
                 (struct recorded_frame){.bytes = bytes, .key = !(head[FRAME_HEADER] & 1)}))
            return "out of memory";
    }
    return r->count > 1 ? NULL : "fewer than two frames";
}

/* What is played again and again begins where it ends: at the average interval. */
static const char *finish(struct recording *r)
{
    usec_t time = 0;
    uint64_t bytes = 0;
    uint32_t largest = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct recorded_frame *f = &r->frames[i];
        time += f->interval;
        bytes += f->bytes;
        largest = f->bytes > largest ? f->bytes : largest;
        if (f->key && r->key_bytes == 0)
            r->key_bytes = f->bytes;
    }
    if (time == 0)
        return "its frames have no times";
    r->frames[r->count - 1].interval = time / (r->count - 1);
    r->key_bytes = r->key_bytes ? r->key_bytes : largest;
    r->bits_per_second = bytes * 8 * USEC_PER_SEC / (time + r->frames[r->count - 1].interval);
    return NULL;
}

const char *recording_read(struct recording *r, FILE *f)
{
    uint8_t head[FILE_HEADER];
    *r = (struct recording){0};
    if (fread(head, 1, sizeof head, f) != sizeof head || memcmp(head, "DKIF", 4) != 0)
        return "no IVF file";
    if (memcmp(head + 8, "VP80", 4) != 0)
        return "not VP8";
    struct timebase t = {.rate = le32(head + 16), .scale = le32(head + 20)};
    if (t.rate == 0 || t.scale == 0)
        return "no time base";
    const char *error = read_frames(r, f, &t);
    if (!error)
        error = finish(r);
    if (error)
        recording_free(r);
    return error;
}

void recording_free(struct recording *r)
{
    free(r->frames);
    *r = (struct recording){0};
}
