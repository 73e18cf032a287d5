/* Bytes that a later occurrence replaces are not printed, and are read all the same. Each row was a disagreement with
 * libprotobuf and upb, found by fuzz/differential. */
#include "harness/engine/tests/protojson_fixture.h"
#include "harness/engine/tests/proto_set.h"

struct row {
    const char *hex;
    const char *json;     /* NULL: refused */
    const char *fragment; /* of the error */
};

static void check_rows(struct fixture *fixture, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum err_code code = fixture_print(fixture, "Everything", rows[i].hex);
        if (rows[i].json) {
            if (code != ERR_OK)
                fail_msg("%s: %s", rows[i].hex, fixture->err.text);
            assert_string_equal(fixture_text(fixture), rows[i].json);
        } else if (code == ERR_OK || !strstr(fixture->err.text, rows[i].fragment)) {
            fail_msg("%s: %d, %s", rows[i].hex, (int)code, fixture->err.text);
        }
    }
}

static void test_replaced_members_of_a_oneof(void **state)
{
    static const struct row rows[] = {
        /* choice_string, then choice_int32 */
        {"ca060161 a80607", "{\"choiceInt32\":7}", NULL},
        {"ca0601ff a80607", NULL, "UTF-8"},
        /* choice_message, then choice_int32: its text, its child's text, a cut field, a word */
        {"e206030a0161 a80607", "{\"choiceInt32\":7}", NULL},
        {"e206030a01ff a80607", NULL, "UTF-8"},
        {"e206051a030a01ff a80607", NULL, "UTF-8"},
        {"e206020a05 a80607", NULL, "malformed"},
        {"e206032201c3 a80607", NULL, "UTF-8"},
        /* text with another wire type is an unknown field */
        {"e2060308ff01 a80607", "{\"choiceInt32\":7}", NULL},
        /* choice_timestamp out of its range can be read, and is not printed */
        {"f2060a08ffffffffffffffffff a80607", NULL, "malformed"},
        {"f2060a08ffffffffffffffff7f a80607", "{\"choiceInt32\":7}", NULL},
    };
    check_rows(*state, rows, sizeof rows / sizeof rows[0]);
}

static void test_replaced_values(void **state)
{
    static const struct row rows[] = {
        {"720161 720162", "{\"stringValue\":\"b\"}", NULL},
        {"7201ff 720162", NULL, "UTF-8"},
        {"7201ff 1001 720162", NULL, "UTF-8"},
        {"720162 7201ff", NULL, "UTF-8"},
        /* by_string, one key twice */
        {"c204060a0161120162 c204060a0161120163", "{\"byString\":{\"a\":\"c\"}}", NULL},
        {"c204060a01611201ff c204060a0161120163", NULL, "UTF-8"},
        {"c204070a016112016212 c204060a0161120163", NULL, "malformed"},
    };
    check_rows(*state, rows, sizeof rows / sizeof rows[0]);
}

static void test_replaced_lists_are_read_to_their_end(void **state)
{
    /* named_selves, one key twice; in the first a packed list of fixed64 or of doubles that is cut: doubles is 41. */
    static const struct row rows[] = {
        {"da07 10 0a0161 120b ca02080000000000000000 da07050a01611200", "{\"namedSelves\":{\"a\":{}}}", NULL},
        {"da07 0f 0a0161 120a ca020700000000000000 da07050a01611200", NULL, "packed"},
    };
    check_rows(*state, rows, sizeof rows / sizeof rows[0]);
}

static void test_depth_of_what_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct buf nested;
    struct buf whole;
    buf_init(&nested, 4096);
    buf_init(&whole, 8192);
    for (int depth = 0; depth < 120; depth++) { /* Inner.child in Inner.child ... */
        buf_reset(&whole);
        buf_append_byte(&whole, 0x1a);
        for (size_t len = nested.len; true; len >>= 7) {
            buf_append_byte(&whole, (uint8_t)(len > 127 ? (len & 127) | 128 : len));
            if (len <= 127)
                break;
        }
        buf_append_span(&whole, buf_span(&nested));
        buf_reset(&nested);
        buf_append_span(&nested, buf_span(&whole));
    }
    buf_reset(&whole);
    buf_append(&whole, "\xe2\x06", 2);
    buf_append_byte(&whole, (uint8_t)((nested.len & 127) | 128));
    buf_append_byte(&whole, (uint8_t)(nested.len >> 7));
    buf_append_span(&whole, buf_span(&nested));
    buf_append(&whole, "\xa8\x06\x07", 3);
    assert_int_equal(fixture_print_span(fixture, fixture_message(fixture, "Everything"), buf_span(&whole), NULL),
                     ERR_LIMIT);
    buf_fini(&whole);
    buf_fini(&nested);
}

/* An unknown number of a closed enum is an unknown field: it does not take the place of another member. */
static void test_unknown_number_in_a_oneof(void **state)
{
    struct fixture *fixture = *state;
    struct proto_set set;
    struct schema *schema;
    struct err err;
    proto_set_init(&set);
    proto_set_file(&set, "t.proto", "t", "proto2");
    proto_set_open(&set, 5); /* enum_type */
    proto_set_text(&set, 1, "E");
    proto_set_open(&set, 2);
    proto_set_text(&set, 1, "ONE");
    proto_set_number(&set, 2, 1);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_message(&set, 4, "M");
    for (uint32_t number = 1; number <= 2; number++) {
        proto_set_open(&set, 2); /* field */
        proto_set_text(&set, 1, number == 1 ? "text" : "kind");
        proto_set_number(&set, 3, number);
        proto_set_number(&set, 4, 1);
        proto_set_number(&set, 5, number == 1 ? SCHEMA_STRING : SCHEMA_ENUM);
        if (number == 2)
            proto_set_text(&set, 6, ".t.E");
        proto_set_number(&set, 9, 0);
        proto_set_close(&set);
    }
    proto_set_open(&set, 8); /* oneof_decl */
    proto_set_text(&set, 1, "choice");
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_close(&set);
    if (schema_new(&schema, buf_span(&set.bytes), &err) != ERR_OK)
        fail_msg("%s", err.text);
    const struct schema_message *message = schema_message_find(schema, span_cstr("t.M"));
    struct span bytes = span_of("\x0a\x01\x61\x10\x01", 5);
    assert_int_equal(fixture_print_span(fixture, message, bytes, NULL), ERR_OK);
    assert_string_equal(fixture_text(fixture), "{\"kind\":\"ONE\"}");
    bytes = span_of("\x0a\x01\x61\x10\x02", 5);
    assert_int_equal(fixture_print_span(fixture, message, bytes, NULL), ERR_OK);
    assert_string_equal(fixture_text(fixture), "{\"text\":\"a\"}");
    bytes = span_of("\x10\x01\x0a\x01\x61\x10\x02", 7);
    assert_int_equal(fixture_print_span(fixture, message, bytes, NULL), ERR_OK);
    assert_string_equal(fixture_text(fixture), "{\"text\":\"a\"}");
    schema_free(schema);
    proto_set_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replaced_members_of_a_oneof),
        cmocka_unit_test(test_replaced_values),
        cmocka_unit_test(test_replaced_lists_are_read_to_their_end),
        cmocka_unit_test(test_depth_of_what_is_replaced),
        cmocka_unit_test(test_unknown_number_in_a_oneof),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
