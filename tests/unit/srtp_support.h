/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the SRTP tests: random packets, and libsrtp2 as the reference.
 */
#ifndef SLUICE_TESTS_UNIT_SRTP_SUPPORT_H
#define SLUICE_TESTS_UNIT_SRTP_SUPPORT_H

#include "dataplane/srtp/srtp.h"

/* A reproducible generator: the tests print nothing but must fail again. */
struct dice {
    uint64_t state;
};
uint32_t dice_roll(struct dice *d, uint32_t below);
void dice_fill(struct dice *d, void *out, size_t len);

extern const enum srtp_profile all_profiles[3];
extern const char *const all_engines[2]; /* ipsec-mb may not exist on this CPU */

struct srtp_master random_master(struct dice *d, enum srtp_profile p);

struct rtp_packet {
    uint8_t data[SRTP_PACKET_MAX];
    size_t header_len, len;
};

/* A packet with random CSRCs, extension and payload (0..max_payload bytes). */
void random_rtp(struct dice *d, struct rtp_packet *p, uint32_t ssrc, uint16_t seq,
                size_t max_payload);

/* A sender report with random content; returns its length, a multiple of four. */
size_t random_rtcp(struct dice *d, uint8_t *out, uint32_t ssrc, size_t max_len);

/* A libsrtp2 session for any SSRC in one direction. It is loaded at run time, as some of its names
 * are also ours. */
struct reference;
struct reference *reference_create(const struct srtp_master *m, bool outbound);
void reference_destroy(struct reference *r);
bool reference_protect(struct reference *r, uint8_t *buf, size_t *len);
bool reference_unprotect(struct reference *r, uint8_t *buf, size_t *len);
/* Of a stream that has sent: its next packet is in that round. */
bool reference_set_roc(struct reference *r, uint32_t ssrc, uint32_t roc);
bool reference_protect_rtcp(struct reference *r, uint8_t *buf, size_t *len);
bool reference_unprotect_rtcp(struct reference *r, uint8_t *buf, size_t *len);

#endif
