/* Tests of descriptor sets: what is resolved, and what is refused with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/embed.h"
#include "harness/engine/proto/schema.h"
#include "harness/engine/tests/proto_set.h"

/* file a.proto, package t, message M { string text = 1; M self = 2; } and an enum E. */
static void build_small(struct proto_set *set, const char *syntax)
{
    proto_set_init(set);
    proto_set_file(set, "a.proto", "t", syntax);
    proto_set_message(set, 4, "M");
    proto_set_field(set, "self_ref", 2, 1, SCHEMA_MESSAGE, ".t.M");
    proto_set_field(set, "text", 1, 1, SCHEMA_STRING, NULL);
    proto_set_field(set, "numbers", 3, 3, SCHEMA_INT32, NULL);
    proto_set_field(set, "kind", 4, 1, SCHEMA_ENUM, ".t.E");
    proto_set_close(set);
    proto_set_open(set, 5);
    proto_set_text(set, 1, "E");
    for (uint32_t i = 0; i < 3; i++) {
        static const char *const names[] = {"ZERO", "ONE", "UNO"};
        proto_set_open(set, 2);
        proto_set_text(set, 1, names[i]);
        proto_set_number(set, 2, i == 0 ? 0 : 1);
        proto_set_close(set);
    }
    proto_set_close(set);
    proto_set_open(set, 6);
    proto_set_text(set, 1, "S");
    proto_set_method(set, "Call", ".t.M", ".t.M", 2, "/v1/{text}", NULL);
    proto_set_method(set, "Plain", "M", "t.M", 0, NULL, NULL);
    proto_set_close(set);
    proto_set_close(set);
}

static void test_small(void **state)
{
    (void)state;
    struct proto_set set;
    struct schema *schema;
    struct err err;
    build_small(&set, "proto3");
    assert_int_equal(proto_set_load(&set, &schema, &err), ERR_OK);
    proto_set_fini(&set); /* the bytes are copied */

    const struct schema_message *message = schema_message_find(schema, span_cstr("t.M"));
    assert_non_null(message);
    assert_null(schema_message_find(schema, span_cstr(".t.M")));
    assert_null(schema_message_find(schema, span_cstr("t.E")));
    assert_int_equal(message->field_count, 4);
    assert_true(message->proto3);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(message->fields[i].number, i + 1);
        assert_int_equal(message->fields[i].index, i);
        assert_ptr_equal(schema_field_by_number(message, i + 1), &message->fields[i]);
    }
    assert_null(schema_field_by_number(message, 0));
    assert_null(schema_field_by_number(message, 5));
    const struct schema_field *self = schema_field_by_json_name(message, span_cstr("selfRef"));
    assert_ptr_equal(self, schema_field_by_name(message, span_cstr("self_ref")));
    assert_ptr_equal(self, schema_field_by_json_name(message, span_cstr("self_ref")));
    assert_null(schema_field_by_name(message, span_cstr("selfRef")));
    assert_ptr_equal(self->message, message);
    assert_ptr_equal(self->containing, message);
    assert_true(self->presence);
    assert_false(message->fields[0].presence);
    assert_true(message->fields[2].repeated && message->fields[2].packed);

    const struct schema_enum *enumeration = message->fields[3].enumeration;
    assert_true(span_is(enumeration->name, "t.E"));
    assert_int_equal(schema_enum_by_name(enumeration, span_cstr("UNO"))->number, 1);
    assert_true(span_is(schema_enum_by_number(enumeration, 1)->name, "ONE"));
    assert_null(schema_enum_by_number(enumeration, 2));
    assert_null(schema_enum_by_name(enumeration, span_cstr("TWO")));
    assert_false(enumeration->closed);

    const struct schema_method *method = schema_method_find(schema, span_cstr("/t.S/Call"));
    assert_ptr_equal(method, schema_method_find(schema, span_cstr("t.S/Call")));
    assert_true(span_is(method->path, "/t.S/Call"));
    assert_ptr_equal(method->input, message);
    assert_true(span_is(method->http_rule, "\x12\x0a/v1/{text}"));
    const struct schema_method *plain = schema_method_find(schema, span_cstr("/t.S/Plain"));
    assert_ptr_equal(plain->output, message);
    assert_int_equal(plain->http_rule.len, 0);
    assert_null(schema_method_find(schema, span_cstr("/t.S/Other")));
    assert_int_equal(schema_service_count(schema), 1);
    assert_int_equal(schema_service_at(schema, 0)->method_count, 2);
    schema_free(schema);

    build_small(&set, NULL);
    assert_int_equal(proto_set_load(&set, &schema, &err), ERR_OK);
    message = schema_message_find(schema, span_cstr("t.M"));
    assert_false(message->proto3 || message->fields[2].packed);
    assert_true(message->fields[0].presence);
    assert_true(message->fields[3].enumeration->closed);
    schema_free(schema);
    proto_set_fini(&set);
}

static void test_real(void **state)
{
    (void)state;
    struct span bytes;
    struct schema *schema;
    struct err err;
    assert_true(embed_find("descriptors.pb", &bytes));
    if (schema_new(&schema, bytes, &err) != ERR_OK)
        fail_msg("%s", err.text);
    const struct schema_message *all = schema_message_find(schema, span_cstr("transcheck.v1.Everything"));
    assert_non_null(all);
    const struct schema_field *field = schema_field_by_name(all, span_cstr("optional_int32"));
    assert_true(field->presence && field->oneof_index == -1);
    field = schema_field_by_name(all, span_cstr("choice_string"));
    assert_true(field->presence && field->oneof_index == 0);
    assert_int_equal(all->oneof_count, 2);
    assert_true(span_is(all->oneof_names[1], "other_choice"));
    field = schema_field_by_json_name(all, span_cstr("byString"));
    assert_true(field->map && field->repeated && field->message->map_entry && !field->presence);
    assert_true(schema_field_by_name(all, span_cstr("int32s"))->packed);
    assert_false(schema_field_by_name(all, span_cstr("unpacked_int32s"))->packed);
    assert_false(schema_field_by_name(all, span_cstr("strings"))->packed);
    assert_int_equal(schema_field_by_name(all, span_cstr("timestamp"))->message->well_known, SCHEMA_WKT_TIMESTAMP);
    assert_int_equal(schema_field_by_name(all, span_cstr("struct"))->message->well_known, SCHEMA_WKT_STRUCT);
    assert_int_equal(schema_field_by_name(all, span_cstr("bool_wrapper"))->message->well_known, SCHEMA_WKT_WRAPPER);
    assert_true(schema_field_by_name(all, span_cstr("null_value"))->enumeration->null_value);

    const struct schema_message *names = schema_message_find(schema, span_cstr("transcheck.v1.Names"));
    assert_int_equal(schema_field_by_json_name(names, span_cstr("second_of_two"))->number, 13);
    assert_int_equal(schema_field_by_name(names, span_cstr("second_of_two"))->number, 14);
    assert_non_null(schema_field_by_number(names, 536870911));
    const struct schema_message *legacy = schema_message_find(schema, span_cstr("transcheck.v1.Legacy"));
    assert_true(schema_field_by_name(legacy, span_cstr("name"))->required);
    assert_int_equal(schema_field_by_name(legacy, span_cstr("cluster"))->type, SCHEMA_GROUP);
    const struct schema_method *list =
        schema_method_find(schema, span_cstr("/reservations.v1.ReservationService/ListReservations"));
    assert_true(list->server_streaming && !list->client_streaming && list->http_rule.len > 0);
    schema_free(schema);
}

static void test_refused(void **state)
{
    (void)state;
    struct proto_set set;

    proto_set_init(&set);
    proto_set_file(&set, "a.proto", NULL, "proto3");
    proto_set_text(&set, 3, "b.proto");
    proto_set_close(&set);
    proto_set_refused(&set, ERR_NOT_FOUND, "a.proto: its import \"b.proto\" is not in the set");

    proto_set_init(&set);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"a.proto", "b.proto", "c.proto"};
        proto_set_file(&set, names[i], NULL, "proto3");
        proto_set_text(&set, 3, names[(i + 1) % 3]);
        proto_set_close(&set);
    }
    proto_set_refused(&set, ERR_SYNTAX, "cycle");

    proto_set_init(&set);
    for (int i = 0; i < 2; i++) {
        proto_set_file(&set, "a.proto", NULL, "proto3");
        proto_set_close(&set);
    }
    proto_set_refused(&set, ERR_SYNTAX, "twice");

    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_message(&set, 4, "M");
    proto_set_field(&set, "f", 1, 1, SCHEMA_MESSAGE, ".p.Missing");
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_NOT_FOUND, "p.M.f: its type \".p.Missing\" is in no file");

    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    for (int i = 0; i < 2; i++) {
        proto_set_message(&set, 4, "M");
        proto_set_close(&set);
    }
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "p.M is declared twice");

    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "editions");
    proto_set_close(&set);
    proto_set_refused(&set, ERR_UNSUPPORTED, "proto2 and proto3");

    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_open(&set, 6);
    proto_set_text(&set, 1, "S");
    proto_set_method(&set, "Call", ".p.Nothing", ".p.Nothing", 0, NULL, NULL);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_NOT_FOUND, "p.S/Call: its input type \".p.Nothing\"");
}

static void test_well_known_refused(void **state)
{
    (void)state;
    struct proto_set set;

    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "google.protobuf", "proto3");
    proto_set_message(&set, 4, "Timestamp");
    proto_set_field(&set, "seconds", 1, 1, SCHEMA_STRING, NULL);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "google.protobuf.Timestamp is declared with other fields");

    /* The list of Values of a Struct must be a map, and that of a ListValue of Values. */
    for (int list = 0; list < 2; list++) {
        const char *name = list ? "ListValue" : "Struct";
        proto_set_init(&set);
        proto_set_file(&set, "a.proto", "google.protobuf", "proto3");
        proto_set_message(&set, 4, "Other");
        proto_set_close(&set);
        proto_set_message(&set, 4, name);
        proto_set_field(&set, "fields", 1, 3, SCHEMA_MESSAGE, ".google.protobuf.Other");
        proto_set_close(&set);
        proto_set_close(&set);
        proto_set_refused(&set, ERR_SYNTAX,
                          list ? "google.protobuf.ListValue is declared with other fields"
                               : "google.protobuf.Struct is declared with other fields");
    }
}

/* One message with these two fields. */
static void two_fields(struct proto_set *set, const char *a, uint32_t a_number, const char *b, uint32_t b_number)
{
    proto_set_init(set);
    proto_set_file(set, "a.proto", "p", "proto3");
    proto_set_message(set, 4, "M");
    proto_set_field(set, a, a_number, 1, SCHEMA_STRING, NULL);
    proto_set_field(set, b, b_number, 1, SCHEMA_STRING, NULL);
    proto_set_close(set);
    proto_set_close(set);
}

static void test_refused_fields(void **state)
{
    (void)state;
    struct proto_set set;
    two_fields(&set, "a", 1, "a", 2);
    proto_set_refused(&set, ERR_SYNTAX, "p.M.a: is declared twice");
    two_fields(&set, "a", 1, "b", 1);
    proto_set_refused(&set, ERR_SYNTAX, "number is used twice");
    two_fields(&set, "a", 0, "b", 1);
    proto_set_refused(&set, ERR_SYNTAX, "number is out of range");
    two_fields(&set, "a", 536870912, "b", 1);
    proto_set_refused(&set, ERR_SYNTAX, "number is out of range");
    two_fields(&set, "a b", 1, "b", 2);
    proto_set_refused(&set, ERR_SYNTAX, "no identifier");
    two_fields(&set, "", 1, "b", 2);
    proto_set_refused(&set, ERR_SYNTAX, "no identifier");

    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_message(&set, 4, "M");
    proto_set_field(&set, "f", 1, 1, 19, NULL);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "unknown type");

    /* A map entry whose key is a message. */
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_message(&set, 4, "M");
    proto_set_message(&set, 3, "FEntry");
    proto_set_field(&set, "key", 1, 1, SCHEMA_MESSAGE, ".p.M");
    proto_set_field(&set, "value", 2, 1, SCHEMA_STRING, NULL);
    proto_set_open(&set, 7);
    proto_set_number(&set, 7, 1);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_field(&set, "f", 1, 3, SCHEMA_MESSAGE, ".p.M.FEntry");
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "map entry");
}

static void test_hostile_names(void **state)
{
    (void)state;
    struct proto_set set;
    proto_set_init(&set);
    proto_set_open(&set, 1);
    buf_append(&set.bytes,
               "\x0a\x04"
               "a\0bc",
               6);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "NUL");

    proto_set_init(&set);
    proto_set_open(&set, 1);
    proto_set_text(&set, 1, "a\xff.proto");
    proto_set_close(&set);
    proto_set_refused(&set, ERR_SYNTAX, "UTF-8");

    /* Names that multiply: a long name with many children must hit a limit, not the machine's memory. */
    char *name = malloc(5001);
    assert_non_null(name);
    memset(name, 'x', 5000);
    name[5000] = '\0';
    proto_set_init(&set);
    proto_set_file(&set, "a.proto", "p", "proto3");
    proto_set_message(&set, 4, name);
    proto_set_close(&set);
    proto_set_close(&set);
    proto_set_refused(&set, ERR_LIMIT, "longer than");
    free(name);
}

static void build_nested(struct proto_set *set, size_t depth)
{
    proto_set_init(set);
    proto_set_file(set, "a.proto", "p", "proto3");
    for (size_t i = 0; i < depth; i++)
        proto_set_message(set, i == 0 ? 4 : 3, "M");
    for (size_t i = 0; i <= depth; i++)
        proto_set_close(set);
}

static void test_depth(void **state)
{
    (void)state;
    struct proto_set set;
    struct schema *schema;
    struct err err;
    /* The set and the file are the first two levels. */
    build_nested(&set, SCHEMA_MAX_DEPTH - 2);
    assert_int_equal(proto_set_load(&set, &schema, &err), ERR_OK);
    schema_free(schema);
    proto_set_fini(&set);
    build_nested(&set, SCHEMA_MAX_DEPTH - 1);
    proto_set_refused(&set, ERR_LIMIT, "nested deeper than 64");
}

static void test_memory_bounded(void **state)
{
    (void)state;
    /* Two bytes per file, 200 and more in memory. */
    struct buf bytes;
    struct schema *schema;
    struct err err;
    buf_init(&bytes, SCHEMA_MAX_BYTES + 2);
    uint8_t *at = buf_reserve(&bytes, SCHEMA_MAX_BYTES + 2);
    assert_non_null(at);
    for (size_t i = 0; i < SCHEMA_MAX_BYTES + 2; i += 2) {
        at[i] = 0x0a;
        at[i + 1] = 0;
    }
    buf_commit(&bytes, SCHEMA_MAX_BYTES + 2);
    assert_int_equal(schema_new(&schema, buf_span(&bytes), &err), ERR_LIMIT);
    assert_int_equal(schema_new(&schema, span_of(bytes.data, SCHEMA_MAX_BYTES), &err), ERR_LIMIT);
    assert_null(schema);
    buf_fini(&bytes);
}

/* Every prefix, and every byte with every single bit flipped: an answer, never a crash. */
static void test_cut_and_flipped(void **state)
{
    (void)state;
    struct proto_set set;
    struct schema *schema;
    struct err err;
    build_small(&set, "proto3");
    size_t loaded = 0;
    for (size_t len = 0; len < set.bytes.len; len++) {
        uint8_t *exact = malloc(len + 1); /* its own allocation, so that a sanitizer sees one byte too many */
        assert_non_null(exact);
        memcpy(exact, set.bytes.data, len);
        loaded += schema_new(&schema, span_of(exact, len), &err) == ERR_OK;
        schema_free(schema);
        free(exact);
    }
    assert_int_equal(loaded, 1); /* the empty set only */
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

static void test_real_flipped(void **state)
{
    (void)state;
    struct span bytes;
    struct schema *schema;
    struct err err;
    uint32_t random = 1;
    assert_true(embed_find("descriptors.pb", &bytes));
    uint8_t *copy = malloc(bytes.len);
    assert_non_null(copy);
    for (int round = 0; round < 200; round++) {
        memcpy(copy, bytes.data, bytes.len);
        for (int i = 0; i < 3; i++) {
            random = random * 1664525u + 1013904223u;
            copy[(random >> 3) % bytes.len] ^= (uint8_t)(1u << (random >> 29));
        }
        enum err_code code = schema_new(&schema, span_of(copy, bytes.len), &err);
        assert_true((code == ERR_OK) == (schema != NULL));
        schema_free(schema);
    }
    for (size_t len = 0; len < bytes.len; len += 997) {
        assert_true((schema_new(&schema, span_of(copy, len), &err) == ERR_OK) == (schema != NULL));
        schema_free(schema);
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),           cmocka_unit_test(test_real),
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_well_known_refused),
        cmocka_unit_test(test_refused_fields),  cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_depth),           cmocka_unit_test(test_memory_bounded),
        cmocka_unit_test(test_cut_and_flipped), cmocka_unit_test(test_real_flipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
