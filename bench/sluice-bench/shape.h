/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes of load: who is in which room, publishes what and subscribes.
 */
#ifndef SLUICE_BENCH_SHAPE_H
#define SLUICE_BENCH_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#define SHAPE_MEMBERS_MAX 20000
#define SHAPE_CHURN_ROOM  10

enum shape_kind {
    SHAPE_AUDIO_ROOM, /* publishers with a microphone, who hear each other; listeners */
    SHAPE_MEETING,    /* everyone publishes microphone and camera and gets all others */
    SHAPE_LIVESTREAM, /* one with microphone and camera; viewers */
    SHAPE_ONE_TO_ONE, /* rooms of two, both with microphone and camera */
    SHAPE_CHURN,      /* rooms of SHAPE_CHURN_ROOM with microphones */
};

struct shape {
    enum shape_kind kind;
    unsigned publishers, subscribers; /* as far as the kind has them; 1-to-1: rooms in publishers */
};

struct shape_member {
    unsigned room;
    bool audio, video; /* publishes */
    bool subscribes;
    bool late;         /* joins when those who are not late publish */
    unsigned expected; /* streams that it will receive */
};

/* Reads "audio-room P S", "meeting N", "livestream S", "1-to-1 N" or "churn N" from the words.
 * Returns how many words it took, 0 if they are none of these. */
int shape_parse(struct shape *s, int count, char **words);

const char *shape_name(const struct shape *s);
size_t shape_size(const struct shape *s);

/* Member i < shape_size(). */
struct shape_member shape_member(const struct shape *s, size_t i);

#endif
