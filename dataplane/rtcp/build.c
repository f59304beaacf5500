/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/build.h"

#define RTCP_FIRST_BYTE 0x80 /* version 2, no padding */
#define COUNT_MAX       31

/* Room for a packet with `body` bytes (a multiple of four) behind the header, which is written.
 * Returns the body, or NULL. */
static uint8_t *begin_packet(struct writer *w, uint8_t pt, unsigned count, size_t body)
{
    if (count > COUNT_MAX || body / 4 > UINT16_MAX) {
        w->bad = true;
        return NULL;
    }
    uint8_t *p = write_space(w, RTCP_HEADER_LENGTH + body);
    if (!p)
        return NULL;
    p[0] = (uint8_t)(RTCP_FIRST_BYTE | count);
    p[1] = pt;
    be16_put(p + 2, (uint16_t)(body / 4));
    return p + RTCP_HEADER_LENGTH;
}

/* ---- reports ---- */

static void put_report_blocks(uint8_t *p, const struct rtcp_report_block *blocks, unsigned n)
{
    for (unsigned i = 0; i < n; i++, p += 24) {
        const struct rtcp_report_block *b = &blocks[i];
        be32_put(p, b->ssrc);
        be32_put(p + 4,
                 (uint32_t)b->fraction_lost << 24 | ((uint32_t)b->cumulative_lost & 0xffffff));
        be32_put(p + 8, b->highest_seq);
        be32_put(p + 12, b->jitter);
        be32_put(p + 16, b->lsr);
        be32_put(p + 20, b->dlsr);
    }
}

bool rtcp_write_sr(struct writer *w, const struct rtcp_sender_info *s,
                   const struct rtcp_report_block *blocks, unsigned n)
{
    uint8_t *p = begin_packet(w, RTCP_PT_SR, n, 24 + 24 * (size_t)n);
    if (!p)
        return false;
    be32_put(p, s->ssrc);
    be64_put(p + 4, s->ntp);
    be32_put(p + 12, s->rtp_ts);
    be32_put(p + 16, s->packets);
    be32_put(p + 20, s->octets);
    put_report_blocks(p + 24, blocks, n);
    return true;
}

bool rtcp_write_rr(struct writer *w, uint32_t sender, const struct rtcp_report_block *blocks,
                   unsigned n)
{
    uint8_t *p = begin_packet(w, RTCP_PT_RR, n, 4 + 24 * (size_t)n);
    if (!p)
        return false;
    be32_put(p, sender);
    put_report_blocks(p + 4, blocks, n);
    return true;
}

/* ---- SDES, BYE ---- */

enum { SDES_CNAME = 1, SDES_MID = 15 };

/* SSRC, items, and one to four zero bytes that end the chunk on a word. */
static size_t chunk_length(const struct rtcp_sdes_chunk *c)
{
    size_t items = 2 + strlen(c->cname) + (c->mid ? 2 + strlen(c->mid) : 0);
    return 4 + (items + 4) / 4 * 4;
}

static void put_item(struct writer *w, uint8_t type, const char *text)
{
    size_t len = strlen(text);
    write_u8(w, type);
    write_u8(w, (uint8_t)len);
    write_bytes(w, text, len);
}

static void put_chunk(uint8_t *p, const struct rtcp_sdes_chunk *c, size_t len)
{
    struct writer w = writer_of(p, len);
    memset(p, 0, len);
    write_be32(&w, c->ssrc);
    put_item(&w, SDES_CNAME, c->cname);
    if (c->mid)
        put_item(&w, SDES_MID, c->mid);
}

bool rtcp_write_sdes(struct writer *w, const struct rtcp_sdes_chunk *chunks, unsigned n)
{
    size_t body = 0;
    for (unsigned i = 0; i < n; i++) {
        if (strlen(chunks[i].cname) > 255 || (chunks[i].mid && strlen(chunks[i].mid) > 255)) {
            w->bad = true;
            return false;
        }
        body += chunk_length(&chunks[i]);
    }
    uint8_t *p = begin_packet(w, RTCP_PT_SDES, n, body);
    if (!p)
        return false;
    for (unsigned i = 0; i < n; i++) {
        size_t len = chunk_length(&chunks[i]);
        put_chunk(p, &chunks[i], len);
        p += len;
    }
    return true;
}

bool rtcp_write_bye(struct writer *w, const uint32_t *ssrcs, unsigned n)
{
    uint8_t *p = begin_packet(w, RTCP_PT_BYE, n, 4 * (size_t)n);
    if (!p)
        return false;
    for (unsigned i = 0; i < n; i++)
        be32_put(p + 4 * (size_t)i, ssrcs[i]);
    return true;
}

/* ---- feedback ---- */

static uint8_t *begin_feedback(struct writer *w, uint8_t pt, unsigned format, size_t fci,
                               uint32_t sender, uint32_t media)
{
    uint8_t *p = begin_packet(w, pt, format, 8 + fci);
    if (!p)
        return NULL;
    be32_put(p, sender);
    be32_put(p + 4, media);
    return p + 8;
}

/* How many of seqs, from the first on, one pid/bitmap pair covers; the bitmap in *bitmap. */
static size_t nack_pair(const uint16_t *seqs, size_t n, uint16_t *bitmap)
{
    size_t i = 1;
    *bitmap = 0;
    for (; i < n; i++) {
        uint16_t ahead = (uint16_t)(seqs[i] - seqs[0] - 1);
        if (ahead > 15)
            break;
        *bitmap = (uint16_t)(*bitmap | 1U << ahead);
    }
    return i;
}

bool rtcp_write_nack(struct writer *w, uint32_t sender, uint32_t media, const uint16_t *seqs,
                     size_t n)
{
    uint16_t bitmap;
    size_t pairs = 0;
    for (size_t i = 0; i < n; i += nack_pair(seqs + i, n - i, &bitmap))
        pairs++;
    uint8_t *p = begin_feedback(w, RTCP_PT_RTPFB, RTPFB_NACK, 4 * pairs, sender, media);
    if (!p)
        return false;
    for (size_t i = 0; i < n; p += 4) {
        be16_put(p, seqs[i]);
        i += nack_pair(seqs + i, n - i, &bitmap);
        be16_put(p + 2, bitmap);
    }
    return true;
}

bool rtcp_write_pli(struct writer *w, uint32_t sender, uint32_t media)
{
    return begin_feedback(w, RTCP_PT_PSFB, PSFB_PLI, 0, sender, media) != NULL;
}

bool rtcp_write_remb(struct writer *w, uint32_t sender, uint64_t bitrate, const uint32_t *ssrcs,
                     unsigned n)
{
    if (n > 255) {
        w->bad = true;
        return false;
    }
    uint8_t *p = begin_feedback(w, RTCP_PT_PSFB, PSFB_ALFB, 8 + 4 * (size_t)n, sender, 0);
    if (!p)
        return false;
    unsigned exponent = 0;
    while (bitrate >> exponent > 0x3ffff)
        exponent++;
    be32_put(p, RTCP_REMB_NAME);
    be32_put(p + 4, (uint32_t)n << 24 | exponent << 18 | (uint32_t)(bitrate >> exponent));
    for (unsigned i = 0; i < n; i++)
        be32_put(p + 8 + 4 * (size_t)i, ssrcs[i]);
    return true;
}

/* ---- extended reports ---- */

static uint8_t *begin_xr(struct writer *w, uint32_t sender, uint8_t type, size_t block)
{
    uint8_t *p = begin_packet(w, RTCP_PT_XR, 0, 8 + block);
    if (!p)
        return NULL;
    be32_put(p, sender);
    p[4] = type;
    p[5] = 0;
    be16_put(p + 6, (uint16_t)(block / 4));
    return p + 8;
}

bool rtcp_write_rrtr(struct writer *w, uint32_t sender, uint64_t ntp)
{
    uint8_t *p = begin_xr(w, sender, XR_RRTR, 8);
    if (!p)
        return false;
    be64_put(p, ntp);
    return true;
}

bool rtcp_write_dlrr(struct writer *w, uint32_t sender, const struct rtcp_dlrr *blocks, unsigned n)
{
    uint8_t *p = begin_xr(w, sender, XR_DLRR, 12 * (size_t)n);
    if (!p)
        return false;
    for (unsigned i = 0; i < n; i++, p += 12) {
        be32_put(p, blocks[i].ssrc);
        be32_put(p + 4, blocks[i].last_rr);
        be32_put(p + 8, blocks[i].delay);
    }
    return true;
}
