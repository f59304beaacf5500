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

bool munger_forward(struct munger *m, uint64_t seq, uint32_t ts, uint64_t *sent)
{
    if (seq > m->highest) {
        recent_set_add_range(&m->missing, m->highest + 1, seq);
        m->highest = seq;
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
    recent_set_add_range(&m->missing, m->highest + 1, seq);
    recent_set_add(&m->drops, seq);
    m->highest = seq;
    m->offset++;
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
