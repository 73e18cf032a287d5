/* Tests of extensions in descriptor sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/embed.h"
#include "harness/engine/proto/schema.h"
#include "harness/engine/tests/proto_set.h"

static struct schema *load_good(struct proto_set *set)
{
    struct schema *schema;
    struct err err;
    if (proto_set_load(set, &schema, &err) != ERR_OK)
        fail_msg("%s", err.text);
    proto_set_fini(set);
    return schema;
}

static const struct schema_message *message_of(const struct schema *schema, const char *name)
{
    const struct schema_message *message = schema_message_find(schema, span_cstr(name));
    assert_non_null(message);
    return message;
}

/* a.proto, package p: message M { string a = 1; string z = 500; extensions 100 to 199, 300, 1000 to max } */
static void open_base(struct proto_set *set)
{
    proto_set_init(set);
    proto_set_file(set, "a.proto", "p", "proto2");
    proto_set_message(set, 4, "M");
    proto_set_field(set, "z", 500, 1, SCHEMA_STRING, NULL);
    proto_set_field(set, "a", 1, 1, SCHEMA_STRING, NULL);
    proto_set_range(set, 1000, 536870912); /* out of order, which protoc does not mind */
    proto_set_range(set, 100, 200);
    proto_set_range(set, 300, 301);
    proto_set_close(set);
}

/* The base with one extension in another file, package q. */
static void one_extension(struct proto_set *set, const char *extendee, uint32_t number, uint32_t label, uint32_t type,
                          const char *type_name)
{
    open_base(set);
    proto_set_close(set);
    proto_set_file(set, "b.proto", "q", "proto2");
    proto_set_extension(set, 7, extendee, "ext", number, label, type, type_name);
    proto_set_close(set);
}

static void test_found(void **state)
{
    (void)state;
    struct proto_set set;
    open_base(&set);
    proto_set_extension(&set, 7, ".p.M", "last", 536870911, 1, SCHEMA_ENUM, ".q.Color");
    proto_set_extension(&set, 7, "M", "first", 100, 1, SCHEMA_INT32, NULL);
    proto_set_close(&set);
    proto_set_file(&set, "b.proto", "q", "proto2");
    proto_set_open(&set, 5);
    proto_set_text(&set, 1, "Color");
    proto_set_open(&set, 2);
    proto_set_text(&set, 1, "RED");
    proto_set_number(&set, 2, 0);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_message(&set, 4, "Outer");
    proto_set_field(&set, "first", 1, 1, SCHEMA_STRING, NULL); /* a field and an extension: no conflict */
    /* Its type is looked up from where it stands: q.Outer.Part, not p.Part. */
    proto_set_message(&set, 3, "Part");
    proto_set_close(&set);
    proto_set_extension(&set, 6, "p.M", "first", 300, 3, SCHEMA_MESSAGE, "Part");
    proto_set_close(&set);
    proto_set_close(&set);
    struct schema *schema = load_good(&set);

    const struct schema_message *message = message_of(schema, "p.M");
    static const struct {
        const char *name;
        uint32_t number;
        bool extension;
    } want[] = {{"a", 1, false},
                {"[p.first]", 100, true},
                {"[q.Outer.first]", 300, true},
                {"z", 500, false},
                {"[p.last]", 536870911, true}};
    assert_int_equal(message->field_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        const struct schema_field *field = &message->fields[i];
        assert_true(span_is(field->json_name, want[i].name) && span_is(field->name, want[i].name));
        assert_int_equal(field->number, want[i].number);
        assert_int_equal(field->index, i);
        assert_int_equal(field->extension, want[i].extension);
        assert_true(field->json_name_owner && field->oneof_index == -1 && !field->required);
        assert_ptr_equal(field->containing, message);
        assert_ptr_equal(schema_field_by_number(message, want[i].number), field);
        assert_ptr_equal(schema_field_by_json_name(message, span_cstr(want[i].name)), field);
        assert_ptr_equal(schema_field_by_name(message, span_cstr(want[i].name)), want[i].extension ? NULL : field);
    }
    static const char *const not_there[] = {"first", "p.first", "[first]", "[.p.first]", "last", "q.Outer.first", "[]"};
    for (size_t i = 0; i < sizeof not_there / sizeof *not_there; i++) {
        assert_null(schema_field_by_json_name(message, span_cstr(not_there[i])));
        assert_null(schema_field_by_name(message, span_cstr(not_there[i])));
    }
    const struct schema_field *first = &message->fields[1];
    assert_true(first->presence && !first->repeated && first->type == SCHEMA_INT32);
    assert_true(span_is(first->json_key, "\"[p.first]\":") && span_is(first->name_key, "\"[p.first]\":"));
    assert_true(message->fields[2].repeated && !message->fields[2].presence);
    assert_ptr_equal(message->fields[2].message, message_of(schema, "q.Outer.Part"));
    assert_true(span_is(message->fields[4].enumeration->name, "q.Color"));
    assert_ptr_equal(schema_extension_find(schema, span_cstr("p.first")), first);
    assert_ptr_equal(schema_extension_find(schema, span_cstr("q.Outer.first")), &message->fields[2]);
    assert_null(schema_extension_find(schema, span_cstr("[p.first]")));
    assert_null(schema_extension_find(schema, span_cstr("p.M")));
    assert_null(schema_message_find(schema, span_cstr("p.first")));
    assert_int_equal(message_of(schema, "q.Outer")->field_count, 1);
    schema_free(schema);
}

/* An extension may have the name of a message further out: types are looked up past it. */
static void test_types_are_no_extensions(void **state)
{
    (void)state;
    struct proto_set set;
    open_base(&set);
    proto_set_message(&set, 4, "N");
    proto_set_extension(&set, 6, "M", "M", 100, 1, SCHEMA_MESSAGE, "M");
    proto_set_close(&set);
    proto_set_close(&set);
    struct schema *schema = load_good(&set);
    const struct schema_message *message = message_of(schema, "p.M");
    assert_ptr_equal(schema_field_by_json_name(message, span_cstr("[p.N.M]"))->message, message);
    schema_free(schema);
    one_extension(&set, ".p.M", 100, 1, SCHEMA_MESSAGE, ".q.ext");
    proto_set_refused(&set, ERR_SYNTAX, "b.proto: extension q.ext of p.M: its type is no message");
    one_extension(&set, ".q.ext", 100, 1, SCHEMA_STRING, NULL);
    proto_set_refused(&set, ERR_NOT_FOUND, "b.proto: extension q.ext extends \".q.ext\", which is no message");
}

/* packed and presence are those of the file that declares the extension. */
static void test_options_of_proto3(void **state)
{
    (void)state;
    struct proto_set set;
    open_base(&set);
    proto_set_close(&set);
    proto_set_file(&set, "b.proto", "q", "proto3");
    proto_set_extension(&set, 7, ".p.M", "one", 100, 1, SCHEMA_INT32, NULL);
    proto_set_extension(&set, 7, ".p.M", "some", 101, 3, SCHEMA_INT32, NULL);
    proto_set_close(&set);
    struct schema *schema = load_good(&set);
    assert_true(schema_extension_find(schema, span_cstr("q.one"))->presence);
    assert_true(schema_extension_find(schema, span_cstr("q.some"))->packed);
    schema_free(schema);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        uint32_t number;
        bool ok;
    } rows[] = {{99, false},  {100, true},  {199, true},  {200, false}, {299, false},     {300, true},
                {301, false}, {999, false}, {1000, true}, {2, false},   {536870911, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct proto_set set;
        one_extension(&set, ".p.M", rows[i].number, 1, SCHEMA_STRING, NULL);
        if (!rows[i].ok) {
            proto_set_refused(&set, ERR_SYNTAX,
                              "b.proto: extension q.ext of p.M: its number is in no range that the message leaves to "
                              "extensions");
            continue;
        }
        struct schema *schema = load_good(&set);
        assert_int_equal(schema_extension_find(schema, span_cstr("q.ext"))->number, rows[i].number);
        schema_free(schema);
    }
    struct proto_set set;
    one_extension(&set, ".p.M", 0, 1, SCHEMA_STRING, NULL);
    proto_set_refused(&set, ERR_SYNTAX, "b.proto: extension q.ext of p.M: its number is out of range");
    one_extension(&set, ".p.M", 536870912, 1, SCHEMA_STRING, NULL);
    proto_set_refused(&set, ERR_SYNTAX, "b.proto: extension q.ext of p.M: its number is out of range");
}

/* Ranges that overlap, that are empty or reversed: the numbers of some range are open. */
static void test_odd_ranges(void **state)
{
    (void)state;
    for (uint32_t number = 8; number < 34; number++) {
        struct proto_set set;
        proto_set_init(&set);
        proto_set_file(&set, "a.proto", "p", "proto2");
        proto_set_message(&set, 4, "M");
        proto_set_range(&set, 12, 14);
        proto_set_range(&set, 10, 20);
        proto_set_range(&set, 30, 25);
        proto_set_range(&set, 32, 32);
        proto_set_range(&set, (uint32_t)-5, 9);
        proto_set_close(&set);
        proto_set_extension(&set, 7, "M", "ext", number, 1, SCHEMA_STRING, NULL);
        proto_set_close(&set);
        struct schema *schema;
        struct err err;
        bool open = number < 9 || (number >= 10 && number < 20);
        assert_int_equal(proto_set_load(&set, &schema, &err), open ? ERR_OK : ERR_SYNTAX);
        schema_free(schema);
        proto_set_fini(&set);
    }
}

static void test_refused(void **state)
{
    (void)state;
    struct proto_set set;
    one_extension(&set, ".p.Missing", 100, 1, SCHEMA_STRING, NULL);
    proto_set_refused(&set, ERR_NOT_FOUND,
                      "b.proto: extension q.ext extends \".p.Missing\", which is no message of the set");
    one_extension(&set, "\x1b\xc3\xa9", 100, 1, SCHEMA_STRING, NULL);
    proto_set_refused(&set, ERR_NOT_FOUND, "extends \"\\x1b\\xc3\\xa9\", which is no message");
    one_extension(&set, NULL, 100, 1, SCHEMA_STRING, NULL);
    proto_set_refused(&set, ERR_NOT_FOUND, "b.proto: extension q.ext extends \"\", which is no message");
    one_extension(&set, ".p.M", 100, 2, SCHEMA_STRING, NULL);
    proto_set_refused(&set, ERR_SYNTAX, "b.proto: extension q.ext of p.M: an extension is never required");
    one_extension(&set, ".p.M", 100, 1, 19, NULL);
    proto_set_refused(&set, ERR_SYNTAX, "b.proto: extension q.ext of p.M: has an unknown type");
    one_extension(&set, ".p.M", 100, 1, SCHEMA_MESSAGE, ".q.Missing");
    proto_set_refused(&set, ERR_NOT_FOUND,
                      "b.proto: extension q.ext of p.M: its type \".q.Missing\" is in no file of the set");

    /* In a oneof. */
    open_base(&set);
    proto_set_open(&set, 7);
    proto_set_text(&set, 1, "ext");
    proto_set_text(&set, 2, ".p.M");
    proto_set_number(&set, 3, 100);
    proto_set_number(&set, 5, SCHEMA_STRING);
    proto_set_number(&set, 9, 0);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "a.proto: extension p.ext of p.M: its oneof does not exist");

    /* No name, or one that is no identifier. */
    for (int i = 0; i < 2; i++) {
        open_base(&set);
        proto_set_extension(&set, 7, ".p.M", i == 0 ? "" : "a.b", 100, 1, SCHEMA_STRING, NULL);
        proto_set_close(&set);
        proto_set_refused(&set, ERR_SYNTAX, "a.proto: a declaration has no name, or one that is no identifier");
    }

    /* A field that names an extendee. */
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto2");
    proto_set_message(&set, 4, "M");
    proto_set_extension(&set, 2, ".p.M", "f", 1, 1, SCHEMA_STRING, NULL);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "p.M.f: extends a message and stands among the fields of one");

    /* A message of proto3 leaves nothing to extensions. */
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_message(&set, 4, "M");
    proto_set_range(&set, 100, 200);
    proto_set_close(&set);
    proto_set_extension(&set, 7, "M", "ext", 100, 1, SCHEMA_STRING, NULL);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "a.proto: extension p.ext extends p.M, which is of proto3");
}

/* The entry of a map field of M, and an extension of the entry, or one that is such a map. */
static void open_map(struct proto_set *set)
{
    proto_set_init(set);
    proto_set_file(set, "a.proto", "p", "proto2");
    proto_set_message(set, 4, "M");
    proto_set_range(set, 100, 200);
    proto_set_message(set, 3, "FEntry");
    proto_set_field(set, "key", 1, 1, SCHEMA_STRING, NULL);
    proto_set_field(set, "value", 2, 1, SCHEMA_STRING, NULL);
    proto_set_range(set, 100, 200);
    proto_set_open(set, 7);
    proto_set_number(set, 7, 1);
    proto_set_close(set);
    proto_set_close(set);
    proto_set_close(set);
}

static void test_maps(void **state)
{
    (void)state;
    struct proto_set set;
    open_map(&set);
    proto_set_extension(&set, 7, ".p.M", "ext", 100, 3, SCHEMA_MESSAGE, ".p.M.FEntry");
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "a.proto: extension p.ext of p.M: a map is no extension");
    open_map(&set);
    proto_set_extension(&set, 7, ".p.M.FEntry", "ext", 100, 1, SCHEMA_STRING, NULL);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "p.M.FEntry: is no map entry that protoc makes");
    open_map(&set);
    proto_set_close(&set);
    schema_free(load_good(&set));
}

static void test_duplicates(void **state)
{
    (void)state;
    struct proto_set set;
    one_extension(&set, ".p.M", 100, 1, SCHEMA_STRING, NULL);
    proto_set_file(&set, "c.proto", "r", "proto2");
    proto_set_extension(&set, 7, ".p.M", "other", 100, 1, SCHEMA_STRING, NULL);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "of p.M: its number 100 is that of [");

    /* A field's number, within a range: the extension is to blame, wherever it stands. */
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto2");
    proto_set_extension(&set, 7, ".p.M", "ext", 7, 1, SCHEMA_STRING, NULL);
    proto_set_message(&set, 4, "M");
    proto_set_field(&set, "plain", 7, 1, SCHEMA_STRING, NULL);
    proto_set_range(&set, 1, 100);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "a.proto: extension p.ext of p.M: its number 7 is that of plain");

    /* A name again: of an extension, of a message. */
    open_base(&set);
    proto_set_extension(&set, 7, ".p.M", "ext", 100, 1, SCHEMA_STRING, NULL);
    proto_set_extension(&set, 7, ".p.M", "ext", 101, 1, SCHEMA_STRING, NULL);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "a.proto: p.ext is declared twice");
    open_base(&set);
    proto_set_extension(&set, 7, ".p.M", "M", 100, 1, SCHEMA_STRING, NULL);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "a.proto: p.M is declared twice");

    /* A field whose json_name is an extension's, before it and behind it. */
    for (uint32_t number = 1; number < 100; number += 98) {
        proto_set_init(&set);
        proto_set_file(&set, "a.proto", "p", "proto2");
        proto_set_message(&set, 4, "M");
        proto_set_open(&set, 2);
        proto_set_text(&set, 1, "f");
        proto_set_number(&set, 3, number);
        proto_set_number(&set, 5, SCHEMA_STRING);
        proto_set_text(&set, 10, "[p.ext]");
        proto_set_close(&set);
        proto_set_range(&set, 50, 60);
        proto_set_close(&set);
        proto_set_extension(&set, 7, ".p.M", "ext", 50, 1, SCHEMA_STRING, NULL);
        proto_set_close(&set);
        proto_set_refused(&set, ERR_SYNTAX,
                          number == 1 ? "a.proto: extension p.ext of p.M: its JSON name is that of another field"
                                      : "p.M.f: its JSON name is that of another field");
    }
}

/* Extensions of a message set load, whatever their numbers, and are no fields. */
static void test_message_set(void **state)
{
    (void)state;
    struct proto_set set;
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto2");
    proto_set_message(&set, 4, "Set");
    proto_set_range(&set, 4, 2147483647);
    proto_set_open(&set, 7);
    proto_set_number(&set, 1, 1);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_message(&set, 4, "Item");
    proto_set_extension(&set, 6, ".p.Set", "item", 2147483646, 1, SCHEMA_MESSAGE, ".p.Item");
    proto_set_close(&set);
    proto_set_close(&set);
    struct schema *schema = load_good(&set);
    assert_int_equal(message_of(schema, "p.Set")->field_count, 0);
    assert_null(schema_field_by_json_name(message_of(schema, "p.Set"), span_cstr("[p.Item.item]")));
    assert_null(schema_extension_find(schema, span_cstr("p.Item.item")));
    schema_free(schema);
}

/* Custom options are extensions as any others, and google.api.http is still the rule of its method. */
static void test_custom_options(void **state)
{
    (void)state;
    struct span bytes;
    struct schema *schema;
    struct err err;
    assert_true(embed_find("descriptors.pb", &bytes));
    if (schema_new(&schema, bytes, &err) != ERR_OK)
        fail_msg("%s", err.text);
    const struct schema_field *http = schema_extension_find(schema, span_cstr("google.api.http"));
    assert_non_null(http);
    assert_ptr_equal(http->containing, message_of(schema, "google.protobuf.MethodOptions"));
    assert_ptr_equal(http->message, message_of(schema, "google.api.HttpRule"));
    assert_int_equal(http->number, 72295728);
    const struct schema_method *method =
        schema_method_find(schema, span_cstr("/transcheck.v1.LegacyService/EchoLegacy"));
    assert_true(method && method->http_rule.len > 0);
    schema_free(schema);
}

/* Many extensions of one message, and many ranges: the work grows with the set, not with their product. */
static void test_many(void **state)
{
    (void)state;
    enum { COUNT = 30000 };
    struct proto_set set;
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto2");
    proto_set_message(&set, 4, "M");
    for (uint32_t i = COUNT; i-- > 0;)
        proto_set_range(&set, 10 + 2 * i, 11 + 2 * i);
    proto_set_close(&set);
    for (uint32_t i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof name, "e%u", (unsigned)i);
        proto_set_extension(&set, 7, "M", name, 10 + 2 * (i * 7919 % COUNT), 1, SCHEMA_BOOL, NULL);
    }
    proto_set_close(&set);
    struct schema *schema = load_good(&set);
    const struct schema_message *message = message_of(schema, "p.M");
    assert_int_equal(message->field_count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(message->fields[i].number, 10 + 2 * i);
    schema_free(schema);
}

/* Every prefix, and every byte with every single bit flipped: an answer, never a crash. */
static void test_cut_and_flipped(void **state)
{
    (void)state;
    struct proto_set set;
    struct schema *schema;
    struct err err;
    one_extension(&set, ".p.M", 100, 1, SCHEMA_MESSAGE, ".p.M");
    for (size_t len = 0; len < set.bytes.len; len++) {
        uint8_t *exact = malloc(len + 1); /* its own allocation, so that a sanitizer sees one byte too many */
        assert_non_null(exact);
        memcpy(exact, set.bytes.data, len);
        enum err_code code = schema_new(&schema, span_of(exact, len), &err);
        assert_true((code == ERR_OK) == (schema != NULL));
        schema_free(schema);
        free(exact);
    }
    for (size_t i = 0; i < set.bytes.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            set.bytes.data[i] ^= (uint8_t)(1u << bit);
            enum err_code code = schema_new(&schema, buf_span(&set.bytes), &err);
            assert_true((code == ERR_OK) == (schema != NULL));
            schema_free(schema);
            set.bytes.data[i] ^= (uint8_t)(1u << bit);
        }
    }
    proto_set_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_types_are_no_extensions),
        cmocka_unit_test(test_options_of_proto3),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_odd_ranges),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_message_set),
        cmocka_unit_test(test_custom_options),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_cut_and_flipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
