/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading RTCP (RFC 3550 section 6, RFC 4585, RFC 5104, RFC 5506 reduced size, RFC 3611, REMB and
 * transport-wide feedback drafts). Views point into the datagram.
 *
 * A datagram is walked with rtcp_next(); each packet's kind says which reader fits. The walk checks
 * framing only: readers check contents and return false on what is malformed. rtcp_valid() runs
 * both over a whole datagram, so that nothing need be acted on before all of it is known to parse.
 */
#ifndef SLUICE_DATAPLANE_RTCP_PARSE_H
#define SLUICE_DATAPLANE_RTCP_PARSE_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packet types, formats and block types on the wire. */
enum {
    RTCP_PT_SR = 200,
    RTCP_PT_RR = 201,
    RTCP_PT_SDES = 202,
    RTCP_PT_BYE = 203,
    RTCP_PT_APP = 204,
    RTCP_PT_RTPFB = 205,
    RTCP_PT_PSFB = 206,
    RTCP_PT_XR = 207,
    RTPFB_NACK = 1,
    RTPFB_TWCC = 15,
    PSFB_PLI = 1,
    PSFB_FIR = 4,
    PSFB_ALFB = 15, /* application layer feedback: REMB */
    XR_RRTR = 4,
    XR_DLRR = 5,
};

#define RTCP_HEADER_LENGTH 4
#define RTCP_REMB_NAME     0x52454d42u /* "REMB" */
#define RTCP_REPORTS_MAX   31

enum rtcp_kind {
    RTCP_OTHER, /* well framed, of no use here */
    RTCP_SR,
    RTCP_RR,
    RTCP_SDES,
    RTCP_BYE,
    RTCP_NACK,
    RTCP_TWCC,
    RTCP_PLI,
    RTCP_FIR,
    RTCP_REMB,
    RTCP_XR,
};

struct rtcp_packet {
    const uint8_t *body; /* behind the first four bytes */
    uint16_t len;        /* of body, without padding */
    uint8_t pt, count;   /* count: the five bits, also "format" */
    enum rtcp_kind kind;
};

struct rtcp_cursor {
    struct reader at;
};

static inline struct rtcp_cursor rtcp_begin(const uint8_t *data, size_t len)
{
    return (struct rtcp_cursor){.at = reader_of(data, len)};
}

/* The next packet; false at the end and on broken framing (c->at.bad tells). */
bool rtcp_next(struct rtcp_cursor *c, struct rtcp_packet *p);

/* Whether all packets, at least one, are well framed and their contents parse. */
bool rtcp_valid(const uint8_t *data, size_t len);

/* ---- reports ---- */

struct rtcp_report_block {
    uint32_t ssrc;
    uint8_t fraction_lost;   /* of 256 */
    int32_t cumulative_lost; /* 24 bits, signed */
    uint32_t highest_seq;    /* cycles in the upper half */
    uint32_t jitter;         /* in timestamp units */
    uint32_t lsr, dlsr;      /* middle bits of NTP; 1/65536 s; 0: none */
};

struct rtcp_report { /* SR or RR */
    uint32_t sender;
    bool has_sender_info; /* SR: the four below */
    uint64_t ntp;
    uint32_t rtp_ts, packets, octets;
    unsigned n_blocks;
    const uint8_t *blocks; /* for rtcp_report_block_at() */
};

bool rtcp_read_report(const struct rtcp_packet *p, struct rtcp_report *r);

/* i < r->n_blocks. */
struct rtcp_report_block rtcp_report_block_at(const struct rtcp_report *r, unsigned i);

/* ---- BYE ---- */

struct rtcp_bye {
    unsigned n_ssrcs;
    const uint8_t *ssrcs; /* be32_get(ssrcs + 4 * i) */
};

bool rtcp_read_bye(const struct rtcp_packet *p, struct rtcp_bye *b);

/* ---- feedback: NACK, PLI, FIR, REMB, TWCC ---- */

struct rtcp_feedback {
    uint32_t sender, media;
    const uint8_t *fci;
    uint16_t fci_len;
};

/* Any RTPFB or PSFB packet; all there is to a PLI. */
bool rtcp_read_feedback(const struct rtcp_packet *p, struct rtcp_feedback *f);

/* Walks the sequence numbers of a generic NACK (RFC 4585 section 6.2.1), in wire order. */
struct rtcp_nack_cursor {
    struct reader at;
    uint16_t seq, bitmap;
};

bool rtcp_read_nack(const struct rtcp_packet *p, struct rtcp_feedback *f,
                    struct rtcp_nack_cursor *c);
bool rtcp_nack_next(struct rtcp_nack_cursor *c, uint16_t *seq);

/* FIR (RFC 5104 section 4.3.1): entry i < n. The media SSRC of the header is not used. */
struct rtcp_fir {
    uint32_t sender;
    unsigned n;
    const uint8_t *entries;
};

bool rtcp_read_fir(const struct rtcp_packet *p, struct rtcp_fir *f);

static inline uint32_t rtcp_fir_ssrc(const struct rtcp_fir *f, unsigned i)
{
    return be32_get(f->entries + 8 * i);
}

static inline uint8_t rtcp_fir_seq(const struct rtcp_fir *f, unsigned i)
{
    return f->entries[8 * i + 4];
}

struct rtcp_remb {
    uint32_t sender;
    uint64_t bitrate; /* bit/s; UINT64_MAX if the wire says more */
    unsigned n_ssrcs;
    const uint8_t *ssrcs; /* be32_get(ssrcs + 4 * i) */
};

bool rtcp_read_remb(const struct rtcp_packet *p, struct rtcp_remb *r);

/* Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1). */
struct rtcp_twcc {
    uint32_t sender, media;
    uint16_t base_seq, count; /* count: packets told about, 1.. */
    uint32_t reference_time;  /* 24 bits, units of 64 ms */
    uint8_t feedback_count;
    const uint8_t *chunks, *deltas, *end;
};

struct rtcp_twcc_status {
    uint16_t seq;
    bool received;
    int64_t arrival; /* of received ones: units of 250 us, on the clock of reference_time */
};

struct rtcp_twcc_cursor {
    struct reader chunks, deltas;
    uint16_t seq, left;
    uint16_t chunk_left;
    uint32_t symbols;    /* of a vector chunk, next one in the top bits */
    uint8_t symbol_bits; /* 0: run length; `symbols` holds the one */
    int64_t arrival;
};

/* Also walks all statuses: a packet whose chunks or deltas are cut short is refused. */
bool rtcp_read_twcc(const struct rtcp_packet *p, struct rtcp_twcc *t, struct rtcp_twcc_cursor *c);
bool rtcp_twcc_next(struct rtcp_twcc_cursor *c, struct rtcp_twcc_status *s);

/* ---- extended reports (RFC 3611) ---- */

struct rtcp_xr_block {
    uint8_t type;
    const uint8_t *body; /* behind the block's first four bytes */
    uint32_t len;
};

struct rtcp_xr_cursor {
    struct reader at;
    uint32_t sender;
};

bool rtcp_read_xr(const struct rtcp_packet *p, struct rtcp_xr_cursor *c);
bool rtcp_xr_next(struct rtcp_xr_cursor *c, struct rtcp_xr_block *b);

/* Receiver reference time, of a block of type XR_RRTR. */
bool rtcp_read_rrtr(const struct rtcp_xr_block *b, uint64_t *ntp);

struct rtcp_dlrr {
    uint32_t ssrc, last_rr, delay; /* as LSR and DLSR */
};

/* Number of sub-blocks of a block of type XR_DLRR; 0 also for what is malformed. */
unsigned rtcp_dlrr_count(const struct rtcp_xr_block *b);
struct rtcp_dlrr rtcp_dlrr_at(const struct rtcp_xr_block *b, unsigned i);

#endif
