/* The forms of fields: here that of a host, which no other test asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/base/field_form.h"

static void test_host(void **state)
{
    static const char *const good[] = {"",      "a",          "a.test", "a.test:80", "a:", "127.0.0.1:1",
                                       "[::1]", "[::1]:8080", "a%20b",  "a_b~c"};
    static const char *const bad[] = {"a b",    "a/b", "user@a", "a:port", "a:8x", "[::1",
                                      "[::1]x", "::1", "a?b",    "a#b",    "\x80"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!field_form_host(span_cstr(good[i])))
            fail_msg("refused: %s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (field_form_host(span_cstr(bad[i])))
            fail_msg("taken: %s", bad[i]);
    }
    assert_false(field_form_host(span_of("a\0b", 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_host)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
