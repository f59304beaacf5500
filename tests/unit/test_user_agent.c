/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/signal/user_agent.h"

static const struct {
    const char *text, *browser, *browser_version, *os, *os_version;
} known[] = {
    {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
     "Safari/537.36",
     "Chrome", "126.0.0.0", "Linux", ""},
    {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "HeadlessChrome/156.0.0.0 Safari/537.36",
     "HeadlessChrome", "156.0.0.0", "Linux", ""},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox",
     "127.0", "Windows", "10.0"},
    {"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox",
     "127.0", "Ubuntu", ""},
    {"Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "Firefox Mobile",
     "127.0", "Android", "14"},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.5 Safari/605.1.15",
     "Safari", "17.5", "Mac OS X", "10.15.7"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
     "Mobile Safari", "17.5", "iOS", "17.5"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
     "Chrome Mobile iOS", "126.0.6478.54", "iOS", "17.5"},
    {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
     "Mobile Safari/537.36",
     "Chrome Mobile", "126.0.0.0", "Android", "10"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.56",
     "Edge", "126.0.2592.56", "Windows", "10.0"},
    {"curl/8.5.0", "", "", "", ""},
    {"", "", "", "", ""},
};

static void known_browsers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct user_agent u;
        user_agent_parse(&u, known[i].text);
        assert_string_equal(u.browser, known[i].browser);
        assert_string_equal(u.browser_version, known[i].browser_version);
        assert_string_equal(u.os, known[i].os);
        assert_string_equal(u.os_version, known[i].os_version);
    }
}

static void endless_versions_are_cut(void **state)
{
    (void)state;
    char text[1000] = "Firefox/";
    struct user_agent u;
    memset(text + 8, '1', sizeof(text) - 9);
    text[sizeof(text) - 1] = 0;
    user_agent_parse(&u, text);
    assert_int_equal(strlen(u.browser_version), USER_AGENT_TEXT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_browsers),
        cmocka_unit_test(endless_versions_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
