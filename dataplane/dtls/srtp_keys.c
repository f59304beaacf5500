/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 5764 section 4.2: the exporter gives client key, server key, client salt, server salt. */
#include "dataplane/dtls/dtls_internal.h"

#include <openssl/crypto.h>
#include <openssl/srtp.h>
#include <string.h>

static const char label[] = "EXTRACTOR-dtls_srtp";

struct lengths {
    size_t key, salt;
};

static struct lengths lengths_of(enum srtp_profile p)
{
    switch (p) {
    case SRTP_AES128_CM_SHA1_80:
        return (struct lengths){16, 14};
    case SRTP_AEAD_AES_128_GCM:
        return (struct lengths){16, 12};
    case SRTP_AEAD_AES_256_GCM:
        return (struct lengths){32, 12};
    case SRTP_NONE:
        break;
    }
    return (struct lengths){0, 0};
}

static void split(struct srtp_master *m, enum srtp_profile profile, const uint8_t *material,
                  struct lengths n, unsigned which)
{
    memset(m, 0, sizeof(*m));
    m->profile = profile;
    memcpy(m->key, material + which * n.key, n.key);
    memcpy(m->salt, material + 2 * n.key + which * n.salt, n.salt);
}

bool dtls_srtp_masters(const struct dtls *d, struct srtp_master *receive, struct srtp_master *send)
{
    const SRTP_PROTECTION_PROFILE *chosen =
        dtls_is_settled(d) ? NULL : SSL_get_selected_srtp_profile(d->ssl);
    enum srtp_profile profile = chosen ? (enum srtp_profile)chosen->id : SRTP_NONE;
    struct lengths n = lengths_of(profile);
    uint8_t material[2 * (SRTP_KEY_MAX + SRTP_SALT_MAX)];
    if (d->state != DTLS_CONNECTED || n.key == 0)
        return false;
    if (SSL_export_keying_material(d->ssl, material, 2 * (n.key + n.salt), label, sizeof(label) - 1,
                                   NULL, 0, 0) != 1)
        return false;
    split(receive, profile, material, n, d->client ? 1 : 0);
    split(send, profile, material, n, d->client ? 0 : 1);
    OPENSSL_cleanse(material, sizeof(material));
    return true;
}
