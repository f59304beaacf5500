/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams that are not forwarded, each alone in a turn: per datagram.
 */
#include "bench/micro/count.h"
#include "bench/micro/stage.h"

#include <string.h>

#define DATAGRAMS 200

static const struct {
    const char *name;
    uint8_t first, second;
    uint16_t len;
    bool known;
} cases[] = {
    {"demux nothing", 0, 0, 0, false},
    {"demux RTP of a stranger", 0x80, 96, 1200, false},
    {"demux RTCP of a stranger", 0x80, 200, 100, false},
    {"demux STUN", 0, 1, 100, false},
    {"demux DTLS", 22, 254, 200, false},
    {"demux junk", 100, 0, 200, false},
    {"demux forged RTP of a member", 0x80, 96, 1200, true},
    {"demux forged RTCP of a member", 0x80, 200, 100, true},
};

static void turn(void *stage)
{
    stage_turn(stage);
}

static void count_one(size_t i)
{
    struct stage_config config = {
        .engine = "evp", .codec = MEDIA_VP8, .subscribers = 10, .size = 1200, .burst = 8};
    struct stage *s = stage_open(&config);
    stage_inject(s);
    stage_turn(s);
    stage_drain(s);
    uint8_t data[1200];
    memset(data, 0x5a, sizeof data);
    data[0] = cases[i].first;
    data[1] = cases[i].second;
    memcpy(data + 8, "\0\0\x12\x34", 4);
    for (unsigned k = 0; k < DATAGRAMS; k++) {
        if (cases[i].len > 0)
            stage_inject_raw(s, cases[i].known, data, cases[i].len);
        count_call(turn, s);
        stage_drain(s);
    }
    count_end(cases[i].name, DATAGRAMS);
    stage_close(s);
}

void count_demux(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        count_one(i);
}
