/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf fields of a DataPacket as they stand on the wire: internal to sctp/.
 */
#ifndef SLUICE_DATAPLANE_SCTP_DATA_WIRE_H
#define SLUICE_DATAPLANE_SCTP_DATA_WIRE_H

#include "common/bytes.h"
#include "dataplane/sctp/data_packet.h"

enum data_wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* Of the envelope. */
enum {
    FIELD_KIND = 1,
    FIELD_IDENTITY = 4,
    FIELD_DESTINATIONS = 5,
    FIELD_SEQUENCE = 16,
    FIELD_SID = 17,
};

/* Of the user value. */
enum {
    USER_SID = 1,
    USER_DESTINATION_SIDS = 3,
    USER_IDENTITY = 5,
    USER_DESTINATIONS = 6,
    USER_NONCE = 11,
};

struct data_field {
    uint32_t id;
    enum data_wire wire;
    uint64_t number;         /* WIRE_VARINT */
    struct data_slice value; /* WIRE_BYTES */
    struct data_slice whole; /* with its key */
};

/* The next field; false at the end, and at what is not well-formed (r->bad). */
bool data_next_field(struct reader *r, struct data_field *f);

#endif
