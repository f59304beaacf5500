/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/dtls/dtls_internal.h"

#include "common/random.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALID_BEFORE (-24L * 3600)       /* peers' clocks may be late */
#define VALID_AFTER  (10L * 365 * 86400) /* longer than any process lives */

/* The order is our preference; OpenSSL's server follows it. */
static const char srtp_profiles[] =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";
/* AEAD only: DTLS_OVERHEAD counts on it. RSA for peers whose certificate is such. */
static const char ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384";
static const char groups[] = "X25519:P-256:P-384";

static bool name_certificate(X509 *x)
{
    X509_NAME *name = X509_get_subject_name(x);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"sluice", -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(x, name) == 1;
}

static bool fill_certificate(X509 *x, EVP_PKEY *key)
{
    return X509_set_version(x, 2) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), random_u64() >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(x), VALID_BEFORE) &&
           X509_gmtime_adj(X509_getm_notAfter(x), VALID_AFTER) && name_certificate(x) &&
           X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()) > 0;
}

static bool use_new_certificate(struct dtls_context *c)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    unsigned n = 0;
    bool ok = key && x && fill_certificate(x, key) &&
              X509_digest(x, EVP_sha256(), c->fingerprint, &n) == 1 && n == DTLS_FINGERPRINT &&
              SSL_CTX_use_certificate(c->ssl, x) == 1 && SSL_CTX_use_PrivateKey(c->ssl, key) == 1;
    X509_free(x);
    EVP_PKEY_free(key);
    return ok;
}

static bool fits(const struct dtls *d, X509 *peer)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    return peer && X509_digest(peer, EVP_sha256(), digest, &n) == 1 && n == DTLS_FINGERPRINT &&
           memcmp(digest, d->expected, DTLS_FINGERPRINT) == 0;
}

/* Instead of a chain, the fingerprint counts. If it is not known yet, dtls_set_fingerprint() looks
 * before the association is used. */
static int check_peer(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct dtls *d = SSL_get_app_data(ssl);
    bool ok = !d->has_expected || fits(d, X509_STORE_CTX_get0_cert(store));
    X509_STORE_CTX_set_error(store, ok ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return ok;
}

static bool configure(struct dtls_context *c)
{
    SSL_CTX_set_options(c->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(c->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(c->ssl, check_peer, NULL);
    return SSL_CTX_set_min_proto_version(c->ssl, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(c->ssl, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(c->ssl, ciphers) == 1 &&
           SSL_CTX_set1_groups_list(c->ssl, groups) == 1 &&
           SSL_CTX_set_max_send_fragment(c->ssl, DTLS_MTU) == 1 &&
           SSL_CTX_set_tlsext_use_srtp(c->ssl, srtp_profiles) == 0; /* 0 is success here */
}

struct dtls_context *dtls_context_create(char err[static DTLS_ERROR_TEXT])
{
    struct dtls_context *c = calloc(1, sizeof(*c));
    if (!c) {
        snprintf(err, DTLS_ERROR_TEXT, "out of memory");
        return NULL;
    }
    ERR_clear_error();
    c->bio = datagram_bio_method();
    c->ssl = SSL_CTX_new(DTLS_method());
    if (c->bio && c->ssl && configure(c) && use_new_certificate(c))
        return c;
    ERR_error_string_n(ERR_get_error(), err, DTLS_ERROR_TEXT);
    dtls_context_destroy(c);
    return NULL;
}

void dtls_context_destroy(struct dtls_context *c)
{
    if (!c)
        return;
    SSL_CTX_free(c->ssl);
    BIO_meth_free(c->bio);
    free(c);
}

void dtls_context_fingerprint(const struct dtls_context *c, uint8_t out[static DTLS_FINGERPRINT])
{
    memcpy(out, c->fingerprint, DTLS_FINGERPRINT);
}

bool dtls_peer_fits(const struct dtls *d)
{
    return fits(d, SSL_get0_peer_certificate(d->ssl));
}
