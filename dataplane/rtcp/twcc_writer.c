/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/twcc_writer.h"

#include "common/bytes.h"
#include "dataplane/rtcp/parse.h"

#define TWCC_HEADER_LENGTH 20 /* with the RTCP header */
#define PADDING_BIT        0x20
#define ONE_BIT_SYMBOLS    14
#define TWO_BIT_SYMBOLS    7

enum { NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA };

void twcc_writer_begin(struct twcc_writer *w, size_t cap)
{
    w->cap = cap;
    w->delta_bytes = 0;
    w->n = 0;
    w->reference = w->last = 0;
    w->started = false;
}

/* Upper bound: every chunk but the last covers at least seven statuses. */
static size_t bound(unsigned statuses, size_t delta_bytes)
{
    return TWCC_HEADER_LENGTH + 2 * (statuses / TWO_BIT_SYMBOLS + 1) + delta_bytes + 3;
}

bool twcc_writer_add(struct twcc_writer *w, uint32_t arrival)
{
    uint32_t last = w->started ? w->last : arrival & ~0xffU;
    int32_t delta = arrival ? (int32_t)(arrival - last) : 0;
    uint8_t symbol = arrival == 0                       ? NOT_RECEIVED
                     : delta >= 0 && delta <= UINT8_MAX ? SMALL_DELTA
                                                        : LARGE_DELTA;
    if (w->n == TWCC_STATUSES_MAX || delta < INT16_MIN || delta > INT16_MAX ||
        bound(w->n + 1, w->delta_bytes + symbol) > w->cap)
        return false;
    w->symbols[w->n] = symbol;
    w->deltas[w->n++] = (int16_t)delta;
    w->delta_bytes += symbol; /* a small delta takes one byte, a large one two */
    if (arrival == 0)
        return true;
    if (!w->started)
        w->reference = last;
    w->started = true;
    w->last = arrival;
    return true;
}

static unsigned run_length(const uint8_t *symbols, unsigned n)
{
    unsigned i = 1;
    while (i < n && symbols[i] == symbols[0])
        i++;
    return i;
}

static bool has_large(const uint8_t *symbols, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (symbols[i] == LARGE_DELTA)
            return true;
    }
    return false;
}

static uint16_t vector_chunk(const uint8_t *symbols, unsigned n, unsigned bits)
{
    uint16_t chunk = bits == 2 ? 0xc000 : 0x8000;
    for (unsigned i = 0; i < n; i++)
        chunk = (uint16_t)(chunk | symbols[i] << (14 - bits * (i + 1)));
    return chunk;
}

/* Encodes statuses from the first on; returns how many the chunk covers. */
static unsigned next_chunk(const uint8_t *symbols, unsigned n, uint16_t *chunk)
{
    unsigned run = run_length(symbols, n);
    unsigned ones = n < ONE_BIT_SYMBOLS ? n : ONE_BIT_SYMBOLS;
    bool one_bit = !has_large(symbols, ones);
    if (run == n || run >= (one_bit ? ONE_BIT_SYMBOLS : TWO_BIT_SYMBOLS)) {
        *chunk = (uint16_t)(symbols[0] << 13 | run);
        return run;
    }
    unsigned twos = n < TWO_BIT_SYMBOLS ? n : TWO_BIT_SYMBOLS;
    *chunk = one_bit ? vector_chunk(symbols, ones, 1) : vector_chunk(symbols, twos, 2);
    return one_bit ? ones : twos;
}

static uint8_t *put_chunks(uint8_t *at, const struct twcc_writer *w)
{
    for (unsigned i = 0; i < w->n; at += 2) {
        uint16_t chunk;
        i += next_chunk(w->symbols + i, w->n - i, &chunk);
        be16_put(at, chunk);
    }
    return at;
}

static uint8_t *put_deltas(uint8_t *at, const struct twcc_writer *w)
{
    for (unsigned i = 0; i < w->n; i++) {
        if (w->symbols[i] == SMALL_DELTA) {
            *at++ = (uint8_t)w->deltas[i];
        } else if (w->symbols[i] == LARGE_DELTA) {
            be16_put(at, (uint16_t)w->deltas[i]);
            at += 2;
        }
    }
    return at;
}

/* To whole words; returns the padding bit if there is any. */
static uint8_t put_padding(uint8_t *out, uint8_t **at)
{
    uint8_t count = (uint8_t)(-(size_t)(*at - out) & 3);
    if (count == 0)
        return 0;
    memset(*at, 0, count);
    *at += count;
    (*at)[-1] = count;
    return PADDING_BIT;
}

size_t twcc_writer_finish(const struct twcc_writer *w, uint32_t sender, uint32_t media,
                          uint16_t base_seq, uint8_t feedback_count, uint8_t *out)
{
    uint8_t *at = put_chunks(out + TWCC_HEADER_LENGTH, w);
    at = put_deltas(at, w);
    uint8_t padding = put_padding(out, &at);
    size_t len = (size_t)(at - out);
    out[0] = (uint8_t)(0x80 | padding | RTPFB_TWCC);
    out[1] = RTCP_PT_RTPFB;
    be16_put(out + 2, (uint16_t)(len / 4 - 1));
    be32_put(out + 4, sender);
    be32_put(out + 8, media);
    be16_put(out + 12, base_seq);
    be16_put(out + 14, (uint16_t)w->n);
    be32_put(out + 16, (w->reference >> 8) << 8 | feedback_count);
    return len;
}
