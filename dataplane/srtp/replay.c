/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/srtp/replay.h"

#include <string.h>

#define SEQ_HALF   32768
#define INDEX_MASK ((1ULL << 48) - 1)

static uint64_t bit_of(struct replay_window w, uint64_t index, uint64_t **word)
{
    uint64_t at = index % w.bits;
    *word = &w.words[at / 64];
    return 1ULL << at % 64;
}

bool replay_seen(struct replay_window w, uint64_t highest, uint64_t index)
{
    uint64_t *word;
    if (index > highest)
        return false;
    if (highest - index >= w.bits)
        return true;
    uint64_t bit = bit_of(w, index, &word);
    return *word & bit;
}

/* Forgets the places that the indices from..to take over. */
static void forget(struct replay_window w, uint64_t from, uint64_t to)
{
    if (to - from >= w.bits) {
        memset(w.words, 0, w.bits / 8);
        return;
    }
    for (uint64_t i = from; i <= to; i++) {
        uint64_t *word;
        uint64_t bit = bit_of(w, i, &word);
        *word &= ~bit;
    }
}

uint64_t replay_mark(struct replay_window w, uint64_t highest, uint64_t index)
{
    uint64_t *word;
    if (index > highest)
        forget(w, highest + 1, index);
    uint64_t bit = bit_of(w, index, &word);
    *word |= bit;
    return index > highest ? index : highest;
}

uint64_t replay_estimate(const struct srtp_stream *s, uint16_t seq)
{
    if (!s->started)
        return seq;
    uint16_t newest = (uint16_t)s->highest;
    uint64_t base = s->highest - newest;
    if (newest < SEQ_HALF) {
        /* Before the first roll-over there is no earlier round to belong to. */
        if (seq - newest > SEQ_HALF && base > 0)
            base -= 1 << 16;
    } else if (newest - SEQ_HALF > seq) {
        base += 1 << 16;
    }
    return (base | seq) & INDEX_MASK;
}
