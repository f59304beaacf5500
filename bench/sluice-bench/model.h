/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet models: how large a frame of a stream is and into which packets it goes. They know sizes
 * and moments, not contents.
 */
#ifndef SLUICE_BENCH_MODEL_H
#define SLUICE_BENCH_MODEL_H

#include "bench/sluice-bench/recording.h"
#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_PAYLOAD_MAX 1160 /* RTP payload of one packet, codec descriptor included */
#define MODEL_FRAME_MAX   60   /* packets of one frame */
#define MODEL_PAYLOAD_MIN 32   /* descriptor, frame head and stamp fit */

/* One frame: `packets` packets, all of `each` bytes of payload but the last, which has `last`. */
struct model_frame {
    unsigned packets;
    uint16_t each, last;
    bool key;
};

/* Video of a steady bit rate: a key frame is KEY_WEIGHT times an ordinary one, and the frames
 * behind it are smaller until the average is met again. Sizes vary by a fifth either way. */
struct video_model {
    uint32_t frame_bytes; /* average */
    int64_t owed;         /* bytes sent beyond the average */
    uint32_t random;
    bool key_wanted;
    const struct recording *recording; /* sizes and times are its own; NULL: of the model */
    size_t at;                         /* its next frame */
    uint32_t share;                    /* of its sizes, in thousandths */
    usec_t interval;                   /* with a recording: from the last frame to the next one */
};

void video_model_init(struct video_model *m, uint32_t bits_per_second, uint32_t fps, uint32_t seed);

/* Plays r over and over, which stays the caller's, its sizes scaled to that bit rate. A key frame
 * out of turn is as large as the recorded one. */
void video_model_play(struct video_model *m, const struct recording *r, uint32_t bits_per_second);

struct model_frame video_model_next(struct video_model *m);

/* Opus of variable bit rate: payloads of an average size, from half of it to half as much again. */
struct audio_model {
    uint16_t bytes;
    uint32_t random;
};

void audio_model_init(struct audio_model *m, uint16_t bytes, uint32_t seed);
uint16_t audio_model_next(struct audio_model *m);

/* Splits bytes into equal packets; the last takes what remains. */
struct model_frame model_split(uint32_t bytes);

#endif
