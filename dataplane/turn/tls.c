/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/tls.h"

#include <openssl/err.h>
#include <stdio.h>

static SSL_CTX *failed(SSL_CTX *ctx, const char *what, const char *file, char *err, size_t size)
{
    const char *why = ERR_reason_error_string(ERR_get_error());
    snprintf(err, size, "TURN: %s %s: %s", what, file, why ? why : "unknown error");
    SSL_CTX_free(ctx);
    return NULL;
}

SSL_CTX *turn_tls_context(const char *cert_file, const char *key_file, char *err, size_t err_size)
{
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        return failed(ctx, "TLS", "", err, err_size);
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
        return failed(ctx, "certificate", cert_file, err, err_size);
    if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
        return failed(ctx, "private key", key_file, err, err_size);
    return ctx;
}
