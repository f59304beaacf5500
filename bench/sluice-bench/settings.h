/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command line asks for.
 */
#ifndef SLUICE_BENCH_SETTINGS_H
#define SLUICE_BENCH_SETTINGS_H

#include "bench/sluice-bench/recording.h"
#include "bench/sluice-bench/shape.h"

#include <stdbool.h>
#include <stdint.h>

#define SETTINGS_TEXT    256
#define SETTINGS_LAYERS  3
#define SETTINGS_THREADS 64

struct settings {
    struct shape shape;
    char host[SETTINGS_TEXT]; /* of the signalling URL */
    uint16_t port;
    char path[SETTINGS_TEXT]; /* in front of /rtc/v1, without a slash at the end */
    char key[SETTINGS_TEXT], secret[SETTINGS_TEXT];
    char room[SETTINGS_TEXT]; /* rooms are called this, "-" and a number */

    unsigned duration;   /* seconds that are measured */
    unsigned patience;   /* seconds that joining may take */
    unsigned join_rate;  /* participants per second; 0: all at once */
    unsigned threads;    /* of media; 0 in the command line: one per allowed CPU */
    bool pin;            /* one CPU for each thread */
    unsigned sample;     /* one packet of so many is decrypted and checked; 0: none */
    unsigned free_slots; /* recvonly sections of each kind in the first offer */

    unsigned audio_pps, audio_bytes;
    unsigned fps;
    unsigned layers; /* of video: 1..3 */
    unsigned kbps[SETTINGS_LAYERS];
    struct recording recording; /* count 0: none */
    unsigned lose;              /* of what arrives, in thousandths; video is asked for again */
    unsigned remb_kbps;         /* what subscribers say they can take; 0: nothing */
    int quality; /* livekit.VideoQuality that subscribers ask for; -1: they do not ask */

    char servers[SETTINGS_TEXT];                  /* pids or names, comma separated */
    char stats_socket[SETTINGS_TEXT];             /* of sluice-dataplane; "": none */
    char json[SETTINGS_TEXT], png[SETTINGS_TEXT]; /* files; "": none */
    bool quiet;
    bool janus; /* the server is Janus with its VideoRoom */
};

enum settings_result { SETTINGS_OK, SETTINGS_HELP, SETTINGS_BAD };

/* Reads the command line; complaints and help go to standard error and output. */
enum settings_result settings_parse(struct settings *s, int argc, char **argv);

#endif
