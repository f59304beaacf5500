/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/ice/stun.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

void stun_begin(struct writer *w, enum stun_class class,
                const uint8_t transaction[STUN_TRANSACTION])
{
    stun_begin_method(w, class, STUN_BINDING, transaction);
}

/* The bits of the class lie between those of the method (RFC 8489 section 5). */
void stun_begin_method(struct writer *w, enum stun_class class, uint16_t method,
                       const uint8_t transaction[STUN_TRANSACTION])
{
    unsigned bits = (class & 2u) << 7 | (class & 1u) << 4;
    bits |= (method & 0x000fu) | (method & 0x0070u) << 1 | (method & 0x0f80u) << 2;
    write_be16(w, (uint16_t)bits);
    write_be16(w, 0);
    write_be32(w, STUN_MAGIC);
    write_bytes(w, transaction, STUN_TRANSACTION);
}

/* The header's length, as if `more` bytes followed what is written. */
static void set_length(struct writer *w, size_t more)
{
    if (!w->bad)
        be16_put(w->begin + 2, (uint16_t)(writer_length(w) + more - STUN_HEADER));
}

/* Attribute header and room for the padded value; padding is zero. NULL if it does not fit. */
static uint8_t *add_space(struct writer *w, uint16_t attribute, size_t len)
{
    size_t padded = (len + 3) & ~(size_t)3;
    write_be16(w, attribute);
    write_be16(w, (uint16_t)len);
    uint8_t *v = w->bad ? NULL : write_space(w, padded);
    if (v)
        memset(v + len, 0, padded - len);
    return v;
}

void stun_add(struct writer *w, uint16_t attribute, const void *value, size_t len)
{
    if (len > STUN_MESSAGE_MAX) {
        w->bad = true;
        return;
    }
    uint8_t *v = add_space(w, attribute, len);
    if (v && len > 0)
        memcpy(v, value, len);
}

void stun_add_u32(struct writer *w, uint16_t attribute, uint32_t value)
{
    uint8_t v[4];
    be32_put(v, value);
    stun_add(w, attribute, v, sizeof(v));
}

void stun_add_u64(struct writer *w, uint16_t attribute, uint64_t value)
{
    uint8_t v[8];
    be64_put(v, value);
    stun_add(w, attribute, v, sizeof(v));
}

void stun_add_xor_address(struct writer *w, const struct net_addr *a)
{
    stun_add_xor(w, STUN_XOR_MAPPED_ADDRESS, a);
}

void stun_add_xor(struct writer *w, uint16_t attribute, const struct net_addr *a)
{
    size_t ip_len = a->family == 4 ? 4 : 16;
    uint8_t *v = add_space(w, attribute, 4 + ip_len);
    if (!v)
        return;
    v[0] = 0;
    v[1] = a->family == 4 ? 1 : 2;
    be16_put(v + 2, (uint16_t)(a->port ^ STUN_MAGIC >> 16));
    for (size_t i = 0; i < ip_len; i++)
        v[4 + i] = a->ip[i] ^ w->begin[4 + i];
}

static const char *reason(enum stun_error code)
{
    switch (code) {
    case STUN_BAD_REQUEST:
        return "Bad Request";
    case STUN_UNAUTHENTICATED:
        return "Unauthenticated";
    case STUN_UNKNOWN_ATTRIBUTE:
        return "Unknown Attribute";
    case STUN_ROLE_CONFLICT:
        return "Role Conflict";
    case STUN_FORBIDDEN:
        return "Forbidden";
    case STUN_ALLOCATION_MISMATCH:
        return "Allocation Mismatch";
    case STUN_STALE_NONCE:
        return "Stale Nonce";
    case STUN_ADDRESS_FAMILY:
        return "Address Family not Supported";
    case STUN_WRONG_CREDENTIALS:
        return "Wrong Credentials";
    case STUN_TRANSPORT_PROTOCOL:
        return "Unsupported Transport Protocol";
    case STUN_PEER_FAMILY:
        return "Peer Address Family Mismatch";
    case STUN_QUOTA:
        return "Allocation Quota Reached";
    case STUN_CAPACITY:
        return "Insufficient Capacity";
    }
    return "";
}

void stun_add_error(struct writer *w, enum stun_error code)
{
    const char *text = reason(code);
    uint8_t value[36];
    struct writer v = writer_of(value, sizeof(value));
    write_be16(&v, 0);
    write_u8(&v, (uint8_t)(code / 100));
    write_u8(&v, (uint8_t)(code % 100));
    write_bytes(&v, text, strlen(text));
    stun_add(w, STUN_ERROR_CODE, value, writer_length(&v));
}

void stun_add_integrity(struct writer *w, const char *key, size_t key_len)
{
    size_t covered = writer_length(w);
    set_length(w, 4 + STUN_INTEGRITY_SIZE);
    uint8_t *v = add_space(w, STUN_MESSAGE_INTEGRITY, STUN_INTEGRITY_SIZE);
    uint8_t mac[EVP_MAX_MD_SIZE];
    if (!v)
        return;
    if (HMAC(EVP_sha1(), key, (int)key_len, w->begin, covered, mac, NULL))
        memcpy(v, mac, STUN_INTEGRITY_SIZE);
    else
        w->bad = true;
}

void stun_add_fingerprint(struct writer *w)
{
    size_t covered = writer_length(w);
    set_length(w, 8);
    if (w->bad)
        return;
    uint32_t crc = (uint32_t)crc32(0, w->begin, (uInt)covered);
    stun_add_u32(w, STUN_FINGERPRINT, crc ^ STUN_FINGERPRINT_XOR);
}

size_t stun_end(struct writer *w)
{
    set_length(w, 0);
    return w->bad ? 0 : writer_length(w);
}
