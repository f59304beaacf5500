/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a transport must know of the peer: the fields of sluice.link.RemoteDescription.
 */
#ifndef SLUICE_CONTROL_SDP_REMOTE_H
#define SLUICE_CONTROL_SDP_REMOTE_H

#include "control/sdp/description.h"

struct sdp_remote {
    char ufrag[SDP_ICE_MAX], pwd[SDP_ICE_MAX];
    uint8_t fingerprint[SDP_FINGERPRINT_SIZE];
    bool dtls_client;          /* we are the DTLS client: the peer insists on setup:passive */
    uint16_t sctp_port;        /* 0: no data section */
    uint32_t max_message_size; /* of the peer; 0: no data section */
};

/* Everything is bundled: the transport is that of the first section that is not rejected. False
 * with *e filled if there is none, if credentials or fingerprint are missing or malformed, or if
 * another live section names a different certificate or credentials. */
bool sdp_remote_of(const struct sdp_description *d, struct sdp_remote *remote, struct sdp_error *e);

/* RFC 8839 4.4.1.1: new ufrag and pwd. False for a first description (old->ufrag empty). */
bool sdp_ice_restarts(const struct sdp_remote *old, const struct sdp_remote *now);

#endif
