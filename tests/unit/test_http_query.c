/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/http/query.h"

static void expect_decoded(const char *in, bool plus, const char *want)
{
    char out[128];
    size_t n = query_decode(in, strlen(in), plus, out);
    if (!want) {
        assert_true(n == QUERY_BAD);
        return;
    }
    assert_true(n == strlen(want));
    assert_string_equal(out, want);
}

static void decoding(void **state)
{
    (void)state;
    expect_decoded("", true, "");
    expect_decoded("a%2Fb%2fc", true, "a/b/c");
    expect_decoded("a+b%2B", true, "a b+");
    expect_decoded("a+b", false, "a+b");
    expect_decoded("%", true, NULL);
    expect_decoded("%4", true, NULL);
    expect_decoded("%41", true, "A");
    expect_decoded("%4g", true, NULL);
    expect_decoded("a%00b", true, NULL);
    expect_decoded("%C3%A9", true, "\xc3\xa9");
}

static void expect_field(const char *query, const char *name, const char *want)
{
    const char *value;
    size_t length;
    bool found = query_find(query, strlen(query), name, &value, &length);
    assert_true(found == (want != NULL));
    if (want) {
        assert_true(length == strlen(want));
        assert_memory_equal(value, want, length);
    }
}

static void fields(void **state)
{
    (void)state;
    expect_field("a=1&b=2&a=3", "a", "1");
    expect_field("a=1&b=2", "b", "2");
    expect_field("a=1&b", "b", "");
    expect_field("a=1&b=", "b", "");
    expect_field("ab=1", "a", NULL);
    expect_field("a=1", "ab", NULL);
    expect_field("%61ccess_token=x%3D", "access_token", "x%3D");
    expect_field("%6=1&=2&&", "a", NULL);
    expect_field("", "a", NULL);
    expect_field("a=b=c", "a", "b=c");
}

static void expect_path(const char *target, const char *want)
{
    char out[128];
    size_t before = query_path(target, strlen(target), out);
    if (!want) {
        assert_true(before == QUERY_BAD);
        return;
    }
    assert_true(before == strcspn(target, "?"));
    assert_string_equal(out, want);
}

static void paths(void **state)
{
    (void)state;
    expect_path("/", "/");
    expect_path("/rtc?access_token=x", "/rtc");
    expect_path("//rtc/v1", "/rtc/v1");
    expect_path("///", "/");
    expect_path("/a//b", "/a//b");
    expect_path("/a%2fb", "/a/b");
    expect_path("http://host", "/");
    expect_path("http://host?q", "/");
    expect_path("HTTP://host:80//rtc?x", "/rtc");
    expect_path("https://host/rtc", "/rtc");
    expect_path("*", NULL);
    expect_path("", NULL);
    expect_path("rtc", NULL);
    expect_path("/%", NULL);
    expect_path("?x", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding),
        cmocka_unit_test(fields),
        cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
