/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base64.h"

/* RFC 4648 section 10. */
static const struct {
    const char *plain, *padded, *bare;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
};

static void the_rfc_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        char text[64];
        uint8_t bytes[64];
        size_t n = strlen(vectors[i].plain);
        assert_int_equal(base64_encode(vectors[i].plain, n, BASE64_STANDARD, true, text),
                         strlen(vectors[i].padded));
        assert_string_equal(text, vectors[i].padded);
        base64_encode(vectors[i].plain, n, BASE64_URL, false, text);
        assert_string_equal(text, vectors[i].bare);
        const char *const both[] = {vectors[i].padded, vectors[i].bare};
        for (int k = 0; k < 2; k++) {
            assert_int_equal(base64_decode(both[k], strlen(both[k]), BASE64_STANDARD, bytes), n);
            assert_memory_equal(bytes, vectors[i].plain, n);
        }
    }
}

static void the_alphabets_differ(void **state)
{
    (void)state;
    static const uint8_t high[] = {0xfb, 0xff, 0xfe};
    uint8_t bytes[8];
    char text[8];
    base64_encode(high, 3, BASE64_STANDARD, true, text);
    assert_string_equal(text, "+//+");
    base64_encode(high, 3, BASE64_URL, true, text);
    assert_string_equal(text, "-__-");
    assert_int_equal(base64_decode("-__-", 4, BASE64_URL, bytes), 3);
    assert_memory_equal(bytes, high, 3);
    assert_true(base64_decode("-__-", 4, BASE64_STANDARD, bytes) == BASE64_BAD);
    assert_true(base64_decode("+//+", 4, BASE64_URL, bytes) == BASE64_BAD);
}

static void what_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",     "Zm9vY", "Zg=",   "Zm8==",    "=",      "Z===",
                                      "Zg===", "Z g=",  "Zm=9v", "Zg==Zg==", "Zm9v\n", "%%%%"};
    uint8_t bytes[16];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_true(base64_decode(bad[i], strlen(bad[i]), BASE64_URL, bytes) == BASE64_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfc_vectors),
        cmocka_unit_test(the_alphabets_differ),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
