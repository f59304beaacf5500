/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STUN messages with the attributes of TURN (RFC 8656 section 18) and of long-term credentials
 * (RFC 8489 section 9.2), and ChannelData (RFC 8656 section 12.4). Parsing gives a flat structure
 * whose pointers lead into the caller's bytes. Private to this directory and its tests.
 */
#ifndef SLUICE_DATAPLANE_TURN_MESSAGE_H
#define SLUICE_DATAPLANE_TURN_MESSAGE_H

#include "dataplane/ice/stun.h"

enum turn_method {
    TURN_ALLOCATE = 0x003,
    TURN_REFRESH = 0x004,
    TURN_SEND = 0x006,
    TURN_DATA = 0x007,
    TURN_CREATE_PERMISSION = 0x008,
    TURN_CHANNEL_BIND = 0x009,
};

enum turn_attribute {
    TURN_CHANNEL_NUMBER = 0x000c,
    TURN_LIFETIME = 0x000d,
    TURN_XOR_PEER_ADDRESS = 0x0012,
    TURN_DATA_VALUE = 0x0013,
    TURN_XOR_RELAYED_ADDRESS = 0x0016,
    TURN_REQUESTED_ADDRESS_FAMILY = 0x0017,
    TURN_REQUESTED_TRANSPORT = 0x0019,
};

#define TURN_PEER_ADDRESSES_MAX 16 /* of one CreatePermission; a request with more is refused */
#define TURN_PROTOCOL_UDP       17
#define TURN_CHANNEL_MIN        0x4000
#define TURN_CHANNEL_MAX        0x4fff
#define TURN_CHANNEL_HEADER     4

/* Of an attribute that comes twice the first one counts, except XOR-PEER-ADDRESS. What stands
 * behind MESSAGE-INTEGRITY is ignored. */
struct turn_message {
    struct stun_message stun; /* its list of unknown attributes is not of use here */
    const uint8_t *realm, *nonce, *data;
    uint16_t realm_len, nonce_len, data_len;
    bool has_lifetime, has_channel, has_transport;
    uint32_t lifetime; /* seconds */
    uint16_t channel;
    uint8_t transport;
    uint8_t family; /* REQUESTED-ADDRESS-FAMILY: 4, 6, 0 absent, 0xff another */
    uint8_t n_peers;
    struct net_addr peers[TURN_PEER_ADDRESSES_MAX];
    uint8_t n_unknown;
    uint16_t unknown[STUN_UNKNOWN_MAX];
};

/* False if data[0..len) is not one well-formed message. */
bool turn_parse(struct turn_message *m, const uint8_t *data, size_t len);

/* True if the bytes are ChannelData, maybe with padding behind; *payload points into them. */
bool turn_channel_parse(const uint8_t *data, size_t len, uint16_t *channel, const uint8_t **payload,
                        size_t *payload_len);

#endif
