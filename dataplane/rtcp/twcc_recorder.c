/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/twcc_recorder.h"

#include "dataplane/rtcp/twcc_writer.h"
#include "dataplane/rtp/sequence.h"

#include <string.h>

#define HELD_ENOUGH     20
#define HELD_MANY       100
#define INTERVAL        (100 * USEC_PER_MS)
#define INTERVAL_MARKER (50 * USEC_PER_MS)
#define TICK            250 /* microseconds */

void twcc_recorder_init(struct twcc_recorder *r, uint32_t sender_ssrc)
{
    memset(r, 0, offsetof(struct twcc_recorder, arrival)); /* the rest with the first packet */
    r->sender_ssrc = sender_ssrc;
}

static uint32_t *slot(struct twcc_recorder *r, uint64_t seq)
{
    return &r->arrival[seq % TWCC_WINDOW];
}

/* Modulo 2^32, as the 24 bits of reference time wrap with it. */
static uint32_t tick_of(usec_t now)
{
    uint32_t tick = (uint32_t)(now / TICK);
    return tick ? tick : 1;
}

static void start_over(struct twcc_recorder *r, uint64_t seq)
{
    memset(r->arrival, 0, sizeof r->arrival);
    r->highest = r->next = seq;
    r->held = 0;
}

static void advance(struct twcc_recorder *r, uint64_t seq)
{
    for (uint64_t lost = r->highest + 1; lost < seq; lost++)
        *slot(r, lost) = 0;
    r->highest = seq;
    if (r->next + TWCC_WINDOW <= seq)
        r->next = seq - TWCC_WINDOW + 1;
}

/* Makes room for the packet. False if it is a duplicate or too old. */
static bool admit(struct twcc_recorder *r, uint64_t seq)
{
    if (r->highest == 0 || seq >= r->highest + TWCC_WINDOW) {
        start_over(r, seq);
        return true;
    }
    if (seq > r->highest) {
        advance(r, seq);
        return true;
    }
    if (seq + TWCC_WINDOW <= r->highest || *slot(r, seq) != 0)
        return false;
    if (seq < r->next) /* came late: tell again from here on */
        r->next = seq;
    return true;
}

static void update_due(struct twcc_recorder *r, bool marker, usec_t now)
{
    if (r->held == 1)
        r->due = now + INTERVAL;
    usec_t since = now - r->last_feedback;
    if (r->held <= HELD_ENOUGH)
        return;
    if (since >= INTERVAL || r->held > HELD_MANY || (marker && since >= INTERVAL_MARKER))
        r->due = r->due < now ? r->due : now;
    else if (r->last_feedback + INTERVAL < r->due)
        r->due = r->last_feedback + INTERVAL;
}

void twcc_recorder_record(struct twcc_recorder *r, uint16_t seq, uint32_t media_ssrc, bool marker,
                          usec_t now)
{
    uint64_t wide = r->highest ? sequence_near(r->highest, seq) : SEQUENCE_FIRST_CYCLE + seq;
    if (!admit(r, wide))
        return;
    *slot(r, wide) = tick_of(now);
    r->media_ssrc = media_ssrc;
    r->held++;
    update_due(r, marker, now);
}

size_t twcc_recorder_feedback(struct twcc_recorder *r, usec_t now, uint8_t *out, size_t cap)
{
    if (now < twcc_recorder_deadline(r) || cap < TWCC_FEEDBACK_MIN)
        return 0;
    struct twcc_writer w;
    twcc_writer_begin(&w, cap);
    uint64_t seq = r->next;
    while (seq <= r->highest && twcc_writer_add(&w, *slot(r, seq)))
        seq++;
    size_t len = twcc_writer_finish(&w, r->sender_ssrc, r->media_ssrc, (uint16_t)r->next,
                                    r->feedback_count++, out);
    r->next = seq;
    if (seq > r->highest) {
        r->held = 0;
        r->last_feedback = now;
    }
    return len;
}
