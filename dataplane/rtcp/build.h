/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing RTCP packets, one behind another, into a bounded writer: what does not fit is left out
 * whole, sets w->bad, and returns false. Sources as in parse.h.
 */
#ifndef SLUICE_DATAPLANE_RTCP_BUILD_H
#define SLUICE_DATAPLANE_RTCP_BUILD_H

#include "common/bytes.h"
#include "dataplane/rtcp/parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtcp_sender_info {
    uint32_t ssrc;
    uint64_t ntp;
    uint32_t rtp_ts, packets, octets;
};

struct rtcp_sdes_chunk {
    uint32_t ssrc;
    const char *cname; /* up to 255 bytes */
    const char *mid;   /* item 15 (RFC 9143), or NULL */
};

/* n <= 31 blocks. */
bool rtcp_write_sr(struct writer *w, const struct rtcp_sender_info *s,
                   const struct rtcp_report_block *blocks, unsigned n);
bool rtcp_write_rr(struct writer *w, uint32_t sender, const struct rtcp_report_block *blocks,
                   unsigned n);

/* n <= 31 chunks. */
bool rtcp_write_sdes(struct writer *w, const struct rtcp_sdes_chunk *chunks, unsigned n);

/* `seqs` ascending (modulo 2^16), each once; packed into pid/bitmap pairs. */
bool rtcp_write_nack(struct writer *w, uint32_t sender, uint32_t media, const uint16_t *seqs,
                     size_t n);

bool rtcp_write_pli(struct writer *w, uint32_t sender, uint32_t media);
bool rtcp_write_remb(struct writer *w, uint32_t sender, uint64_t bitrate, const uint32_t *ssrcs,
                     unsigned n);
bool rtcp_write_rrtr(struct writer *w, uint32_t sender, uint64_t ntp);
bool rtcp_write_dlrr(struct writer *w, uint32_t sender, const struct rtcp_dlrr *blocks, unsigned n);

/* n <= 31 SSRCs; no reason. */
bool rtcp_write_bye(struct writer *w, const uint32_t *ssrcs, unsigned n);

#endif
