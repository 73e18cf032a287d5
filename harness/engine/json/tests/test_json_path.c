/* Tests of the text of places in a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/escape.h"
#include "harness/engine/json/path.h"

static void test_text(void **state)
{
    (void)state;
    char text[JSON_PATH_TEXT_MAX];
    struct json_path list = {.kind = JSON_PATH_NAME, .name = span_cstr("attendees")};
    struct json_path element = {.up = &list, .kind = JSON_PATH_INDEX, .index = 1};
    struct json_path name = {.up = &element, .kind = JSON_PATH_NAME, .name = span_cstr("ssn_2")};
    struct json_path key = {.up = &name, .kind = JSON_PATH_NAME, .name = span_of("a \"b\x1b\xff\0", 7)};
    assert_string_equal(json_path_text(NULL, text), "$");
    assert_string_equal(json_path_text(&name, text), "$.attendees[1].ssn_2");
    assert_string_equal(json_path_text(&key, text), "$.attendees[1].ssn_2[\"a \\x22b\\x1b\\xff\\x00\"]");
    key.name = span_cstr("");
    assert_string_equal(json_path_text(&key, text), "$.attendees[1].ssn_2[\"\"]");
    key.name = span_cstr("9lives");
    assert_string_equal(json_path_text(&key, text), "$.attendees[1].ssn_2[\"9lives\"]");
    /* A key of a map that looks like an extension is told from one. */
    key.name = span_cstr("[a.b_2]");
    assert_string_equal(json_path_text(&key, text), "$.attendees[1].ssn_2[\"[a.b_2]\"]");
    key.kind = JSON_PATH_EXTENSION;
    assert_string_equal(json_path_text(&key, text), "$.attendees[1].ssn_2[a.b_2]");
    /* A long one is cut, rather than the whole path lost. */
    char name_text[300];
    memset(name_text, 'x', sizeof name_text);
    key.name = span_of(name_text, 160);
    assert_int_equal(strlen(json_path_text(&key, text)), strlen("$.attendees[1].ssn_2") + 160);
    key.name.len = 161;
    assert_non_null(strstr(json_path_text(&key, text), "$.attendees[1].ssn_2[\"xxxx"));
    key.name.len = sizeof name_text;
    assert_non_null(strstr(json_path_text(&key, text), "$.attendees[1].ssn_2[\"xxxx"));
}

/* However deep and however long the names, the text fits, is ASCII, and keeps its end. */
static void test_long(void **state)
{
    (void)state;
    struct json_path path[200];
    static uint8_t name[200];
    for (size_t len = 0; len < sizeof name; len += 13) {
        memset(name, len % 2 ? 'x' : 0xfe, sizeof name);
        for (size_t depth = 0; depth < 200; depth++) {
            char text[JSON_PATH_TEXT_MAX];
            path[depth] = (struct json_path){.up = depth > 0 ? &path[depth - 1] : NULL, .name = span_of(name, len)};
            if (len % 2 && depth % 3 == 0)
                path[depth].kind = JSON_PATH_EXTENSION;
            struct json_path last = {.up = &path[depth], .kind = JSON_PATH_INDEX, .index = depth};
            json_path_text(&last, text);
            size_t text_len = strlen(text);
            assert_true(text_len < JSON_PATH_TEXT_MAX && text[0] == '$' && text[text_len - 1] == ']');
            for (size_t i = 0; i < text_len; i++)
                assert_true(text[i] >= 0x20 && text[i] < 0x7f);
        }
    }
}

static void test_err(void **state)
{
    (void)state;
    struct err err;
    struct json_path path = {.kind = JSON_PATH_NAME, .name = span_cstr("a")};
    assert_int_equal(json_path_err(&err, ERR_RANGE, &path, 31, "expected %s, found %s", "x", "y"), ERR_RANGE);
    assert_string_equal(err.text, "at $.a (offset 31): expected x, found y");
    assert_int_equal(err.code, ERR_RANGE);
    assert_int_equal(json_path_err(NULL, ERR_SYNTAX, NULL, 0, "x"), ERR_SYNTAX);
}

static void test_quote(void **state)
{
    (void)state;
    char text[ESCAPE_QUOTE_MAX];
    static uint8_t bytes[500];
    assert_string_equal(escape_quote(span_cstr("ab"), text), "\"ab\"");
    for (size_t len = 0; len < sizeof bytes; len++) {
        escape_quote(span_of(bytes, len), text);
        assert_true(strlen(text) < ESCAPE_QUOTE_MAX && text[strlen(text) - 1] == '"');
    }
    assert_non_null(strstr(text, "..."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_err),
        cmocka_unit_test(test_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
