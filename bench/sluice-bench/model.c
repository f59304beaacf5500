/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/model.h"

#define KEY_WEIGHT  5
#define REPAY_SHARE 8 /* of what is owed, one frame gives back 1/8 */

/* xorshift32: the seed must not be zero. */
static uint32_t next_random(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

/* `mean` plus or minus up to `spread`. */
static int64_t vary(uint32_t *state, int64_t mean, int64_t spread)
{
    return mean - spread + (int64_t)(next_random(state) % (uint64_t)(2 * spread + 1));
}

struct model_frame model_split(uint32_t bytes)
{
    struct model_frame f = {.packets = (bytes + MODEL_PAYLOAD_MAX - 1) / MODEL_PAYLOAD_MAX};
    if (f.packets <= 1) {
        f.packets = 1;
        f.last = (uint16_t)(bytes < MODEL_PAYLOAD_MIN ? MODEL_PAYLOAD_MIN : bytes);
        f.each = f.last;
        return f;
    }
    if (f.packets > MODEL_FRAME_MAX) {
        f.packets = MODEL_FRAME_MAX;
        bytes = MODEL_FRAME_MAX * MODEL_PAYLOAD_MAX;
    }
    f.each = (uint16_t)((bytes + f.packets - 1) / f.packets);
    f.last = (uint16_t)(bytes - (f.packets - 1) * f.each);
    return f;
}

void video_model_init(struct video_model *m, uint32_t bits_per_second, uint32_t fps, uint32_t seed)
{
    *m = (struct video_model){
        .frame_bytes = bits_per_second / 8 / fps, .random = seed | 1, .key_wanted = true};
}

void video_model_play(struct video_model *m, const struct recording *r, uint32_t bits_per_second)
{
    m->recording = r;
    m->at = 0;
    m->share = (uint32_t)((uint64_t)bits_per_second * 1000 / (r->bits_per_second + 1)) + 1;
}

static struct model_frame next_recorded(struct video_model *m)
{
    const struct recorded_frame *now = &m->recording->frames[m->at];
    bool key = now->key || m->key_wanted;
    uint64_t bytes = key && !now->key ? m->recording->key_bytes : now->bytes;
    uint64_t most = (uint64_t)MODEL_FRAME_MAX * MODEL_PAYLOAD_MAX;
    bytes = bytes * m->share / 1000;
    struct model_frame f = model_split((uint32_t)(bytes < most ? bytes : most));
    f.key = key;
    m->key_wanted = false;
    m->interval = now->interval;
    m->at = (m->at + 1) % m->recording->count;
    return f;
}

struct model_frame video_model_next(struct video_model *m)
{
    if (m->recording)
        return next_recorded(m);
    int64_t mean = m->frame_bytes;
    bool key = m->key_wanted;
    m->key_wanted = false;
    int64_t wish = key ? KEY_WEIGHT * mean : mean - m->owed / REPAY_SHARE;
    if (wish < mean / 4)
        wish = mean / 4;
    int64_t bytes = vary(&m->random, wish, wish / 5);
    struct model_frame f = model_split((uint32_t)bytes);
    f.key = key;
    m->owed += (int64_t)(f.packets - 1) * f.each + f.last - mean;
    return f;
}

void audio_model_init(struct audio_model *m, uint16_t bytes, uint32_t seed)
{
    *m = (struct audio_model){.bytes = bytes, .random = seed | 1};
}

uint16_t audio_model_next(struct audio_model *m)
{
    int64_t n = vary(&m->random, m->bytes, m->bytes / 2);
    return (uint16_t)(n < MODEL_PAYLOAD_MIN ? MODEL_PAYLOAD_MIN : n);
}
