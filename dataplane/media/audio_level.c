/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How loud a track is, per window, from the levels that its packets carry (RFC 6464). A packet
 * stands for the time since the one before it, so that silence left out (DTX) does not count.
 */
#include "dataplane/media/engine.h"

#define PACKET_MS_DEFAULT 20
#define PACKET_MS_MAX     120

void audio_level_note(struct media *m, struct track *t, uint8_t level, uint32_t ts,
                      uint32_t clock_rate)
{
    uint32_t units = ts - t->level_ts;
    bool first = !t->level_seen;
    if (!first && (int32_t)units <= 0)
        return;
    if (first || units > clock_rate / 1000 * PACKET_MS_MAX)
        units = clock_rate / 1000 * PACKET_MS_DEFAULT;
    t->level_seen = true;
    t->level_ts = ts;
    if (t->next_level == USEC_NEVER) {
        t->next_level = m->now + m->config.audio_interval;
        wheel_advance(&m->wheel, &t->timer, t->next_level);
    }
    if (level > m->config.audio_active_level)
        return;
    t->active_units += units;
    if (level < t->loudest)
        t->loudest = level;
}

void audio_level_window(struct media *m, struct track *t)
{
    uint32_t clock_rate = t->config.n_payloads ? t->config.payloads[0].clock_rate : 0;
    if (t->active_units && clock_rate >= 1000 && !t->config.muted) {
        uint32_t ms = t->active_units / (clock_rate / 1000);
        struct media_event e = {
            .type = MEDIA_AUDIO_LEVEL,
            .handle = t->handle,
            .audio_level = {.loudest = t->loudest,
                            .active_ms = (uint16_t)(ms < UINT16_MAX ? ms : UINT16_MAX)},
        };
        media_emit(m, &e);
        t->next_level = m->now + m->config.audio_interval;
    } else {
        t->next_level = USEC_NEVER; /* until the next packet with a level */
    }
    t->active_units = 0;
    t->loudest = 127;
}
