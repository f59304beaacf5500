/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of data tracks (channel `_data_track`): a header of fixed size, extensions, payload.
 *
 *   0: version (3 bits, 0), first packet of a frame, last one, extensions follow, 10 reserved bits
 *   2: track handle, not 0      4: sequence number      6: frame number      8: timestamp (90 kHz)
 *   12: with extensions: n (16 bits); they end 4 * (n + 1) bytes after this field's beginning
 *
 * Big-endian. What is in the extensions and the payload is the clients' own affair. (LiveKit's
 * description: livekit-datatrack/docs/packet-v0.md of rust-sdks; extension length as its clients
 * write it.)
 */
#ifndef SLUICE_DATAPLANE_SCTP_DATA_TRACK_H
#define SLUICE_DATAPLANE_SCTP_DATA_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATA_TRACK_HEADER 12

struct data_track_header {
    bool first, last;
    uint16_t handle, sequence, frame;
    uint32_t timestamp;
    size_t len; /* with extensions; the rest is payload */
};

/* False if the version is not ours, the handle 0, or the packet shorter than its header says. */
bool data_track_parse(struct data_track_header *h, const uint8_t *packet, size_t len);

/* Puts another handle into a packet that was parsed. */
void data_track_set_handle(uint8_t *packet, uint16_t handle);

#endif
