/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/tls.h"

#include "common/log.h"

#include <openssl/err.h>
#include <stdio.h>
#include <sys/stat.h>

static SSL_CTX *failed(SSL_CTX *ctx, const char *what, const char *file, char *err, size_t size)
{
    const char *why = ERR_reason_error_string(ERR_get_error());
    snprintf(err, size, "TURN: %s %s: %s", what, file, why ? why : "unknown error");
    SSL_CTX_free(ctx);
    return NULL;
}

static SSL_CTX *read_files(const struct turn_tls *t, char *err, size_t size)
{
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        return failed(ctx, "TLS", "", err, size);
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_use_certificate_chain_file(ctx, t->cert_file) != 1)
        return failed(ctx, "certificate", t->cert_file, err, size);
    if (SSL_CTX_use_PrivateKey_file(ctx, t->key_file, SSL_FILETYPE_PEM) != 1)
        return failed(ctx, "private key", t->key_file, err, size);
    return ctx;
}

static struct timespec changed_at(const char *file)
{
    struct stat st;
    return stat(file, &st) == 0 ? st.st_mtim : (struct timespec){0};
}

bool turn_tls_open(struct turn_tls *t, const char *cert_file, const char *key_file, char *err,
                   size_t err_size)
{
    *t = (struct turn_tls){.cert_file = cert_file, .key_file = key_file};
    t->changed = changed_at(cert_file);
    t->ctx = read_files(t, err, err_size);
    return t->ctx != NULL;
}

/* The key's file may be written after the certificate's: a pair that does not fit is tried again
 * until it does, but complained about once. */
void turn_tls_refresh(struct turn_tls *t)
{
    char err[512];
    if (!t->ctx)
        return;
    struct timespec at = changed_at(t->cert_file);
    bool is_new = at.tv_sec != t->changed.tv_sec || at.tv_nsec != t->changed.tv_nsec;
    if (!is_new && !t->pending)
        return;
    SSL_CTX *ctx = read_files(t, err, sizeof(err));
    t->changed = at;
    t->pending = ctx == NULL;
    if (ctx) {
        SSL_CTX_free(t->ctx);
        t->ctx = ctx;
        log_info("turn", "certificate read again file=%s", t->cert_file);
    } else if (is_new) {
        log_warn("turn", "the old certificate stays in use: %s", err);
    }
}

void turn_tls_close(struct turn_tls *t)
{
    SSL_CTX_free(t->ctx);
}
