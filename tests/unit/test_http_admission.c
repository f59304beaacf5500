/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/http/admission.h"

static uint32_t take(struct admission *a, const char *ip)
{
    struct net_addr peer;
    assert_true(net_addr_parse(&peer, ip, 1234));
    return admission_take(a, &peer);
}

static void an_address_gets_its_share(void **state)
{
    (void)state;
    struct admission a;
    assert_true(admission_init(&a, 10, 2, 7));
    uint32_t first = take(&a, "203.0.113.1");
    assert_int_not_equal(first, ADMISSION_REFUSED);
    assert_int_not_equal(take(&a, "203.0.113.1"), ADMISSION_REFUSED);
    assert_int_equal(take(&a, "203.0.113.1"), ADMISSION_REFUSED);
    assert_int_not_equal(take(&a, "203.0.113.2"), ADMISSION_REFUSED);
    admission_give(&a, first);
    assert_int_not_equal(take(&a, "203.0.113.1"), ADMISSION_REFUSED);

    assert_int_not_equal(take(&a, "2001:db8:0:1::1"), ADMISSION_REFUSED);
    assert_int_not_equal(take(&a, "2001:db8:0:1::2"), ADMISSION_REFUSED);
    assert_int_equal(take(&a, "2001:db8:0:1::3"), ADMISSION_REFUSED);
    assert_int_not_equal(take(&a, "2001:db8:0:2::3"), ADMISSION_REFUSED);
    admission_free(&a);
}

static void proxies_are_exempt_until_all_is_full(void **state)
{
    (void)state;
    static const char *const proxies[] = {"127.0.0.1",    "::1",     "10.1.2.3", "172.16.0.1",
                                          "172.31.255.1", "fd00::1", "fe80::1",  "192.168.1.1"};
    struct admission a;
    struct net_addr unset = {0};
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
        assert_true(admission_init(&a, 4, 1, 7));
        for (int n = 0; n < 4; n++)
            assert_int_equal(take(&a, proxies[i]), n);
        assert_int_equal(take(&a, proxies[i]), ADMISSION_REFUSED);
        assert_int_equal(admission_take(&a, &unset), ADMISSION_REFUSED);
        admission_give(&a, 2);
        assert_int_equal(admission_take(&a, &unset), 2);
        admission_free(&a);
    }
    assert_true(admission_init(&a, 4, 1, 7));
    assert_int_not_equal(take(&a, "172.32.0.1"), ADMISSION_REFUSED);
    assert_int_equal(take(&a, "172.32.0.1"), ADMISSION_REFUSED);
    admission_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_gets_its_share),
        cmocka_unit_test(proxies_are_exempt_until_all_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
