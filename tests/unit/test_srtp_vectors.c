/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published test vectors: key derivation and counter mode (RFC 3711 appendix B), AEAD (RFC 7714
 * section 16), HMAC-SHA1 (RFC 2202).
 */
#include "dataplane/srtp/engine.h"
#include "dataplane/srtp/hmac_sha1.h"
#include "tests/unit/srtp_support.h"

#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bytes of hexadecimal text; the caller frees. */
static uint8_t *hex(const char *text)
{
    uint8_t *bytes = OPENSSL_hexstr2buf(text, NULL);
    assert_non_null(bytes);
    return bytes;
}

static void set_hex(void *to, const char *text)
{
    uint8_t *bytes = hex(text);
    memcpy(to, bytes, strlen(text) / 2);
    OPENSSL_free(bytes);
}

static void assert_hex(const void *got, const char *text)
{
    uint8_t *want = hex(text);
    assert_memory_equal(got, want, strlen(text) / 2);
    OPENSSL_free(want);
}

static void test_key_derivation(void **state)
{
    (void)state;
    struct srtp_master m = {.profile = SRTP_AES128_CM_SHA1_80};
    struct srtp_session_keys s;
    set_hex(m.key, "E1F97A0D3E018BE0D64FA32C06DE4139");
    set_hex(m.salt, "0EC675AD498AFEEBB6960B3AABE6");
    assert_true(srtp_derive(&m, &s));
    assert_hex(s.rtp.key, "C61E7A93744F39EE10734AFE3FF7A087");
    assert_hex(s.rtp.salt, "30CBBC08863D8C85D49DB34A9AE1");
    assert_hex(s.rtp.auth, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
}

static void test_unknown_profile(void **state)
{
    (void)state;
    struct srtp_master m = {.profile = (enum srtp_profile)2};
    struct srtp_session_keys s;
    assert_false(srtp_derive(&m, &s));
    assert_int_equal(srtp_key_length(m.profile), 0);
    assert_int_equal(srtp_tag_length(SRTP_NONE), 0);
    struct srtp_engine *e = srtp_engine_create("evp");
    assert_null(srtp_key_create(e, &m));
    srtp_engine_destroy(e);
    assert_null(srtp_engine_create("no such engine"));
}

static void test_hmac(void **state)
{
    (void)state;
    struct hmac_sha1 h;
    uint8_t out[20];
    const char *text = "what do ya want for nothing?";
    hmac_sha1_init(&h, (const uint8_t *)"Jefe", 4);
    hmac_sha1(&h, (const uint8_t *)text, 10, (const uint8_t *)text + 10, strlen(text) - 10, out);
    assert_hex(out, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

static struct srtp_key *session_key(struct srtp_engine *e, enum srtp_profile p, const char *key,
                                    const char *salt)
{
    struct srtp_session_keys s = {.profile = p};
    set_hex(s.rtp.key, key);
    set_hex(s.rtp.salt, salt);
    struct srtp_key *k = e->ops->key_create(e, &s);
    assert_non_null(k);
    k->ops = e->ops;
    k->profile = p;
    memcpy(k->salt[SRTP_USE_RTP], s.rtp.salt, SRTP_SALT_MAX);
    return k;
}

static void check_counter_mode(struct srtp_engine *e)
{
    static const uint8_t zeros[48];
    uint8_t iv[16], out[48];
    struct srtp_key *k =
        session_key(e, SRTP_AES128_CM_SHA1_80, "2B7E151628AED2A6ABF7158809CF4F3C", "00");
    set_hex(iv, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
    e->ops->ctr(e, k, SRTP_USE_RTP, iv, zeros, sizeof zeros, out);
    assert_hex(out, "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"
                    "41E95B3BB0A2E8DD477901E4FCA894C0");
    srtp_key_destroy(k);
}

#define GCM_PACKET                                                                                 \
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e6973206469766973"                         \
    "6120696e207061727465732074726573"
#define GCM_HEADER 12
#define GCM_LEN    50

static void check_gcm(struct srtp_engine *e, enum srtp_profile p, const char *key,
                      const char *protected)
{
    uint8_t buf[GCM_LEN + SRTP_GCM_TAG];
    struct srtp_key *k = session_key(e, p, key, "517569642070726f2071756f");
    set_hex(buf, GCM_PACKET);
    struct srtp_job job = {.key = k,
                           .out = buf,
                           .payload = buf + GCM_HEADER,
                           .header_len = GCM_HEADER,
                           .payload_len = GCM_LEN - GCM_HEADER};
    srtp_protect(e, &job, 1);
    assert_hex(buf, protected);
    srtp_key_destroy(k);
}

static void check_gcm_both(struct srtp_engine *e)
{
    check_gcm(e, SRTP_AEAD_AES_128_GCM, "000102030405060708090a0b0c0d0e0f",
              "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a"
              "51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce");
    check_gcm(e, SRTP_AEAD_AES_256_GCM,
              "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
              "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a02"
              "76ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13");
}

static void for_all_engines(void (*check)(struct srtp_engine *e))
{
    for (size_t i = 0; i < 2; i++) {
        struct srtp_engine *e = srtp_engine_create(all_engines[i]);
        if (!e)
            continue;
        check(e);
        srtp_engine_destroy(e);
    }
}

static void test_counter_mode(void **state)
{
    (void)state;
    for_all_engines(check_counter_mode);
}

static void test_gcm(void **state)
{
    (void)state;
    for_all_engines(check_gcm_both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_derivation),
        cmocka_unit_test(test_unknown_profile),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_counter_mode),
        cmocka_unit_test(test_gcm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
