/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/message.h"

#define FIRST_OPTIONAL 0x8000

static void take_bytes(const uint8_t **out, uint16_t *out_len, const uint8_t *v, uint16_t len)
{
    if (*out)
        return;
    *out = v;
    *out_len = len;
}

static bool take_channel(struct turn_message *m, const uint8_t *v, size_t len)
{
    if (len != 4)
        return false;
    if (!m->has_channel)
        m->channel = be16_get(v);
    m->has_channel = true;
    return true;
}

static bool take_lifetime(struct turn_message *m, const uint8_t *v, size_t len)
{
    if (len != 4)
        return false;
    if (!m->has_lifetime)
        m->lifetime = be32_get(v);
    m->has_lifetime = true;
    return true;
}

static bool take_transport(struct turn_message *m, const uint8_t *v, size_t len)
{
    if (len != 4)
        return false;
    if (!m->has_transport)
        m->transport = v[0];
    m->has_transport = true;
    return true;
}

static bool take_family(struct turn_message *m, const uint8_t *v, size_t len)
{
    if (len != 4)
        return false;
    if (m->family == 0)
        m->family = v[0] == 1 ? 4 : v[0] == 2 ? 6 : 0xff;
    return true;
}

static bool take_peer(struct turn_message *m, const uint8_t *v, size_t len)
{
    return m->n_peers < TURN_PEER_ADDRESSES_MAX &&
           stun_read_xor_address(&m->peers[m->n_peers++], v, len, m->stun.data);
}

static void note_unknown(struct turn_message *m, uint16_t type)
{
    if (type < FIRST_OPTIONAL && m->n_unknown < STUN_UNKNOWN_MAX)
        m->unknown[m->n_unknown++] = type;
}

static bool take(struct turn_message *m, uint16_t type, const uint8_t *v, uint16_t len)
{
    switch (type) {
    case TURN_CHANNEL_NUMBER:
        return take_channel(m, v, len);
    case TURN_LIFETIME:
        return take_lifetime(m, v, len);
    case TURN_XOR_PEER_ADDRESS:
        return take_peer(m, v, len);
    case TURN_REQUESTED_TRANSPORT:
        return take_transport(m, v, len);
    case TURN_REQUESTED_ADDRESS_FAMILY:
        return take_family(m, v, len);
    case TURN_DATA_VALUE:
        take_bytes(&m->data, &m->data_len, v, len);
        return true;
    case STUN_REALM:
        take_bytes(&m->realm, &m->realm_len, v, len);
        return true;
    case STUN_NONCE:
        take_bytes(&m->nonce, &m->nonce_len, v, len);
        return true;
    case STUN_USERNAME:
    case STUN_MAPPED_ADDRESS:
    case STUN_ERROR_CODE:
    case STUN_UNKNOWN_ATTRIBUTES:
    case STUN_XOR_MAPPED_ADDRESS:
    case TURN_XOR_RELAYED_ADDRESS:
    case STUN_PRIORITY:
    case STUN_USE_CANDIDATE:
        return true;
    default:
        note_unknown(m, type);
        return true;
    }
}

bool turn_parse(struct turn_message *m, const uint8_t *data, size_t len)
{
    memset(m, 0, sizeof(*m));
    if (!stun_parse(&m->stun, data, len))
        return false;
    size_t end = m->stun.integrity_at ? m->stun.integrity_at : len;
    struct reader r = reader_of(data + STUN_HEADER, end - STUN_HEADER);
    while (reader_left(&r) > 0) {
        uint16_t type, value_len;
        const uint8_t *v = stun_next_attribute(&r, &type, &value_len);
        if (!v || !take(m, type, v, value_len))
            return false;
    }
    return true;
}

bool turn_channel_parse(const uint8_t *data, size_t len, uint16_t *channel, const uint8_t **payload,
                        size_t *payload_len)
{
    if (len < TURN_CHANNEL_HEADER || be16_get(data + 2) > len - TURN_CHANNEL_HEADER)
        return false;
    *channel = be16_get(data);
    *payload = data + TURN_CHANNEL_HEADER;
    *payload_len = be16_get(data + 2);
    return *channel >= TURN_CHANNEL_MIN && *channel <= TURN_CHANNEL_MAX;
}
