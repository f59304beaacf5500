/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dtls_peer.h"

#include "common/bytes.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void use_certificate(struct peer *p)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    assert_true(key && x);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    assert_int_equal(X509_set_pubkey(x, key), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(p->ctx, x), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(p->ctx, key), 1);
    assert_int_equal(X509_digest(x, EVP_sha256(), p->fingerprint, NULL), 1);
    X509_free(x);
    EVP_PKEY_free(key);
}

static int accept_any(X509_STORE_CTX *store, void *unused)
{
    (void)store;
    (void)unused;
    return 1;
}

/* Makes the ClientHello longer than one datagram. */
static void add_protocols(struct peer *p)
{
    uint8_t list[5 * 256];
    for (size_t i = 0; i < sizeof(list); i += 256) {
        list[i] = 255;
        memset(list + i + 1, 'a', 255);
    }
    assert_int_equal(SSL_set_alpn_protos(p->ssl, list, sizeof(list)), 0);
}

void peer_open(struct peer *p, const struct peer_options *o)
{
    memset(p, 0, sizeof(*p));
    p->ctx = SSL_CTX_new(DTLS_method());
    assert_non_null(p->ctx);
    SSL_CTX_set_options(p->ctx, SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(p->ctx, accept_any, NULL);
    SSL_CTX_set_max_proto_version(p->ctx, o->version ? o->version : DTLS1_2_VERSION);
    if (!o->no_certificate)
        use_certificate(p);
    if (o->profiles)
        assert_int_equal(SSL_CTX_set_tlsext_use_srtp(p->ctx, o->profiles), 0);
    p->ssl = SSL_new(p->ctx);
    p->in = BIO_new(BIO_s_mem());
    p->out = BIO_new(BIO_s_mem());
    assert_true(p->ssl && p->in && p->out);
    BIO_set_mem_eof_return(p->in, -1);
    SSL_set_bio(p->ssl, p->in, p->out);
    SSL_set_mtu(p->ssl, 1200);
    if (o->big_hello)
        add_protocols(p);
    if (o->server)
        SSL_set_accept_state(p->ssl);
    else
        SSL_set_connect_state(p->ssl);
}

void peer_close(struct peer *p)
{
    SSL_free(p->ssl);
    SSL_CTX_free(p->ctx);
}

void peer_input(struct peer *p, const uint8_t *data, size_t len)
{
    if (data)
        assert_int_equal(BIO_write(p->in, data, (int)len), len);
    if (p->failed)
        return;
    ERR_clear_error();
    uint8_t unused;
    if (p->connected) { /* answers what is repeated of the handshake, leaves data */
        SSL_peek(p->ssl, &unused, 1);
        return;
    }
    int r = SSL_do_handshake(p->ssl);
    int why = SSL_get_error(p->ssl, r);
    p->connected = r == 1;
    p->failed = r != 1 && why != SSL_ERROR_WANT_READ;
}

size_t peer_output(struct peer *p, uint8_t *buf, size_t cap)
{
    if (BIO_pending(p->out) < 13)
        return 0;
    assert_int_equal(BIO_read(p->out, buf, 13), 13);
    size_t len = be16_get(buf + 11);
    assert_true(13 + len <= cap);
    assert_int_equal(BIO_read(p->out, buf + 13, (int)len), len);
    return 13 + len;
}
