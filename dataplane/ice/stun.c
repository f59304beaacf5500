/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/ice/stun.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#define FIRST_OPTIONAL 0x8000 /* attributes from here on may be ignored */

bool stun_is_message(const uint8_t *data, size_t len)
{
    return len >= STUN_HEADER && (data[0] & 0xc0) == 0 && be32_get(data + 4) == STUN_MAGIC;
}

/* The class is bits 4 and 8 of the type, the method is the rest (RFC 8489 section 5). */
static void parse_type(struct stun_message *m, uint16_t type)
{
    m->class = (enum stun_class)((type >> 7 & 2) | (type >> 4 & 1));
    m->method = (uint16_t)((type & 0x000f) | (type >> 1 & 0x0070) | (type >> 2 & 0x0f80));
}

bool stun_read_xor_address(struct net_addr *a, const uint8_t *value, size_t len,
                           const uint8_t *message)
{
    size_t ip_len = len == 8 && value[1] == 1 ? 4 : len == 20 && value[1] == 2 ? 16 : 0;
    if (ip_len == 0)
        return false;
    *a = (struct net_addr){.family = ip_len == 4 ? 4 : 6};
    a->port = (uint16_t)(be16_get(value + 2) ^ STUN_MAGIC >> 16);
    for (size_t i = 0; i < ip_len; i++)
        a->ip[i] = value[4 + i] ^ message[4 + i]; /* magic cookie and transaction */
    return true;
}

static bool parse_role(struct stun_message *m, bool *role, const uint8_t *v, size_t len)
{
    if (len != 8)
        return false;
    if (!m->controlling && !m->controlled)
        m->tie_breaker = be64_get(v);
    *role = true;
    return true;
}

static bool parse_fingerprint(struct stun_message *m, const uint8_t *v, size_t len)
{
    if (len != 4)
        return false;
    uint32_t crc = (uint32_t)crc32(0, m->data, (uInt)(v - 4 - m->data));
    m->has_fingerprint = true;
    return be32_get(v) == (crc ^ STUN_FINGERPRINT_XOR);
}

static bool parse_username(struct stun_message *m, const uint8_t *v, size_t len)
{
    if (len > STUN_USERNAME_MAX)
        return false;
    if (!m->username) {
        m->username = (const char *)v;
        m->username_len = (uint16_t)len;
    }
    return true;
}

static bool parse_priority(struct stun_message *m, const uint8_t *v, size_t len)
{
    if (len != 4)
        return false;
    if (!m->has_priority)
        m->priority = be32_get(v);
    m->has_priority = true;
    return true;
}

static bool parse_error_code(struct stun_message *m, const uint8_t *v, size_t len)
{
    if (len < 4 || (v[2] & 7) < 3 || (v[2] & 7) > 6 || v[3] > 99)
        return false;
    m->error_code = (uint16_t)((v[2] & 7) * 100 + v[3]);
    return true;
}

static void note_unknown(struct stun_message *m, uint16_t type)
{
    if (type < FIRST_OPTIONAL && m->n_unknown < STUN_UNKNOWN_MAX)
        m->unknown[m->n_unknown++] = type;
}

static bool parse_attribute(struct stun_message *m, uint16_t type, const uint8_t *v, size_t len)
{
    if (type == STUN_FINGERPRINT)
        return parse_fingerprint(m, v, len);
    if (m->integrity_at != 0)
        return true;
    switch (type) {
    case STUN_USERNAME:
        return parse_username(m, v, len);
    case STUN_MESSAGE_INTEGRITY:
        m->integrity_at = (size_t)(v - 4 - m->data);
        return len == STUN_INTEGRITY_SIZE;
    case STUN_ERROR_CODE:
        return parse_error_code(m, v, len);
    case STUN_XOR_MAPPED_ADDRESS:
        return m->mapped.family != 0 || stun_read_xor_address(&m->mapped, v, len, m->data);
    case STUN_PRIORITY:
        return parse_priority(m, v, len);
    case STUN_USE_CANDIDATE:
        m->use_candidate = true;
        return true;
    case STUN_ICE_CONTROLLED:
        return parse_role(m, &m->controlled, v, len);
    case STUN_ICE_CONTROLLING:
        return parse_role(m, &m->controlling, v, len);
    case STUN_MAPPED_ADDRESS:
    case STUN_UNKNOWN_ATTRIBUTES:
    case STUN_REALM:
    case STUN_NONCE:
        return true;
    default:
        note_unknown(m, type);
        return true;
    }
}

const uint8_t *stun_next_attribute(struct reader *r, uint16_t *type, uint16_t *len)
{
    *type = read_be16(r);
    *len = read_be16(r);
    return r->bad ? NULL : read_bytes(r, (*len + 3u) & ~3u);
}

static bool parse_attributes(struct stun_message *m)
{
    struct reader r = reader_of(m->data + STUN_HEADER, m->len - STUN_HEADER);
    for (unsigned n = 0; reader_left(&r) > 0; n++) {
        uint16_t type, len;
        const uint8_t *v = stun_next_attribute(&r, &type, &len);
        if (!v || m->has_fingerprint || n == STUN_ATTRIBUTES_MAX)
            return false;
        if (!parse_attribute(m, type, v, len))
            return false;
    }
    return true;
}

bool stun_parse(struct stun_message *m, const uint8_t *data, size_t len)
{
    *m = (struct stun_message){.data = data, .len = len};
    if (!stun_is_message(data, len) || len > STUN_MESSAGE_MAX || len % 4 != 0 ||
        be16_get(data + 2) != len - STUN_HEADER)
        return false;
    parse_type(m, be16_get(data));
    memcpy(m->transaction, data + 8, STUN_TRANSACTION);
    return parse_attributes(m);
}

bool stun_verify(const struct stun_message *m, const char *key, size_t key_len)
{
    if (m->integrity_at == 0 || key_len == 0 || key_len > STUN_KEY_MAX)
        return false;
    uint8_t covered[STUN_MESSAGE_MAX];
    memcpy(covered, m->data, m->integrity_at);
    size_t counted = m->integrity_at + 4 + STUN_INTEGRITY_SIZE - STUN_HEADER;
    be16_put(covered + 2, (uint16_t)counted);
    uint8_t mac[EVP_MAX_MD_SIZE];
    if (!HMAC(EVP_sha1(), key, (int)key_len, covered, m->integrity_at, mac, NULL))
        return false;
    return CRYPTO_memcmp(mac, m->data + m->integrity_at + 4, STUN_INTEGRITY_SIZE) == 0;
}

bool stun_request_ufrag(const uint8_t *data, size_t len, const char **ufrag, size_t *ufrag_len)
{
    if (!stun_is_message(data, len) || be16_get(data) != STUN_BINDING)
        return false;
    struct reader r = reader_of(data + STUN_HEADER, len - STUN_HEADER);
    for (unsigned n = 0; n < STUN_ATTRIBUTES_MAX; n++) {
        uint16_t type, value_len;
        const uint8_t *v = stun_next_attribute(&r, &type, &value_len);
        if (!v)
            return false;
        if (type != STUN_USERNAME)
            continue;
        const uint8_t *colon = memchr(v, ':', value_len);
        *ufrag = (const char *)v;
        *ufrag_len = colon ? (size_t)(colon - v) : 0;
        return colon && colon > v;
    }
    return false;
}
