/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/tokens/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>

static bool add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool ok = e && X509_add_ext(x, e, -1) == 1;
    X509_EXTENSION_free(e);
    return ok;
}

static X509 *sign(EVP_PKEY *key)
{
    X509 *x = X509_new();
    if (!x)
        return NULL;
    X509_NAME *name = X509_get_subject_name(x);
    bool ok = X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
              X509_gmtime_adj(X509_getm_notBefore(x), -3600) &&
              X509_gmtime_adj(X509_getm_notAfter(x), 86400) &&
              X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                         (const unsigned char *)"bench-tokens", -1, -1, 0) &&
              X509_set_issuer_name(x, name) && X509_set_pubkey(x, key) &&
              add_extension(x, NID_subject_alt_name, "IP:127.0.0.1") &&
              add_extension(x, NID_basic_constraints, "critical,CA:TRUE") &&
              X509_sign(x, key, EVP_sha256()) > 0;
    if (ok)
        return x;
    X509_free(x);
    return NULL;
}

static bool write_file(const char *path, X509 *x)
{
    FILE *f = fopen(path, "w");
    bool ok = f && PEM_write_X509(f, x) == 1;
    return f && fclose(f) == 0 && ok;
}

SSL_CTX *certificate_make(const char *path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = key ? sign(key) : NULL;
    SSL_CTX *ctx = x && write_file(path, x) ? SSL_CTX_new(TLS_server_method()) : NULL;
    if (ctx && (SSL_CTX_use_certificate(ctx, x) != 1 || SSL_CTX_use_PrivateKey(ctx, key) != 1)) {
        SSL_CTX_free(ctx);
        ctx = NULL;
    }
    if (ctx)
        SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    X509_free(x);
    EVP_PKEY_free(key);
    return ctx;
}
