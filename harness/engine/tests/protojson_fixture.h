/* What the tests of ProtoJSON share: the embedded descriptors, and both directions as one call. */
#ifndef TRANSCHECK_ENGINE_TESTS_PROTOJSON_FIXTURE_H
#define TRANSCHECK_ENGINE_TESTS_PROTOJSON_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "harness/base/embed.h"
#include "harness/base/hex.h"
#include "harness/engine/protojson/protojson.h"

#define FIXTURE_MAX (8u << 20)

struct fixture {
    struct schema *schema;
    struct arena arena;
    struct buf wire;
    struct buf json;
    struct err err;
};

static inline int fixture_setup(void **state)
{
    static struct fixture fixture;
    struct span descriptors;
    struct err err;
    assert_true(embed_find("descriptors.pb", &descriptors));
    if (schema_new(&fixture.schema, descriptors, &err) != ERR_OK)
        fail_msg("%s", err.text);
    arena_init(&fixture.arena, (size_t)64 << 20);
    buf_init(&fixture.wire, FIXTURE_MAX);
    buf_init(&fixture.json, FIXTURE_MAX);
    *state = &fixture;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    schema_free(fixture->schema);
    arena_fini(&fixture->arena);
    buf_fini(&fixture->wire);
    buf_fini(&fixture->json);
    return 0;
}

/* "Everything" or a full name. */
static inline const struct schema_message *fixture_message(const struct fixture *fixture, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s", strchr(name, '.') ? "" : "transcheck.v1.", name);
    const struct schema_message *message = schema_message_find(fixture->schema, span_cstr(full));
    if (!message)
        fail_msg("no message %s", full);
    return message;
}

static inline const struct schema_field *fixture_field(const struct fixture *fixture, const char *message,
                                                       const char *name)
{
    const struct schema_field *field = schema_field_by_name(fixture_message(fixture, message), span_cstr(name));
    if (!field)
        fail_msg("no field %s", name);
    return field;
}

/* JSON into fixture->wire, which is emptied before. */
static inline enum err_code fixture_read_span(struct fixture *fixture, const struct schema_message *message,
                                              struct span json, const struct protojson_options *options)
{
    buf_reset(&fixture->wire);
    arena_reset(&fixture->arena);
    fixture->err = (struct err){0};
    return json_to_proto(&fixture->wire, message, json, options, &fixture->arena, &fixture->err);
}

static inline enum err_code fixture_read(struct fixture *fixture, const char *message, const char *json)
{
    return fixture_read_span(fixture, fixture_message(fixture, message), span_cstr(json), NULL);
}

/* Wire bytes into fixture->json, which is emptied before; NUL-terminated. */
static inline enum err_code fixture_print_span(struct fixture *fixture, const struct schema_message *message,
                                               struct span wire, const struct protojson_options *options)
{
    buf_reset(&fixture->json);
    arena_reset(&fixture->arena);
    fixture->err = (struct err){0};
    return proto_to_json(&fixture->json, message, wire, options, &fixture->arena, &fixture->err);
}

/* Hexadecimal wire bytes. */
static inline enum err_code fixture_print(struct fixture *fixture, const char *message, const char *hex)
{
    buf_reset(&fixture->wire);
    assert_int_equal(hex_decode(&fixture->wire, span_cstr(hex), NULL), ERR_OK);
    return fixture_print_span(fixture, fixture_message(fixture, message), buf_span(&fixture->wire), NULL);
}

static inline const char *fixture_text(const struct fixture *fixture)
{
    return fixture->json.data ? (const char *)fixture->json.data : "";
}

/* A row: `json` is read and printed again as `canonical`, or refused with `code` and a text that holds `fragment`. */
struct fixture_row {
    const char *json;
    const char *canonical;
    enum err_code code;
    const char *fragment;
};

static inline void fixture_check_row(struct fixture *fixture, const char *message, const struct fixture_row *row)
{
    enum err_code code = fixture_read(fixture, message, row->json);
    if (!row->canonical) {
        if (code != row->code || (row->fragment && !strstr(fixture->err.text, row->fragment)))
            fail_msg("%s: expected code %d and \"%s\", got %d \"%s\"", row->json, (int)row->code, row->fragment,
                     (int)code, fixture->err.text);
        assert_int_equal(fixture->wire.len, 0);
        return;
    }
    if (code != ERR_OK)
        fail_msg("%s: %s", row->json, fixture->err.text);
    const struct schema_message *type = fixture_message(fixture, message);
    if (fixture_print_span(fixture, type, buf_span(&fixture->wire), NULL) != ERR_OK)
        fail_msg("%s: printing: %s", row->json, fixture->err.text);
    if (strcmp(fixture_text(fixture), row->canonical) != 0)
        fail_msg("%s: expected %s, printed %s", row->json, row->canonical, fixture_text(fixture));
}

#define FIXTURE_CHECK_ROWS(fixture, message, rows)                                                                     \
    do {                                                                                                               \
        for (size_t row_ = 0; row_ < sizeof(rows) / sizeof(rows)[0]; row_++)                                           \
            fixture_check_row((fixture), (message), &(rows)[row_]);                                                    \
    } while (0)

#endif
