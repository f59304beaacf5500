/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/shape.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum shape_kind kind;
    int numbers;
    bool first_is_publishers;
} shapes[] = {
    {"audio-room", SHAPE_AUDIO_ROOM, 2, true},
    {"meeting", SHAPE_MEETING, 1, true},
    {"livestream", SHAPE_LIVESTREAM, 1, false},
    {"1-to-1", SHAPE_ONE_TO_ONE, 1, true},
    {"churn", SHAPE_CHURN, 1, true},
};

static bool read_number(const char *text, unsigned *n)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    *n = (unsigned)v;
    return end != text && *end == '\0' && v <= SHAPE_MEMBERS_MAX / 2;
}

int shape_parse(struct shape *s, int count, char **words)
{
    for (size_t i = 0; count > 0 && i < sizeof shapes / sizeof *shapes; i++) {
        if (strcmp(words[0], shapes[i].name) != 0)
            continue;
        int numbers = shapes[i].numbers;
        *s = (struct shape){.kind = shapes[i].kind, .publishers = 1};
        unsigned *first = shapes[i].first_is_publishers ? &s->publishers : &s->subscribers;
        if (count <= numbers || !read_number(words[1], first) ||
            (numbers == 2 && !read_number(words[2], &s->subscribers)) || s->publishers == 0)
            return 0;
        return numbers + 1;
    }
    return 0;
}

const char *shape_name(const struct shape *s)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (shapes[i].kind == s->kind)
            return shapes[i].name;
    }
    return "";
}

size_t shape_size(const struct shape *s)
{
    if (s->kind == SHAPE_ONE_TO_ONE)
        return 2 * (size_t)s->publishers;
    return (size_t)s->publishers + s->subscribers;
}

/* The last room may have fewer members. */
static unsigned others_in_room(const struct shape *s, size_t i)
{
    size_t first = i / SHAPE_CHURN_ROOM * SHAPE_CHURN_ROOM;
    size_t left = s->publishers - first;
    return (unsigned)(left < SHAPE_CHURN_ROOM ? left : SHAPE_CHURN_ROOM) - 1;
}

struct shape_member shape_member(const struct shape *s, size_t i)
{
    bool publishes = i < s->publishers;
    switch (s->kind) {
    case SHAPE_AUDIO_ROOM:
        return (struct shape_member){.audio = publishes,
                                     .subscribes = true,
                                     .late = !publishes,
                                     .expected = s->publishers - publishes};
    case SHAPE_MEETING:
        return (struct shape_member){
            .audio = true, .video = true, .subscribes = true, .expected = 2 * (s->publishers - 1)};
    case SHAPE_LIVESTREAM:
        return (struct shape_member){.audio = publishes,
                                     .video = publishes,
                                     .subscribes = !publishes,
                                     .late = !publishes,
                                     .expected = publishes ? 0 : 2};
    case SHAPE_ONE_TO_ONE:
        return (struct shape_member){.room = (unsigned)(i / 2),
                                     .audio = true,
                                     .video = true,
                                     .subscribes = true,
                                     .expected = 2};
    case SHAPE_CHURN:
        return (struct shape_member){.room = (unsigned)(i / SHAPE_CHURN_ROOM),
                                     .audio = true,
                                     .subscribes = true,
                                     .expected = others_in_room(s, i)};
    }
    return (struct shape_member){0};
}
