/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LiveKit's DataPacket on the wire: what routing needs to know of it, and stamping it with its
 * sender, without a schema: whatever is not stamped is kept byte for byte, known or not.
 */
#ifndef SLUICE_DATAPLANE_SCTP_DATA_PACKET_H
#define SLUICE_DATAPLANE_SCTP_DATA_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATA_DESTINATIONS_MAX 256 /* identities or sids; a packet with more is refused */
#define DATA_NONCE_MAX        64

enum data_packet_kind { DATA_KIND_RELIABLE = 0, DATA_KIND_LOSSY = 1 };

/* Field numbers of the oneof `value`. Others may come; they are forwarded too. */
enum data_packet_value {
    DATA_VALUE_NONE = 0,
    DATA_VALUE_USER = 2,
    DATA_VALUE_SPEAKER = 3,
    DATA_VALUE_SIP_DTMF = 6,
    DATA_VALUE_TRANSCRIPTION = 7,
    DATA_VALUE_METRICS = 8,
    DATA_VALUE_CHAT = 9,
    DATA_VALUE_RPC_REQUEST = 10,
    DATA_VALUE_RPC_ACK = 11,
    DATA_VALUE_RPC_RESPONSE = 12,
    DATA_VALUE_STREAM_HEADER = 13,
    DATA_VALUE_STREAM_CHUNK = 14,
    DATA_VALUE_STREAM_TRAILER = 15,
    DATA_VALUE_ENCRYPTED = 18,
};

/* Bytes within the packet that was parsed. */
struct data_slice {
    const uint8_t *data;
    uint32_t len;
};

struct data_packet {
    struct data_slice whole;
    uint32_t value;          /* enum data_packet_value, or another field number */
    uint32_t sequence;       /* 0: none */
    bool has_identity;       /* a participant_identity that is not empty */
    struct data_slice user;  /* contents of the user value */
    struct data_slice nonce; /* of the user value */
    /* To whom: both empty means everyone. */
    uint16_t n_identities, n_sids;
    bool identities_in_user; /* they were given in the user value only */
    struct data_slice identities[DATA_DESTINATIONS_MAX];
    struct data_slice sids[DATA_DESTINATIONS_MAX];
};

/* False if it is not well-formed protobuf, a value comes twice, or there are too many
 * destinations. */
bool data_packet_parse(struct data_packet *p, const uint8_t *data, size_t len);

struct data_sender {
    const char *sid, *identity;
    bool hidden;        /* the identity is left empty */
    bool keep_identity; /* that of the envelope stays as it came */
};

/* Most bytes that stamping adds to a packet that was parsed. */
size_t data_packet_stamp_room(const struct data_packet *p, const struct data_sender *from);

/* Writes the packet with kind, participant_sid and participant_identity set; in a user value also
 * the inner ones, and the destination identities of envelope and value made equal. Returns the
 * length, 0 if it does not fit into cap. `out` must not overlap the packet. */
size_t data_packet_stamp(const struct data_packet *p, enum data_packet_kind kind,
                         const struct data_sender *from, uint8_t *out, size_t cap);

/* True if slice and text are equal. */
bool data_slice_is(const struct data_slice *s, const char *text);

#endif
