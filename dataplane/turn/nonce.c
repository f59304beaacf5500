/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/nonce.h"

#include "common/bytes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define TIME_BYTES 8
#define BYTES      (NONCE_TEXT / 2)

/* Addresses are flat values without undefined bytes. */
static void make(uint8_t out[static BYTES], const uint8_t *secret, const struct net_addr *client,
                 usec_t issued)
{
    uint8_t covered[TIME_BYTES + sizeof(*client)], mac[EVP_MAX_MD_SIZE] = {0};
    be64_put(covered, issued);
    memcpy(covered + TIME_BYTES, client, sizeof(*client));
    HMAC(EVP_sha256(), secret, NONCE_SECRET, covered, sizeof(covered), mac, NULL);
    be64_put(out, issued);
    memcpy(out + TIME_BYTES, mac, BYTES - TIME_BYTES);
}

static void write_hex(char out[static NONCE_TEXT], const uint8_t bytes[static BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < BYTES; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

void nonce_make(char out[static NONCE_TEXT], const uint8_t secret[static NONCE_SECRET],
                const struct net_addr *client, usec_t now)
{
    uint8_t bytes[BYTES];
    make(bytes, secret, client, now);
    write_hex(out, bytes);
}

/* Any letter of another kind gives a time that fails the comparison. */
static usec_t issued_at(const char *text)
{
    usec_t t = 0;
    for (size_t i = 0; i < (size_t)2 * TIME_BYTES; i++) {
        char c = text[i];
        t = t << 4 | (unsigned)((c <= '9' ? c - '0' : c - 'a' + 10) & 15);
    }
    return t;
}

bool nonce_check(const char *text, size_t len, const uint8_t secret[static NONCE_SECRET],
                 const struct net_addr *client, usec_t now)
{
    if (len != NONCE_TEXT)
        return false;
    usec_t issued = issued_at(text);
    char ours[NONCE_TEXT];
    nonce_make(ours, secret, client, issued);
    return CRYPTO_memcmp(ours, text, NONCE_TEXT) == 0 && issued <= now &&
           now - issued < NONCE_LIFETIME;
}
