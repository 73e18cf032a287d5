/* Tests of addresses and URLs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "harness/net/address.h"

static void good_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        uint16_t port;
    } table[] = {
        {"127.0.0.1:53000", "127.0.0.1", 53000},
        {"localhost:0", "localhost", 0},
        {"[::1]:8080", "::1", 8080},
        {"example:65535", "example", 65535},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char host[64];
        uint16_t port = 1;
        struct err err;
        assert_int_equal(address_parse(host, sizeof host, &port, table[i].text, &err), ERR_OK);
        assert_string_equal(host, table[i].host);
        assert_int_equal(port, table[i].port);
    }
}

static void bad_addresses(void **state)
{
    (void)state;
    static const char *const table[] = {
        "",
        ":",
        "127.0.0.1",
        "127.0.0.1:",
        ":80",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:80x",
        "[::1",
        "[::1]80",
        "[]:80",
        "a b:80",
        "user@host:80",
        "127.0.0.1:999999999999999999999",
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char host[64];
        uint16_t port;
        struct err err = {0};
        assert_int_equal(address_parse(host, sizeof host, &port, table[i], &err), ERR_USAGE);
        assert_true(strlen(err.text) > 10);
    }
}

static void host_too_long(void **state)
{
    (void)state;
    char host[8];
    uint16_t port;
    assert_int_equal(address_parse(host, sizeof host, &port, "1234567:1", NULL), ERR_OK);
    assert_int_equal(address_parse(host, sizeof host, &port, "12345678:1", NULL), ERR_USAGE);
}

static void urls(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host; /* host NULL: refused */
        uint16_t port;
        bool tls;
    } table[] = {
        {"http://127.0.0.1:51051", "127.0.0.1", 51051, false},
        {"http://127.0.0.1:51051/", "127.0.0.1", 51051, false},
        {"http://proxy", "proxy", 80, false},
        {"https://proxy", "proxy", 443, true},
        {"https://[::1]:8443", "::1", 8443, true},
        {"ftp://proxy", NULL, 0, false},
        {"127.0.0.1:51051", NULL, 0, false},
        {"http://", NULL, 0, false},
        {"http://proxy/path", NULL, 0, false},
        {"http://proxy?x", NULL, 0, false},
        {"http://user@proxy", NULL, 0, false},
        {"http://proxy:0", NULL, 0, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char host[64];
        uint16_t port = 0;
        bool tls = false;
        struct err err = {0};
        enum err_code code = address_parse_url(host, sizeof host, &port, &tls, table[i].text, &err);
        assert_int_equal(code, table[i].host ? ERR_OK : ERR_USAGE);
        if (!table[i].host)
            continue;
        assert_string_equal(host, table[i].host);
        assert_int_equal(port, table[i].port);
        assert_int_equal(tls, table[i].tls);
    }
}

static void loopback(void **state)
{
    (void)state;
    assert_true(address_is_loopback("127.0.0.1"));
    assert_true(address_is_loopback("127.9.9.9"));
    assert_true(address_is_loopback("::1"));
    assert_true(address_is_loopback("localhost"));
    assert_false(address_is_loopback("0.0.0.0"));
    assert_false(address_is_loopback("192.168.0.1"));
    assert_false(address_is_loopback("1270.0.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_addresses), cmocka_unit_test(bad_addresses), cmocka_unit_test(host_too_long),
        cmocka_unit_test(urls),           cmocka_unit_test(loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
