/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/munger.h"

#define FIRST_MASK 0x7fff

void munger_switch(struct munger *m, uint64_t seq, uint32_t ts, uint32_t sent_ts)
{
    uint64_t first = seq & FIRST_MASK ? seq & FIRST_MASK : 1;
    uint64_t next = m->started ? m->sent + 1 : first;
    m->started = true;
    m->offset = seq - next;
    m->highest = seq - 1;
    m->sent = next - 1;
    m->ts_offset = ts - sent_ts;
    m->drops.newest = m->missing.newest = 0;
}

/* Notes what lies between the highest number so far and `seq`. A jump is cut down to a gap of one:
 * a receiver could not tell how often the roll-over counter went on in it. */
static void advance(struct munger *m, uint64_t seq)
{
    if (seq - m->highest > MUNGER_JUMP_MAX) {
        m->offset = seq - (m->sent + 2);
        m->drops.newest = m->missing.newest = 0;
    } else {
        recent_set_add_range(&m->missing, m->highest + 1, seq);
    }
    m->highest = seq;
}

bool munger_forward(struct munger *m, uint64_t seq, uint32_t ts, uint64_t *sent)
{
    if (seq > m->highest) {
        advance(m, seq);
        m->last_ts = munger_ts(m, ts);
        m->sent = *sent = seq - m->offset;
        return true;
    }
    if (recent_set_forgot(&m->drops, seq) || !recent_set_remove(&m->missing, seq))
        return false;
    *sent = seq - (m->offset - recent_set_above(&m->drops, seq));
    return true;
}

void munger_drop(struct munger *m, uint64_t seq)
{
    if (!m->started || seq <= m->highest)
        return;
    advance(m, seq);
    recent_set_add(&m->drops, seq);
    m->offset++;
    m->sent = m->highest - m->offset; /* what is missing in between keeps its numbers */
}

uint64_t munger_insert(struct munger *m, uint32_t sent_ts)
{
    m->offset--;
    m->drops.newest = m->missing.newest = 0;
    m->last_ts = sent_ts;
    return ++m->sent;
}

void munger_rekey(struct munger *m)
{
    uint64_t cycles = m->sent & ~0xffffULL;
    m->sent -= cycles;
    m->offset += cycles;
    m->missing.newest = 0; /* they would fall below 0 */
}
