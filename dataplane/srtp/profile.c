/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/srtp/engine.h"

size_t srtp_key_length(enum srtp_profile p)
{
    switch (p) {
    case SRTP_AES128_CM_SHA1_80:
    case SRTP_AEAD_AES_128_GCM:
        return 16;
    case SRTP_AEAD_AES_256_GCM:
        return 32;
    default:
        return 0;
    }
}

size_t srtp_salt_length(enum srtp_profile p)
{
    if (srtp_profile_is_gcm(p))
        return 12;
    return p == SRTP_AES128_CM_SHA1_80 ? 14 : 0;
}

size_t srtp_tag_length(enum srtp_profile p)
{
    if (srtp_profile_is_gcm(p))
        return SRTP_GCM_TAG;
    return p == SRTP_AES128_CM_SHA1_80 ? SRTP_SHA1_TAG : 0;
}
