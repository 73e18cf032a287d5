/* Tests of hexadecimal text: round trips, and what is refused with its offset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/base/hex.h"
#include "harness/base/tests/guard.h"

static void test_round_trip(void **state)
{
    (void)state;
    uint8_t all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    struct buf text, back;
    buf_init(&text, 512);
    buf_init(&back, 256);
    for (size_t len = 0; len <= sizeof all; len++) {
        buf_reset(&text);
        buf_reset(&back);
        assert_true(hex_encode(&text, span_of(all, len)));
        assert_int_equal(text.len, 2 * len);
        assert_int_equal(hex_decode(&back, buf_span(&text), NULL), ERR_OK);
        assert_true(span_equal(buf_span(&back), span_of(all, len)));
    }
    assert_memory_equal(text.data, "000102030405060708090a0b", 24);
    assert_false(hex_encode(&text, span_of(all, 1)));
    buf_fini(&text);
    buf_fini(&back);
}

static void test_decode(void **state)
{
    (void)state;
    struct guard guard;
    struct buf out;
    guard_init(&guard, 64);
    buf_init(&out, 4);
    assert_int_equal(hex_decode(&out, span_cstr(" dE aD\n\tBE ef "), NULL), ERR_OK);
    assert_memory_equal(out.data, "\xde\xad\xbe\xef", 4);
    static const struct {
        const char *text;
        enum err_code code;
        const char *says;
    } rows[] = {{"0", ERR_SYNTAX, "offset 0"},       {"00 1", ERR_SYNTAX, "offset 3"}, {"0 0", ERR_SYNTAX, "offset 0"},
                {"00g0", ERR_SYNTAX, "offset 2"},    {"0x00", ERR_SYNTAX, "offset 0"}, {"000", ERR_SYNTAX, "offset 2"},
                {"0011223344", ERR_LIMIT, "5 bytes"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        buf_reset(&out);
        assert_int_equal(hex_decode(&out, guard_place(&guard, span_cstr(rows[i].text)), &err), rows[i].code);
        assert_non_null(strstr(err.text, rows[i].says));
        assert_int_equal(out.len, 0);
    }
    buf_fini(&out);
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_decode)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
