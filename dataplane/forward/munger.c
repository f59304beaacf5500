/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/munger.h"

#define FIRST_MASK 0x7fff

void munger_switch(struct munger *m, uint64_t seq, uint32_t ts, uint32_t sent_ts)
{
    uint64_t next = m->started ? m->sent + 1 : (seq & FIRST_MASK);
    m->started = true;
    m->offset = seq - next;
    m->first = seq;
    m->highest = seq - 1;
    m->sent = next - 1;
    m->ts_offset = ts - sent_ts;
    m->drops.newest = 0;
}

bool munger_forward(struct munger *m, uint64_t seq, uint32_t ts, uint64_t *sent)
{
    if (seq > m->highest) {
        m->highest = seq;
        m->last_ts = munger_ts(m, ts);
        m->sent = *sent = seq - m->offset;
        return true;
    }
    if (seq < m->first || drop_map_forgot(&m->drops, seq) || drop_map_has(&m->drops, seq))
        return false;
    *sent = seq - (m->offset - drop_map_above(&m->drops, seq));
    return true;
}

void munger_drop(struct munger *m, uint64_t seq)
{
    if (!m->started || seq <= m->highest)
        return;
    drop_map_add(&m->drops, seq);
    m->highest = seq;
    m->offset++;
}

uint64_t munger_insert(struct munger *m, uint32_t sent_ts)
{
    m->offset--;
    m->first = m->highest + 1;
    m->drops.newest = 0;
    m->last_ts = sent_ts;
    return ++m->sent;
}

void munger_rekey(struct munger *m)
{
    uint64_t cycles = m->sent & ~0xffffULL;
    m->sent -= cycles;
    m->offset += cycles;
}
