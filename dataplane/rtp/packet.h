/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTP packets (RFC 3550 section 5.1), header extensions (RFC 8285) and the RTX payload (RFC 4588).
 * Views point into the packet and live as long as it. Nothing here reads past what it was given.
 */
#ifndef SLUICE_DATAPLANE_RTP_PACKET_H
#define SLUICE_DATAPLANE_RTP_PACKET_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER_MIN          12
#define RTP_PROFILE_ONE_BYTE    0xBEDE
#define RTP_PROFILE_TWO_BYTE    0x1000 /* the low four bits are "appbits": any value */
#define RTP_EXTENSIONS_MAX      16     /* that one call of rtp_write_header() takes */
#define RTP_EXTENSION_BLOCK_MAX 1024   /* bytes, of what is written */
#define RTX_OSN_LENGTH          2

struct rtp_packet {
    const uint8_t *data;      /* the first byte of the header */
    const uint8_t *payload;   /* data + header_len */
    const uint8_t *extension; /* elements, behind the four bytes of profile and length; or NULL */
    uint32_t ts, ssrc;
    uint16_t seq;
    uint16_t header_len;    /* with CSRCs and extension */
    uint16_t payload_len;   /* without padding once rtp_remove_padding() has been called */
    uint16_t extension_len; /* bytes at `extension` */
    uint16_t profile;       /* of the extension; 0 without one */
    uint8_t pt;
    uint8_t csrc_count;
    uint8_t padding_len; /* bytes behind the payload, the count included */
    bool marker;
    bool padded; /* the P bit */
};

/* One header extension element. len is 1..16 in the one-byte form, 0..255 in the two-byte form. */
struct rtp_extension {
    uint8_t id, len;
    const uint8_t *data;
};

struct rtp_header {
    uint8_t pt;
    bool marker;
    uint16_t seq;
    uint32_t ts, ssrc;
};

/* Reads the header, which SRTP leaves in the clear: works on protected packets too. Packets over
 * 65535 bytes, of another version, or with a header longer than the packet are refused. */
bool rtp_parse_header(struct rtp_packet *p, const uint8_t *data, size_t len);

/* Takes the padding off the view's payload, after decryption. False if the count is zero or longer
 * than the payload (RFC 3550 section 5.1); the packet is malformed then. */
static inline bool rtp_remove_padding(struct rtp_packet *p)
{
    if (!p->padded)
        return true;
    if (p->payload_len == 0)
        return false;
    uint8_t count = p->payload[p->payload_len - 1];
    if (count == 0 || count > p->payload_len)
        return false;
    p->padding_len = count;
    p->payload_len = (uint16_t)(p->payload_len - count);
    return true;
}

/* Header and padding of a packet in the clear. */
static inline bool rtp_parse(struct rtp_packet *p, const uint8_t *data, size_t len)
{
    return rtp_parse_header(p, data, len) && rtp_remove_padding(p);
}

/* ---- reading header extensions ---- */

struct rtp_extension_cursor {
    struct reader at;
    bool two_byte;
};

/* Walks all elements in one pass. An unknown profile has none. */
struct rtp_extension_cursor rtp_extensions(const struct rtp_packet *p);

/* The next element; false at the end, or where the block is malformed (what came before counts). */
bool rtp_extension_next(struct rtp_extension_cursor *c, struct rtp_extension *e);

/* The first element of that id. id 0 (not negotiated) finds nothing. */
bool rtp_extension_find(const struct rtp_packet *p, uint8_t id, struct rtp_extension *e);

/* ---- writing ---- */

/* Writes a header with `n` extensions (ids 1..255), in the one-byte form if ids and lengths fit it,
 * else in the two-byte form; without an extension block if n is 0. Returns its length, or 0 if it
 * does not fit `cap` or a limit above. */
size_t rtp_write_header(uint8_t *out, size_t cap, const struct rtp_header *h,
                        const struct rtp_extension *extensions, size_t n);

/* ---- RTX ---- */

/* Header of an RTX packet followed by the original sequence number: the original payload goes
 * behind it. `h` is of the RTX stream but for ts and marker. Returns the length, or 0. */
size_t rtx_write_header(uint8_t *out, size_t cap, const struct rtp_header *h,
                        const struct rtp_extension *extensions, size_t n, uint16_t osn);

/* Turns a decrypted RTX packet, in place, into the original one: `data` is p->data, writable. The
 * header moves two bytes towards the payload, so the packet starts at p->data afterwards. Its
 * extensions are those of the RTX packet. False if there is no original inside (padding only). */
bool rtx_restore(struct rtp_packet *p, uint8_t *data, uint32_t ssrc, uint8_t pt);

#endif
