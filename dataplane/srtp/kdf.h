/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session keys from a master key (RFC 3711 section 4.3, RFC 6188 section 3, RFC 7714 section 11).
 */
#ifndef SLUICE_DATAPLANE_SRTP_KDF_H
#define SLUICE_DATAPLANE_SRTP_KDF_H

#include "dataplane/srtp/srtp.h"

#define SRTP_AUTH_KEY 20 /* bytes of the HMAC-SHA1 key */

struct srtp_session_set {
    uint8_t key[SRTP_KEY_MAX];
    uint8_t auth[SRTP_AUTH_KEY]; /* zero with GCM */
    uint8_t salt[SRTP_SALT_MAX];
};

struct srtp_session_keys {
    enum srtp_profile profile;
    struct srtp_session_set rtp, rtcp;
};

/* False if the profile is unknown or OpenSSL fails. The caller wipes *out. */
bool srtp_derive(const struct srtp_master *m, struct srtp_session_keys *out);

#endif
