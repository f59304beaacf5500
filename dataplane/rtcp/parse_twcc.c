/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport-wide feedback: chunks of packet statuses, followed by the receive deltas of those that
 * were received.
 */
#include "dataplane/rtcp/parse.h"

#define TWCC_FIXED_LENGTH   16
#define TICKS_PER_REFERENCE 256 /* 64 ms in units of 250 us */

enum symbol { NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA, RESERVED };

#define RUN_LENGTH_MASK    0x1fff
#define VECTOR_CHUNK       0x8000
#define VECTOR_TWO_BIT     0x4000
#define ONE_BIT_PER_CHUNK  14
#define TWO_BITS_PER_CHUNK 7

static void read_chunk(struct rtcp_twcc_cursor *c)
{
    uint16_t chunk = read_be16(&c->chunks);
    if (!(chunk & VECTOR_CHUNK)) {
        c->chunk_left = chunk & RUN_LENGTH_MASK;
        c->symbol_bits = 0;
        c->symbols = chunk >> 13;
    } else if (chunk & VECTOR_TWO_BIT) {
        c->chunk_left = TWO_BITS_PER_CHUNK;
        c->symbol_bits = 2;
        c->symbols = (uint32_t)chunk << 18;
    } else {
        c->chunk_left = ONE_BIT_PER_CHUNK;
        c->symbol_bits = 1;
        c->symbols = (uint32_t)chunk << 18;
    }
}

/* The status of the next packet; RESERVED also when chunks end early. */
static enum symbol next_symbol(struct rtcp_twcc_cursor *c)
{
    while (c->chunk_left == 0) {
        read_chunk(c);
        if (c->chunks.bad)
            return RESERVED;
    }
    c->chunk_left--;
    if (c->symbol_bits == 0)
        return (enum symbol)c->symbols;
    enum symbol s = (enum symbol)(c->symbols >> (32 - c->symbol_bits));
    c->symbols <<= c->symbol_bits;
    return s;
}

bool rtcp_twcc_next(struct rtcp_twcc_cursor *c, struct rtcp_twcc_status *s)
{
    if (c->left == 0)
        return false;
    enum symbol symbol = next_symbol(c);
    if (symbol == SMALL_DELTA)
        c->arrival += read_u8(&c->deltas);
    else if (symbol == LARGE_DELTA)
        c->arrival += (int16_t)read_be16(&c->deltas);
    if (symbol == RESERVED || c->deltas.bad) {
        c->deltas.bad = true;
        return false;
    }
    *s = (struct rtcp_twcc_status){c->seq, symbol != NOT_RECEIVED, c->arrival};
    c->seq++;
    c->left--;
    return true;
}

/* Where the chunks end: deltas follow them. */
static bool find_deltas(struct rtcp_twcc *t)
{
    struct rtcp_twcc_cursor c = {
        .chunks = reader_of(t->chunks, (size_t)(t->end - t->chunks)),
    };
    for (unsigned covered = 0; covered < t->count; covered += c.chunk_left) {
        read_chunk(&c);
        if (c.chunks.bad)
            return false;
    }
    t->deltas = c.chunks.at;
    return true;
}

static struct rtcp_twcc_cursor statuses_of(const struct rtcp_twcc *t)
{
    return (struct rtcp_twcc_cursor){
        .chunks = {.at = t->chunks, .end = t->deltas},
        .deltas = {.at = t->deltas, .end = t->end},
        .seq = t->base_seq,
        .left = t->count,
        .arrival = (int64_t)t->reference_time * TICKS_PER_REFERENCE,
    };
}

bool rtcp_read_twcc(const struct rtcp_packet *p, struct rtcp_twcc *t, struct rtcp_twcc_cursor *c)
{
    if (p->len < TWCC_FIXED_LENGTH)
        return false;
    *t = (struct rtcp_twcc){
        .sender = be32_get(p->body),
        .media = be32_get(p->body + 4),
        .base_seq = be16_get(p->body + 8),
        .count = be16_get(p->body + 10),
        .reference_time = be32_get(p->body + 12) >> 8,
        .feedback_count = p->body[15],
        .chunks = p->body + TWCC_FIXED_LENGTH,
        .end = p->body + p->len,
    };
    if (t->count == 0 || !find_deltas(t))
        return false;
    *c = statuses_of(t);
    struct rtcp_twcc_status s;
    while (rtcp_twcc_next(c, &s))
        ;
    bool whole = c->left == 0;
    *c = statuses_of(t);
    return whole;
}
