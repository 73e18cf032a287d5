/* Families: cases that are written once, over many values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>

#include "harness/keys/keys.h"
#include "harness/suite/selection.h"
#include "harness/suite/tests/observation.h"

#define GOOD "harness/tests/expected/cases/good/every-key.json"

static struct suite *new_suite(void)
{
    struct suite *suite;
    struct err err;
    assert_int_equal(suite_new(&suite, observation_schema(), observation_router(), &err), ERR_OK);
    return suite;
}

static struct suite *good_suite(void)
{
    struct err err;
    struct suite *suite = new_suite();
    if (suite_add_directory(suite, "harness/tests/expected/cases/good", &err) != ERR_OK ||
        suite_finish(suite, &err) != ERR_OK)
        fail_msg("%s", err.text);
    return suite;
}

static const json_t *member_of(const json_t *object, const char *path)
{
    char key[64];
    while (*path) {
        size_t len = strcspn(path, "/");
        snprintf(key, sizeof key, "%.*s", (int)len, path);
        object = json_is_array(object) ? json_array_get(object, (size_t)(key[0] - '0')) : json_object_get(object, key);
        path += len + (path[len] == '/');
    }
    return object;
}

/* What a family says where its member says nothing; values as text and as what they are. */
static void test_plain_member(void **state)
{
    struct suite *suite = good_suite();
    const struct testcase *c = suite_find(suite, "every-key/family~plain");
    (void)state;
    assert_non_null(c);
    assert_string_equal(c->family, "every-key/family");
    assert_true(span_starts_with(span_cstr(c->pointer), GOOD "#/cases/"));
    assert_non_null(strstr(c->pointer, "/each/plain"));
    assert_string_equal(c->title, "The id a is read");
    assert_string_equal(c->why, "Without it a is 1");
    assert_int_equal(c->version, 1);
    assert_int_equal(c->level, LEVEL_MUST);
    assert_string_equal(c->cites[0], "http.proto");
    assert_int_equal(c->clients, CLIENT_H1 | CLIENT_H2);
    assert_true(span_is(c->request.path, "/v1/reservations?x=1"));
    assert_true(span_is(c->request.body, "{\"id\": 1, \"title\": \"a\", \"a\": {}}"));
    assert_true(json_equal(member_of(c->expect, "message"), member_of(c->backend, "1/message")));
    assert_true(json_is_object(member_of(c->expect, "message")));
    assert_true(span_is(keys_span(member_of(c->backend, "0/headers/0/1")), "a"));
    assert_true(span_is(keys_span(member_of(c->source, "id")), c->id));
    assert_null(member_of(c->source, "each"));
    assert_null(suite_find(suite, "every-key/family"));
    suite_free(suite);
}

static void test_member_with_words(void **state)
{
    struct suite *suite = good_suite();
    const struct testcase *c = suite_find(suite, "every-key/family~with-words");
    (void)state;
    assert_non_null(c);
    assert_int_equal(c->version, 3);
    assert_int_equal(c->level, LEVEL_MAY);
    assert_string_equal(c->title, "Another 2");
    assert_string_equal(c->why, "Y b");
    assert_string_equal(c->cites[0], "INV-1");
    assert_string_equal(c->behaviours[0], "J-14");
    assert_string_equal(c->needs[0], "http-body");
    assert_string_equal(c->defects[0], "body-ignored");
    assert_string_equal(c->twin, "every-key/family~plain");
    assert_int_equal(c->clients, CLIENT_H1);
    assert_true(c->disturbs);
    /* What was put in is not looked at again. */
    assert_true(span_is(keys_span(member_of(c->expect, "message/title")), "{text}"));
    suite_free(suite);
}

/* The values of a family stand before the numbers of its exchanges do. */
static void test_together(void **state)
{
    struct suite *suite = good_suite();
    const struct testcase *c = suite_find(suite, "every-key/family-together~two");
    (void)state;
    assert_non_null(c);
    assert_int_equal(c->exchange_count, 2);
    assert_true(span_is(c->exchanges[1].request.path, "/v1/reservations?room=r2&title=2"));
    assert_true(span_is(keys_span(member_of(c->exchanges[0].expect, "backend_saw/message/room")), "r1"));
    suite_free(suite);
}

static size_t selected(const struct suite *suite, const char *glob)
{
    struct selection selection;
    struct err err;
    size_t count = 0;
    selection_init(&selection);
    selection.selects[selection.select_count++] = glob;
    assert_int_equal(selection_check(&selection, suite, &err) == ERR_OK, glob[0] != '!');
    for (size_t i = 0; i < suite_count(suite); i++)
        count += selection_has(&selection, suite_at(suite, i));
    return count;
}

static void test_selection(void **state)
{
    struct suite *suite = good_suite();
    (void)state;
    assert_int_equal(selected(suite, "every-key/family"), 2);
    assert_int_equal(selected(suite, "every-key/family~*"), 2);
    assert_int_equal(selected(suite, "every-key/family~plain"), 1);
    assert_int_equal(selected(suite, "every-key/family*"), 3);
    assert_int_equal(selected(suite, "*/*ily"), 2);
    assert_int_equal(selected(suite, "!/family"), 0);
    suite_free(suite);
}

#define HEAD                                                                                                           \
    "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":[{\"id\":\"t/f\",\"version\":1,\"level\":\"must\","    \
    "\"title\":\"T\",\"why\":\"W\",\"cites\":[\"c\"],\"defects\":[\"body-ignored\"],"
#define REST          "\"request\":{\"method\":\"GET\",\"path\":\"/nowhere/{in}\"},\"expect\":{\"status\":\"{out}\"}}"
#define EACH(members) HEAD "\"each\":" members "," REST "]}"
#define ONE(values)   EACH("{\"a\":{" values "}}")

static const char *said_of(const char *text)
{
    static struct err err;
    struct suite *suite = new_suite();
    err.text[0] = '\0';
    enum err_code code = suite_add_file(suite, "t.json", span_cstr(text), &err);
    if (code == ERR_OK)
        code = suite_finish(suite, &err);
    suite_free(suite);
    assert_int_equal(code == ERR_OK, err.text[0] == '\0');
    return err.text;
}

static void test_refused(void **state)
{
    static const char *const rows[][2] = {
        {ONE("\"in\":1,\"out\":400"), ""},
        {EACH("[]"), "t.json#/cases/0/each: expected an object of 1 to 256 members"},
        {EACH("{}"), "t.json#/cases/0/each: expected an object of 1 to 256 members"},
        {EACH("{\"a\":1}"), "t.json#/cases/0/each/a: expected an object of values"},
        {EACH("{\"a\":{}}"), "t.json#/cases/0/each/a: expected an object of values"},
        {EACH("{\"A\":{\"in\":1,\"out\":400}}"), "t.json#/cases/0/each/A: expected a name of lower-case words"},
        {ONE("\"In\":1,\"out\":400"), "t.json#/cases/0/each/a/In: expected a name of lower-case words"},
        {ONE("\"in\":1"), "t.json#/cases/0/expect/status: each/a has no \"out\" for {out}"},
        {ONE("\"in\":1,\"out\":400,\"more\":2"), "t.json#/cases/0/each/a/more: no string of the case holds {more}"},
        {ONE("\"in\":1,\"out\":400,\"level\":\"most\""), "t.json#/cases/0/each/a/level: expected one of \"must\""},
        {ONE("\"in\":1,\"out\":400,\"title\":\"{no}\""), "t.json#/cases/0/each/a/title: each/a has no \"no\" for {no}"},
        {ONE("\"in\":1,\"out\":400,\"request\":{}"), "t.json#/cases/0/each/a/request: a member cannot have this"},
        {ONE("\"in\":1,\"out\":400,\"id\":\"t/g\""), "t.json#/cases/0/each/a/id: a member cannot have this"},
        {ONE("\"in\":1,\"out\":400,\"n\":1"), "t.json#/cases/0/each/a/n: a member cannot have this"},
        {ONE("\"in\":1,\"out\":\"4x\""), "t.json#/cases/0/expect/status: expected a number"},
        {ONE("\"in\":\"#\",\"out\":400"), "t.json#/cases/0/request/path: "},
        {ONE("\"in\":\"\",\"out\":[]"), "t.json#/cases/0/expect/status: "},
        {ONE("\"in\":1,\"out\":400,\"twin\":\"t/f~b\""), "t.json#/cases/0/each/a/twin: there is no case \"t/f~b\""},
        {ONE("\"in\":1,\"out\":400,\"twin\":\"t/f~\""), "t.json#/cases/0/each/a/twin: expected topic/kebab-words"},
        {HEAD "\"each\":{\"a\":{\"in\":\"{n}\",\"out\":400}},\"rpc\":\"{n}\"," REST "]}",
         "t.json#/cases/0/rpc: each/a has no \"n\" for {n}"},
        {HEAD "\"each\":{\"a\":{\"in\":1,\"out\":400}}," REST ",{\"id\":\"t/f\",\"version\":1,\"level\":\"must\","
              "\"title\":\"T\",\"why\":\"W\",\"cites\":[\"c\"],\"defects\":[\"body-ignored\"],\"request\":{\"method\":"
              "\"GET\",\"path\":\"/x\"},\"expect\":{\"status\":400}}]}",
         "t.json#/cases/0/each/a: the id \"t/f\" of the family is also that of t.json#/cases/1"},
        {HEAD "\"each\":{\"a\":{\"in\":1,\"out\":400}}," REST ",{\"id\":\"t/f\",\"version\":1,\"level\":\"must\","
              "\"title\":\"T\",\"why\":\"W\",\"cites\":[\"c\"],\"defects\":[\"body-ignored\"],\"each\":{\"b\":{\"in\":"
              "1,\"out\":400}}," REST "]}",
         "t.json#/cases/1/id: \"t/f\" is also the id of another family"},
        {"{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":[{\"id\":\"t/f~a\",\"version\":1}]}",
         "t.json#/cases/0/id: expected topic/kebab-words"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *said = said_of(rows[i][0]);
        if (strncmp(said, rows[i][1], strlen(rows[i][1])) != 0 || (rows[i][1][0] == '\0') != (said[0] == '\0'))
            fail_msg("row %zu: \"%s\", not \"%s\"", i, said, rows[i][1]);
    }
    /* An error in what a member's values made of the case says which member. */
    assert_non_null(strstr(said_of(ONE("\"in\":1,\"out\":\"4x\"")), " (each/a)"));
}

#define TIMES_8(text) text text text text text text text text

/* `count` members, whose value is that text so many times. */
static void make_family(struct buf *text, size_t count, const char *value, size_t repeat, const char *expect)
{
    buf_append_cstr(text, HEAD "\"each\":{");
    for (size_t i = 0; i < count; i++) {
        buf_printf(text, "%s\"m%zu\":{\"in\":\"", i == 0 ? "" : ",", i);
        for (size_t j = 0; j < repeat; j++)
            buf_append_cstr(text, value);
        buf_append_cstr(text, "\"}");
    }
    buf_printf(text, "},\"request\":{\"method\":\"GET\",\"path\":\"/nowhere\",\"body\":\"{in}\"},\"expect\":%s}]}",
               expect);
    buf_append_byte(text, '\0');
}

static void test_limits(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 16u << 20);
    make_family(&text, FAMILY_MAX_MEMBERS, "a", 1, "{\"status\":400}");
    assert_string_equal(said_of((const char *)text.data), "");
    buf_reset(&text);
    make_family(&text, FAMILY_MAX_MEMBERS + 1, "a", 1, "{\"status\":400}");
    assert_non_null(strstr(said_of((const char *)text.data), "expected an object of 1 to 256 members"));
    /* What is put in counts as often as it stands there. */
    buf_reset(&text);
    make_family(&text, FAMILY_MAX_MEMBERS, "a", 10000,
                "{\"body\":\"" TIMES_8("{in}") TIMES_8("{in}") TIMES_8("{in}") TIMES_8("{in}") "\"}");
    assert_non_null(strstr(said_of((const char *)text.data), ": what is put in comes to too much"));
    buf_reset(&text);
    make_family(&text, 1, "a", 4000000, "{\"body\":\"{in}{in}{in}{in}{in}{in}{in}{in}{in}\"}");
    assert_non_null(strstr(said_of((const char *)text.data), "/expect/body: a text of more than 33554432 bytes"));
    buf_fini(&text);
}

/* A value that is itself nested, where the case is already. */
static void test_depth(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 1u << 20);
    buf_append_cstr(&text, HEAD "\"each\":{\"a\":{\"in\":");
    for (size_t i = 0; i < 50; i++)
        buf_append_byte(&text, '[');
    for (size_t i = 0; i < 50; i++)
        buf_append_byte(&text, ']');
    buf_append_cstr(&text, "}},\"request\":{\"method\":\"POST\",\"path\":\"/nowhere\",\"json\":");
    for (size_t i = 0; i < 20; i++)
        buf_append_byte(&text, '[');
    buf_append_cstr(&text, "\"{in}\"");
    for (size_t i = 0; i < 20; i++)
        buf_append_byte(&text, ']');
    buf_append_cstr(&text, "},\"expect\":{\"status\":400}}]}");
    buf_append_byte(&text, '\0');
    assert_non_null(strstr(said_of((const char *)text.data), "nested more than 64 deep"));
    buf_fini(&text);
}

/* The id with the name of a member is an id, too. */
static void test_long_id(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 1u << 20);
    buf_append_cstr(&text, HEAD "\"each\":{\"");
    for (size_t i = 0; i < 197; i++)
        buf_append_byte(&text, 'a');
    buf_append_cstr(&text, "\":{\"in\":1,\"out\":400}}," REST "]}");
    buf_append_byte(&text, '\0');
    const char *said = said_of((const char *)text.data);
    assert_memory_equal(said, "t.json#/cases/0/id: longer than 200 bytes", 41);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_member), cmocka_unit_test(test_member_with_words), cmocka_unit_test(test_together),
        cmocka_unit_test(test_selection),    cmocka_unit_test(test_refused),           cmocka_unit_test(test_limits),
        cmocka_unit_test(test_depth),        cmocka_unit_test(test_long_id),
    };
    return cmocka_run_group_tests(tests, NULL, observation_tear_down);
}
