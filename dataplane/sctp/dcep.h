/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the data channel establishment protocol (RFC 8832 section 5).
 */
#ifndef SLUICE_DATAPLANE_SCTP_DCEP_H
#define SLUICE_DATAPLANE_SCTP_DCEP_H

#include "dataplane/sctp/data_channel.h"

/* Payload protocol identifiers (RFC 8831 section 8). */
enum data_ppid {
    DATA_PPID_DCEP = 50,
    DATA_PPID_STRING = 51,
    DATA_PPID_BINARY = 53,
    DATA_PPID_STRING_EMPTY = 56,
    DATA_PPID_BINARY_EMPTY = 57,
};

#define DCEP_MESSAGE_MAX (12 + DATA_LABEL_MAX) /* longest that is written */

enum dcep_message {
    DCEP_MALFORMED, /* or with a label that we do not take */
    DCEP_OPEN,
    DCEP_ACK,
};

/* Reads one message; *type is set for DCEP_OPEN. Priority and protocol are not kept. */
enum dcep_message dcep_parse(const uint8_t *data, size_t len, struct data_channel_type *type);

/* Write a message; return its length, 0 if it does not fit. */
size_t dcep_write_open(uint8_t *out, size_t cap, const struct data_channel_type *type);
size_t dcep_write_ack(uint8_t *out, size_t cap);

#endif
