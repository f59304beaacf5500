/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/dtls/records.h"

#include "common/bytes.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <string.h>

#define VERSION       0xfefd /* DTLS 1.2 */
#define EPOCH         1
#define SEQUENCE_MASK 0xffffffffffffULL
#define SEQUENCE_LAST SEQUENCE_MASK
#define WINDOW        64
#define TAG           16
#define NONCE         12
#define AAD           13
#define RANDOM        32
#define KEY_BLOCK_MAX (2 * sizeof(struct record_keys))

/* ---- keys ---- */

static bool choose_cipher(struct records *r, const SSL_CIPHER *c)
{
    switch (c ? SSL_CIPHER_get_cipher_nid(c) : NID_undef) {
    case NID_aes_128_gcm:
        *r = (struct records){EVP_aes_128_gcm(), 8, .key_length = 16, .iv_length = 4};
        return true;
    case NID_aes_256_gcm:
        *r = (struct records){EVP_aes_256_gcm(), 8, .key_length = 32, .iv_length = 4};
        return true;
    case NID_chacha20_poly1305:
        *r = (struct records){EVP_chacha20_poly1305(), 0, .key_length = 32, .iv_length = 12};
        return true;
    default:
        return false;
    }
}

/* The pseudo-random function of TLS 1.2 (RFC 5246 section 5). */
static bool expand(const SSL *ssl, const uint8_t *master, size_t master_len, uint8_t *out,
                   size_t len)
{
    static char label[] = "key expansion";
    const EVP_MD *md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
    uint8_t seed[2 * RANDOM];
    if (!md || SSL_get_server_random(ssl, seed, RANDOM) != RANDOM ||
        SSL_get_client_random(ssl, seed + RANDOM, RANDOM) != RANDOM)
        return false;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)EVP_MD_get0_name(md), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void *)master, master_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label, sizeof(label) - 1),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof(seed)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    bool ok = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

/* The block is client key, server key, client IV, server IV. */
static void split(struct records *r, const uint8_t *block, bool client)
{
    struct record_keys *keys[] = {client ? &r->write : &r->read, client ? &r->read : &r->write};
    for (unsigned i = 0; i < 2; i++) {
        memcpy(keys[i]->key, block + i * r->key_length, r->key_length);
        memcpy(keys[i]->iv, block + 2 * r->key_length + i * r->iv_length, r->iv_length);
    }
}

bool records_init(struct records *r, SSL *ssl, bool client)
{
    uint8_t master[SSL_MAX_MASTER_KEY_LENGTH], block[KEY_BLOCK_MAX];
    if (!choose_cipher(r, SSL_get_current_cipher(ssl)))
        return false;
    size_t n = SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof(master));
    bool ok = expand(ssl, master, n, block, 2 * ((size_t)r->key_length + r->iv_length));
    if (ok)
        split(r, block, client);
    OPENSSL_cleanse(master, sizeof(master));
    OPENSSL_cleanse(block, sizeof(block));
    return ok;
}

void records_continue(struct records *r, uint64_t next_write, bool any_read, uint64_t highest_read)
{
    r->next_write = next_write;
    r->highest_read = any_read ? highest_read : 0;
    r->seen = any_read ? UINT64_MAX : 0;
}

/* ---- the cipher ---- */

/* AES-GCM: salt and explicit nonce, which is epoch and sequence number; ChaCha20: these, padded and
 * XORed with the IV. */
static void make_nonce(const struct records *r, const struct record_keys *k, uint8_t nonce[NONCE],
                       const uint8_t number[8])
{
    memcpy(nonce, k->iv, NONCE);
    for (unsigned i = 0; i < 8; i++)
        nonce[4 + i] = r->explicit_nonce ? number[i] : (uint8_t)(k->iv[4 + i] ^ number[i]);
}

struct aead {
    const uint8_t *nonce, *in;
    uint8_t aad[AAD];
    uint8_t *out, *tag;
    int len;
};

/* RFC 5246 section 6.2.3.3; `header` begins with the record's. */
static void make_aad(uint8_t aad[AAD], const uint8_t *header, size_t len)
{
    memcpy(aad, header + 3, 8);
    memcpy(aad + 8, header, 3);
    be16_put(aad + 11, (uint16_t)len);
}

static bool run(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const uint8_t *key, bool seal,
                const struct aead *a)
{
    int n = 0;
    return EVP_CipherInit_ex(ctx, cipher, NULL, key, a->nonce, seal) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &n, a->aad, AAD) == 1 &&
           EVP_CipherUpdate(ctx, a->out, &n, a->in, a->len) == 1 &&
           (seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, a->tag) == 1) &&
           EVP_CipherFinal_ex(ctx, a->out + n, &n) == 1 &&
           (!seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, a->tag) == 1);
}

static bool crypt(const struct records *r, const struct record_keys *k, bool seal,
                  const struct aead *a)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx && run(ctx, r->cipher, k->key, seal, a);
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

/* ---- sending ---- */

size_t records_seal(struct records *r, enum record_type type, const uint8_t *data, size_t len,
                    uint8_t *out)
{
    size_t sealed = r->explicit_nonce + len + TAG;
    uint8_t nonce[NONCE], *number = out + 3, *body = out + RECORD_HEADER + r->explicit_nonce;
    if (r->next_write > SEQUENCE_LAST || sealed > UINT16_MAX)
        return 0;
    out[0] = type;
    be16_put(out + 1, VERSION);
    be64_put(number, (uint64_t)EPOCH << 48 | r->next_write++);
    be16_put(out + 11, (uint16_t)sealed);
    memcpy(out + RECORD_HEADER, number, r->explicit_nonce);
    make_nonce(r, &r->write, nonce, number);
    struct aead a = {.nonce = nonce, .in = data, .out = body, .tag = body + len, .len = (int)len};
    make_aad(a.aad, out, len);
    return crypt(r, &r->write, true, &a) ? RECORD_HEADER + sealed : 0;
}

/* ---- receiving ---- */

bool record_sequence(const uint8_t header[static RECORD_HEADER], uint64_t *sequence)
{
    uint64_t number = be64_get(header + 3);
    *sequence = number & SEQUENCE_MASK;
    return number >> 48 == EPOCH;
}

static bool is_new(const struct records *r, uint64_t n)
{
    if (n > r->highest_read)
        return true;
    uint64_t age = r->highest_read - n;
    return age < WINDOW && !(r->seen >> age & 1);
}

static void note_seen(struct records *r, uint64_t n)
{
    if (n > r->highest_read) {
        uint64_t by = n - r->highest_read;
        r->seen = by < WINDOW ? r->seen << by : 0;
        r->highest_read = n;
    }
    r->seen |= 1ULL << (r->highest_read - n);
}

/* The body may be damaged or forged. */
static bool open_body(const struct records *r, const uint8_t *record, size_t sealed, uint8_t *out,
                      size_t *out_len)
{
    const uint8_t *body = record + RECORD_HEADER + r->explicit_nonce;
    uint8_t nonce[NONCE], tag[TAG];
    if (sealed < (size_t)r->explicit_nonce + TAG)
        return false;
    *out_len = sealed - r->explicit_nonce - TAG;
    make_nonce(r, &r->read, nonce, r->explicit_nonce ? record + RECORD_HEADER : record + 3);
    memcpy(tag, body + *out_len, TAG);
    struct aead a = {.nonce = nonce, .in = body, .out = out, .tag = tag, .len = (int)*out_len};
    make_aad(a.aad, record, *out_len);
    return crypt(r, &r->read, false, &a);
}

size_t records_open(struct records *r, const uint8_t *in, size_t len, uint8_t *type, uint8_t *out,
                    size_t *out_len)
{
    uint64_t number;
    *type = 0;
    if (len < RECORD_HEADER)
        return 0;
    size_t sealed = be16_get(in + 11);
    if (sealed > len - RECORD_HEADER)
        return 0;
    if (record_sequence(in, &number) && be16_get(in + 1) == VERSION && is_new(r, number) &&
        open_body(r, in, sealed, out, out_len)) {
        note_seen(r, number);
        *type = in[0];
    }
    return RECORD_HEADER + sealed;
}
