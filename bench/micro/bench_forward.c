/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nanoseconds per packet sent by a whole media worker on the sim backend: receive, decrypt, choose,
 * rewrite, encrypt, for bursts of one publisher to N subscribers; all of the turn is counted.
 * With --rows the medians as "engine kind bytes subscribers ns", one a line, for other programs.
 */
#include "bench/micro/stage.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROUNDS     5
#define ROUND_NSEC 60000000ULL
#define INTERVAL   1000 /* us between frames */

static const unsigned subscribers[] = {1, 10, 30, 100, 300, 1000};
#define COLUMNS (sizeof subscribers / sizeof *subscribers)

static const struct {
    const char *name;
    enum media_codec codec;
    size_t size;
    unsigned burst;
} kinds[] = {{"video", MEDIA_VP8, 1200, 8}, {"audio", MEDIA_OPUS, 160, 1}};

static uint64_t nsec(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static uint64_t one_turn(struct stage *s)
{
    stage_inject(s);
    uint64_t begin = nsec();
    stage_turn(s);
    uint64_t time = nsec() - begin;
    stage_drain(s);
    return time;
}

static double median_nsec(struct stage *s)
{
    double rounds[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t before = stage_sent(s), time = 0, begin = nsec();
        while (nsec() - begin < ROUND_NSEC)
            time += one_turn(s);
        uint64_t packets = stage_sent(s) - before;
        double t = (double)time / (double)(packets ? packets : 1);
        int at = r;
        for (; at > 0 && rounds[at - 1] > t; at--)
            rounds[at] = rounds[at - 1];
        rounds[at] = t;
    }
    return rounds[ROUNDS / 2];
}

static double measure(const char *engine, size_t kind, unsigned n)
{
    struct stage_config config = {.engine = engine,
                                  .codec = kinds[kind].codec,
                                  .subscribers = n,
                                  .size = kinds[kind].size,
                                  .burst = kinds[kind].burst,
                                  .interval = INTERVAL};
    struct stage *s = stage_open(&config);
    double t = median_nsec(s);
    stage_close(s);
    return t;
}

static void print_table(const char *engine, size_t kind)
{
    printf("\n%-9s %s %5zu", engine, kinds[kind].name, kinds[kind].size);
    for (size_t i = 0; i < COLUMNS; i++) {
        printf(" %8.0f", measure(engine, kind, subscribers[i]));
        fflush(stdout);
    }
}

static void print_rows(const char *engine, size_t kind)
{
    for (size_t i = 0; i < COLUMNS; i++)
        printf("%s %s %zu %u %.1f\n", engine, kinds[kind].name, kinds[kind].size, subscribers[i],
               measure(engine, kind, subscribers[i]));
}

int main(int argc, char **argv)
{
    static const char *const engines[] = {"ipsec-mb", "evp"};
    bool rows = argc > 1 && strcmp(argv[1], "--rows") == 0;
    if (!rows) {
        printf("ns per packet sent (AEAD_AES_128_GCM), by number of subscribers\n%-21s", "engine");
        for (size_t i = 0; i < COLUMNS; i++)
            printf(" %8u", subscribers[i]);
    }
    for (size_t e = 0; e < sizeof engines / sizeof *engines; e++) {
        struct srtp_engine *here = srtp_engine_create(engines[e]);
        srtp_engine_destroy(here);
        for (size_t kind = 0; here && kind < sizeof kinds / sizeof *kinds; kind++) {
            if (rows)
                print_rows(engines[e], kind);
            else
                print_table(engines[e], kind);
        }
    }
    printf("%s", rows ? "" : "\n");
    return 0;
}
