/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forwarding, whole turns of a worker: per packet sent.
 */
#include "bench/micro/count.h"
#include "bench/micro/stage.h"

#include <stdio.h>

#define WARM_UP   32 /* turns */
#define TURNS_MIN 2
#define TURNS_MAX 200
#define PACKETS   10000 /* to be sent, about */

static const struct {
    const char *name;
    enum media_codec codec;
    unsigned subscribers;
} cases[] = {
    {"opus", MEDIA_OPUS, 1},    {"opus", MEDIA_OPUS, 10}, {"opus", MEDIA_OPUS, 100},
    {"opus", MEDIA_OPUS, 1000}, {"vp8", MEDIA_VP8, 1},    {"vp8", MEDIA_VP8, 10},
    {"vp8", MEDIA_VP8, 100},    {"vp8", MEDIA_VP8, 1000}, {"vp9", MEDIA_VP9, 100},
    {"h264", MEDIA_H264, 100},  {"av1", MEDIA_AV1, 100},
};

static void turn(void *stage)
{
    stage_turn(stage);
}

/* Enough turns for a steady average, few enough for callgrind's patience. */
static unsigned turns_of(const struct stage_config *c)
{
    unsigned turns = PACKETS / (c->subscribers * c->burst);
    return turns < TURNS_MIN ? TURNS_MIN : turns > TURNS_MAX ? TURNS_MAX : turns;
}

static void count_one(const char *name, const struct stage_config *config)
{
    char text[64];
    struct stage *s = stage_open(config);
    for (unsigned i = 0; i < WARM_UP; i++) {
        stage_inject(s);
        stage_turn(s);
        stage_drain(s);
    }
    uint64_t before = stage_sent(s);
    for (unsigned i = 0; i < turns_of(config); i++) {
        stage_inject(s);
        count_call(turn, s);
        stage_drain(s);
    }
    snprintf(text, sizeof text, "forward %s to %u", name, config->subscribers);
    count_end(text, stage_sent(s) - before);
    stage_close(s);
}

void count_forward(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool audio = cases[i].codec == MEDIA_OPUS;
        struct stage_config config = {.engine = "evp",
                                      .codec = cases[i].codec,
                                      .subscribers = cases[i].subscribers,
                                      .size = audio ? 160 : 1200,
                                      .burst = audio ? 1 : 8,
                                      .interval = audio ? 20000 : 33333};
        count_one(cases[i].name, &config);
    }
}
