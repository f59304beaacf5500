/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/http/response_head.h"

static struct response_head head;

static enum response_head_result parse(const char *text)
{
    return response_head_parse(text, strlen(text), &head);
}

static void a_head(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 201 Created\r\nContent-Length: 12\r\nX-Empty:\r\n"
                               "X-Spaces: \t a b \t\r\n\r\nbody";
    struct response_header h;
    assert_int_equal(parse(text), RESPONSE_COMPLETE);
    assert_int_equal(head.status, 201);
    assert_int_equal(head.length, strlen(text) - 4);
    assert_true(head.content_length == 12);
    size_t at = head.headers;
    assert_true(response_head_next(text, &at, &h));
    assert_int_equal(h.name_length, 14);
    assert_true(response_head_next(text, &at, &h));
    assert_int_equal(h.value_length, 0);
    assert_true(response_head_next(text, &at, &h));
    assert_int_equal(h.value_length, 3);
    assert_memory_equal(h.value, "a b", 3);
    assert_false(response_head_next(text, &at, &h));
    for (size_t n = 0; n < head.length; n++) {
        struct response_head part;
        char *cut = strndup(text, n);
        assert_non_null(cut);
        assert_int_equal(response_head_parse(cut, n, &part), RESPONSE_PARTIAL);
        free(cut);
    }
    assert_int_equal(parse("HTTP/1.0 200\r\n\r\n"), RESPONSE_COMPLETE);
    assert_true(head.content_length == RESPONSE_UNTIL_END);
    assert_int_equal(parse("HTTP/1.0 200 OK\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\n"),
                     RESPONSE_COMPLETE);
}

static void bad_heads(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 199 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\na b: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: x\ny\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (parse(bad[i]) != RESPONSE_BAD)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_int_equal(response_head_parse("HTTP\0", 5, &head), RESPONSE_BAD);
}

static void endless_heads(void **state)
{
    (void)state;
    char *text = malloc(RESPONSE_HEAD_MAX + 1);
    assert_non_null(text);
    memset(text, 'x', RESPONSE_HEAD_MAX);
    text[RESPONSE_HEAD_MAX] = 0;
    assert_int_equal(response_head_parse(text, RESPONSE_HEAD_MAX - 1, &head), RESPONSE_PARTIAL);
    assert_int_equal(response_head_parse(text, RESPONSE_HEAD_MAX, &head), RESPONSE_BAD);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head),
        cmocka_unit_test(bad_heads),
        cmocka_unit_test(endless_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
