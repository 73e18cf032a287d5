/* Numbers of JSON as fields: which are taken for which type, and what they come back as. */
#include "harness/engine/tests/protojson_fixture.h"

#define ZEROS                                                                                                          \
    "00000000000000000000000000000000000000000000000000"                                                               \
    "00000000000000000000000000000000000000000000000000"                                                               \
    "00000000000000000000000000000000000000000000000000"

static const struct fixture_row integers[] = {
    {"{\"int32Value\":2147483647}", "{\"int32Value\":2147483647}", 0, 0},
    {"{\"int32Value\":-2147483648}", "{\"int32Value\":-2147483648}", 0, 0},
    {"{\"int32Value\":\"2147483647\"}", "{\"int32Value\":2147483647}", 0, 0},
    {"{\"int32Value\":\"\\u0031\"}", "{\"int32Value\":1}", 0, 0},
    {"{\"int32Value\":\"0\"}", "{}", 0, 0},
    {"{\"int32Value\":1.0}", "{\"int32Value\":1}", 0, 0},
    {"{\"int32Value\":1e5}", "{\"int32Value\":100000}", 0, 0},
    {"{\"int32Value\":\"1e5\"}", "{\"int32Value\":100000}", 0, 0},
    {"{\"int32Value\":2147483647.0}", "{\"int32Value\":2147483647}", 0, 0},
    {"{\"int32Value\":-2147483648.0}", "{\"int32Value\":-2147483648}", 0, 0},
    {"{\"int32Value\":1E+2}", "{\"int32Value\":100}", 0, 0},
    {"{\"int32Value\":1." ZEROS ZEROS "}", "{\"int32Value\":1}", 0, 0},
    {"{\"int32Value\":-0}", "{}", 0, 0},
    {"{\"optionalInt32\":-0}", "{\"optionalInt32\":0}", 0, 0},
    {"{\"uint32Value\":4294967295}", "{\"uint32Value\":4294967295}", 0, 0},
    {"{\"uint32Value\":4294967295.0}", "{\"uint32Value\":4294967295}", 0, 0},
    {"{\"fixed32Value\":4294967295}", "{\"fixed32Value\":4294967295}", 0, 0},
    {"{\"sint32Value\":-2147483648}", "{\"sint32Value\":-2147483648}", 0, 0},
    {"{\"sfixed32Value\":-2147483648}", "{\"sfixed32Value\":-2147483648}", 0, 0},
    {"{\"int64Value\":9223372036854775807}", "{\"int64Value\":\"9223372036854775807\"}", 0, 0},
    {"{\"int64Value\":\"-9223372036854775808\"}", "{\"int64Value\":\"-9223372036854775808\"}", 0, 0},
    {"{\"int64Value\":9007199254740993}", "{\"int64Value\":\"9007199254740993\"}", 0, 0},
    {"{\"int64Value\":9.007199254740993e15}", "{\"int64Value\":\"9007199254740993\"}", 0, 0},
    {"{\"uint64Value\":18446744073709551615}", "{\"uint64Value\":\"18446744073709551615\"}", 0, 0},
    {"{\"uint64Value\":\"18446744073709551615\"}", "{\"uint64Value\":\"18446744073709551615\"}", 0, 0},
    {"{\"fixed64Value\":\"18446744073709551615\"}", "{\"fixed64Value\":\"18446744073709551615\"}", 0, 0},
    {"{\"sint64Value\":\"-9223372036854775808\"}", "{\"sint64Value\":\"-9223372036854775808\"}", 0, 0},
    {"{\"sfixed64Value\":\"-9223372036854775808\"}", "{\"sfixed64Value\":\"-9223372036854775808\"}", 0, 0},
    {"{\"int32Value\":2147483648}", NULL, ERR_RANGE,
     "expected an int32 within its range, found the number \"2147483648\""},
    {"{\"int32Value\":-2147483649}", NULL, ERR_RANGE, "range"},
    {"{\"uint32Value\":-1}", NULL, ERR_RANGE, "range"},
    {"{\"uint32Value\":4294967296}", NULL, ERR_RANGE, "range"},
    {"{\"sint32Value\":2147483648}", NULL, ERR_RANGE, "range"},
    {"{\"fixed32Value\":-1}", NULL, ERR_RANGE, "range"},
    {"{\"sfixed32Value\":2147483648}", NULL, ERR_RANGE, "range"},
    {"{\"int64Value\":9223372036854775808}", NULL, ERR_RANGE, "range"},
    {"{\"int64Value\":\"-9223372036854775809\"}", NULL, ERR_RANGE, "range"},
    {"{\"uint64Value\":18446744073709551616}", NULL, ERR_RANGE, "range"},
    {"{\"uint64Value\":\"1e20\"}", NULL, ERR_RANGE, "range"},
    {"{\"uint64Value\":\"-1\"}", NULL, ERR_RANGE, "range"},
    {"{\"int64Value\":1" ZEROS ZEROS "}", NULL, ERR_RANGE, "range"},
    {"{\"int32Value\":0.5}", NULL, ERR_RANGE, "expected an int32 without a fraction"},
    {"{\"int32Value\":1e-1}", NULL, ERR_RANGE, "fraction"},
    {"{\"int32Value\":\"0.5\"}", NULL, ERR_RANGE, "fraction"},
    {"{\"int64Value\":0.5}", NULL, ERR_RANGE, "expected an int64 without a fraction"},
    {"{\"uint64Value\":\"1.5\"}", NULL, ERR_RANGE, "expected a uint64 without a fraction"},
    {"{\"int32Value\":\" 1\"}", NULL, ERR_RANGE, "found the string \" 1\""},
    {"{\"int32Value\":\"1 \"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"01\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"+1\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"1,\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"12abc\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"abc\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"0x1\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"1\\u0000\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"1\xe3\x80\x80\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":\"NaN\"}", NULL, ERR_RANGE, "expected an int32"},
    {"{\"int32Value\":true}", NULL, ERR_RANGE, "expected an int32, found true"},
    {"{\"int32Value\":[1]}", NULL, ERR_RANGE, "expected an int32, found an array"},
    {"{\"int32Value\":{}}", NULL, ERR_RANGE, "expected an int32, found an object"},
    {"{\"int32Value\":01}", NULL, ERR_SYNTAX, "at $.int32Value (offset 14): expected a number without a leading zero"},
    {"{\"int32Value\":+1}", NULL, ERR_SYNTAX, "expected a JSON value"},
};

static const struct fixture_row floating[] = {
    {"{\"doubleValue\":1.7976931348623157e308}", "{\"doubleValue\":1.7976931348623157e+308}", 0, 0},
    {"{\"doubleValue\":-5e-324}", "{\"doubleValue\":-5e-324}", 0, 0},
    {"{\"doubleValue\":\"1.5\"}", "{\"doubleValue\":1.5}", 0, 0},
    {"{\"doubleValue\":\"1.5e2\"}", "{\"doubleValue\":150}", 0, 0},
    {"{\"doubleValue\":\"NaN\"}", "{\"doubleValue\":\"NaN\"}", 0, 0},
    {"{\"doubleValue\":\"Infinity\"}", "{\"doubleValue\":\"Infinity\"}", 0, 0},
    {"{\"doubleValue\":\"-Infinity\"}", "{\"doubleValue\":\"-Infinity\"}", 0, 0},
    {"{\"doubleValue\":-0}", "{\"doubleValue\":-0}", 0, 0},
    {"{\"doubleValue\":-0.0}", "{\"doubleValue\":-0}", 0, 0},
    {"{\"doubleValue\":0.1}", "{\"doubleValue\":0.1}", 0, 0},
    {"{\"doubleValue\":1e-400}", "{}", 0, 0},
    {"{\"doubleValue\":1E+2}", "{\"doubleValue\":100}", 0, 0},
    {"{\"doubleValue\":1" ZEROS ZEROS "}", "{\"doubleValue\":1e+300}", 0, 0},
    {"{\"doubleValue\":0." ZEROS ZEROS "1}", "{\"doubleValue\":1e-301}", 0, 0},
    {"{\"floatValue\":3.4028235e38}", "{\"floatValue\":3.4028235e+38}", 0, 0},
    {"{\"floatValue\":0.1}", "{\"floatValue\":0.1}", 0, 0},
    {"{\"floatValue\":1e-45}", "{\"floatValue\":1e-45}", 0, 0},
    {"{\"floatValue\":\"NaN\"}", "{\"floatValue\":\"NaN\"}", 0, 0},
    {"{\"floatValue\":\"Infinity\"}", "{\"floatValue\":\"Infinity\"}", 0, 0},
    {"{\"floatValue\":\"-Infinity\"}", "{\"floatValue\":\"-Infinity\"}", 0, 0},
    {"{\"floatValue\":16777217}", "{\"floatValue\":16777216}", 0, 0},
    {"{\"floatValue\":\"1.5\"}", "{\"floatValue\":1.5}", 0, 0},
    {"{\"floatValue\":\"1.5e2\"}", "{\"floatValue\":150}", 0, 0},
    {"{\"doubleValue\":1.89769e308}", NULL, ERR_RANGE, "expected a double within its range"},
    {"{\"doubleValue\":-1e400}", NULL, ERR_RANGE, "range"},
    {"{\"doubleValue\":1e400}", NULL, ERR_RANGE, "range"},
    {"{\"doubleValue\":\"1e400\"}", NULL, ERR_RANGE, "range"},
    {"{\"doubleValue\":1" ZEROS ZEROS ZEROS "}", NULL, ERR_RANGE, "range"},
    {"{\"floatValue\":3.502823e38}", NULL, ERR_RANGE, "expected a float within its range"},
    {"{\"floatValue\":-3.502823e38}", NULL, ERR_RANGE, "range"},
    {"{\"floatValue\":\"3.502823e38\"}", NULL, ERR_RANGE, "range"},
    {"{\"doubleValue\":NaN}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"doubleValue\":Infinity}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"doubleValue\":-Infinity}", NULL, ERR_SYNTAX, "expected a digit"},
    {"{\"floatValue\":NaN}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"floatValue\":Infinity}", NULL, ERR_SYNTAX, "expected a JSON value"},
    {"{\"floatValue\":-Infinity}", NULL, ERR_SYNTAX, "expected a digit"},
    {"{\"doubleValue\":\"nan\"}", NULL, ERR_RANGE, "expected a double"},
    {"{\"doubleValue\":\"inf\"}", NULL, ERR_RANGE, "expected a double"},
    {"{\"doubleValue\":\"+Infinity\"}", NULL, ERR_RANGE, "expected a double"},
    {"{\"doubleValue\":\"\"}", NULL, ERR_RANGE, "expected a double"},
    {"{\"doubleValue\":\"abc\"}", NULL, ERR_RANGE, "expected a double"},
    {"{\"floatValue\":\"\"}", NULL, ERR_RANGE, "expected a float"},
    {"{\"floatValue\":\"abc\"}", NULL, ERR_RANGE, "expected a float"},
    {"{\"doubleValue\":\"1.5x\"}", NULL, ERR_RANGE, "expected a double"},
    {"{\"doubleValue\":true}", NULL, ERR_RANGE, "found true"},
};

static void test_integers(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Everything", integers);
}

static void test_floating(void **state)
{
    FIXTURE_CHECK_ROWS(*state, "Everything", floating);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_floating),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
