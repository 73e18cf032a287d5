/* Writes descriptor sets for tests, field by field. */
#include "harness/engine/tests/proto_set.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness/engine/proto/wire.h"

void proto_set_init(struct proto_set *set)
{
    buf_init(&set->bytes, 64u << 20);
    set->depth = 0;
}

void proto_set_fini(struct proto_set *set)
{
    buf_fini(&set->bytes);
}

void proto_set_open(struct proto_set *set, uint32_t number)
{
    assert(set->depth < PROTO_SET_MAX_DEPTH);
    wire_put_tag(&set->bytes, number, WIRE_LEN);
    set->open[set->depth++] = wire_len_begin(&set->bytes);
}

void proto_set_close(struct proto_set *set)
{
    assert(set->depth > 0);
    wire_len_end(&set->bytes, set->open[--set->depth]);
}

void proto_set_text(struct proto_set *set, uint32_t number, const char *text)
{
    wire_put_tag(&set->bytes, number, WIRE_LEN);
    wire_put_bytes(&set->bytes, span_cstr(text));
}

void proto_set_number(struct proto_set *set, uint32_t number, uint64_t value)
{
    wire_put_tag(&set->bytes, number, WIRE_VARINT);
    wire_put_varint(&set->bytes, value);
}

void proto_set_file(struct proto_set *set, const char *name, const char *package, const char *syntax)
{
    proto_set_open(set, 1);
    proto_set_text(set, 1, name);
    if (package)
        proto_set_text(set, 2, package);
    if (syntax)
        proto_set_text(set, 12, syntax);
}

void proto_set_message(struct proto_set *set, uint32_t number, const char *name)
{
    proto_set_open(set, number);
    proto_set_text(set, 1, name);
}

static void put_field(struct proto_set *set, const char *name, uint32_t number, uint32_t label, uint32_t type,
                      const char *type_name)
{
    proto_set_text(set, 1, name);
    proto_set_number(set, 3, number);
    proto_set_number(set, 4, label);
    proto_set_number(set, 5, type);
    if (type_name)
        proto_set_text(set, 6, type_name);
}

void proto_set_field(struct proto_set *set, const char *name, uint32_t number, uint32_t label, uint32_t type,
                     const char *type_name)
{
    proto_set_open(set, 2);
    put_field(set, name, number, label, type, type_name);
    proto_set_close(set);
}

void proto_set_extension(struct proto_set *set, uint32_t list, const char *extendee, const char *name, uint32_t number,
                         uint32_t label, uint32_t type, const char *type_name)
{
    proto_set_open(set, list);
    put_field(set, name, number, label, type, type_name);
    if (extendee)
        proto_set_text(set, 2, extendee);
    proto_set_close(set);
}

void proto_set_range(struct proto_set *set, uint32_t start, uint32_t end)
{
    proto_set_open(set, 5);
    proto_set_number(set, 1, start);
    proto_set_number(set, 2, end);
    proto_set_close(set);
}

void proto_set_method(struct proto_set *set, const char *name, const char *input, const char *output, uint32_t method,
                      const char *path, const char *body)
{
    proto_set_open(set, 2);
    proto_set_text(set, 1, name);
    proto_set_text(set, 2, input);
    proto_set_text(set, 3, output);
    if (path) {
        proto_set_open(set, 4);
        proto_set_open(set, 72295728);
        proto_set_text(set, method, path);
        if (body)
            proto_set_text(set, 7, body);
        proto_set_close(set);
        proto_set_close(set);
    }
    proto_set_close(set);
}

enum err_code proto_set_load(struct proto_set *set, struct schema **schema, struct err *err)
{
    err->text[0] = '\0';
    enum err_code code = schema_new(schema, buf_span(&set->bytes), err);
    assert_true((code == ERR_OK) == (*schema != NULL));
    if (code != ERR_OK)
        assert_true(err->text[0] != '\0' && err->code == code);
    return code;
}

void proto_set_refused(struct proto_set *set, enum err_code code, const char *text)
{
    struct schema *schema;
    struct err err;
    assert_int_equal(proto_set_load(set, &schema, &err), code);
    if (!strstr(err.text, text))
        fail_msg("\"%s\" is not in: %s", text, err.text);
    proto_set_fini(set);
}
