/* Messages are compared as messages: both sides go to wire bytes and back to canonical JSON. */
#include <stdlib.h>

#include "harness/engine/protojson/protojson.h"
#include "harness/suite/check_impl.h"

struct message_type message_type_of(const struct schema_method *rpc, const struct router_binding *binding)
{
    struct message_type type = {0};
    if (rpc)
        type.message = rpc->output;
    if (binding && binding->method == rpc)
        type.field = binding->response_body_field;
    return type;
}

const struct schema_field *message_type_field(const struct message_type *type, const char *name)
{
    const struct schema_message *message = type->field ? type->field->message : type->message;
    if (!message)
        return NULL;
    const struct schema_field *field = schema_field_by_json_name(message, span_cstr(name));
    return field ? field : schema_field_by_name(message, span_cstr(name));
}

enum err_code message_canonical(struct buf *out, const struct message_type *type, struct span json, struct arena *arena,
                                struct err *err)
{
    const struct protojson_options strict = {0};
    struct buf wire;
    enum err_code code;
    buf_init(&wire, CHECK_MAX_MESSAGE);
    if (!type->field) {
        code = json_to_proto(&wire, type->message, json, &strict, arena, err);
        if (code == ERR_OK)
            code = proto_to_json(out, type->message, buf_span(&wire), &strict, arena, err);
    } else {
        /* An unset field prints as null: no wire bytes. */
        code = span_is(json, "null") ? ERR_OK : json_to_proto_field(&wire, type->field, json, &strict, arena, err);
        if (code == ERR_OK)
            code = proto_to_json_field(out, type->field, buf_span(&wire), &strict, arena, err);
    }
    buf_fini(&wire);
    return code;
}

static bool cannot_tell(enum err_code code)
{
    return code == ERR_NO_MEMORY || code == ERR_LIMIT || code == ERR_UNSUPPORTED;
}

/* The canonical form of a message of the case, which was checked when it was loaded. */
static bool expected_canonical(struct check *check, struct buf *out, const struct message_type *type,
                               const json_t *expected)
{
    struct err err = {0};
    char *text = json_dumps(expected, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    enum err_code code = text ? message_canonical(out, type, span_cstr(text), &check->scratch, &err) : ERR_NO_MEMORY;
    free(text);
    if (code != ERR_OK)
        check_give_up(check, check_text(check, "the expected message: %s", err.text));
    return code == ERR_OK;
}

/* The same text, from the first byte that differs: two long messages are told apart where it matters. */
static const char *around(struct check *check, struct span text, size_t from)
{
    size_t start = from > 200 ? from - 200 : 0;
    struct span shown = span_from(text, start);
    shown.len = shown.len < CHECK_MAX_TEXT - 100 ? shown.len : CHECK_MAX_TEXT - 100;
    if (text.len <= CHECK_MAX_TEXT - 100)
        return check_quote(check, text);
    return check_text(check, "(from byte %zu) %s...", start, check_quote(check, shown));
}

static size_t first_difference(struct span a, struct span b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && a.data[i] == b.data[i])
        i++;
    return i;
}

/* Compares two canonical texts. */
static bool same(struct check *check, struct span expected, struct span observed, const char *where,
                 enum reason_axis axis, enum reason_kind kind, struct reasons *to)
{
    if (span_equal(expected, observed))
        return true;
    size_t at = first_difference(expected, observed);
    reason_add(check, to, axis, kind, check_text(check, "%s %s", where, around(check, expected, at)),
               check_text(check, "%s %s", where, around(check, observed, at)));
    return false;
}

/* Takes nulls off `got` where `want` has no such member. */
static void drop_nulls(json_t *got, const json_t *want)
{
    const char *key;
    json_t *item;
    void *next;
    size_t i;
    json_object_foreach_safe(got, next, key, item)
    {
        const json_t *wanted = json_object_get(want, key);
        if (json_is_null(item) && !wanted)
            json_object_del(got, key);
        else
            drop_nulls(item, wanted);
    }
    json_array_foreach(got, i, item) drop_nulls(item, json_array_get(want, i));
}

/* Whether two canonical texts differ only in values of google.protobuf.Value that are null on one side and not set on
 * the other: who prints defaults prints both alike. In canonical JSON, which leaves defaults out, nothing else is null
 * but a member of a oneof, which does not come without being set. */
static bool same_but_unset(struct check *check, const struct message_type *type, struct span want, struct span got)
{
    if (type->field || !json_is_true(profile_value(check->in->profile, "unset_value_is_null")))
        return false;
    const size_t flags = JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL;
    json_t *wanted = json_loadb((const char *)want.data, want.len, flags, NULL);
    json_t *found = json_loadb((const char *)got.data, got.len, flags, NULL);
    if (wanted && found)
        drop_nulls(found, wanted);
    bool equal = wanted && found && json_equal(wanted, found);
    json_decref(wanted);
    json_decref(found);
    return equal;
}

bool message_compare(struct check *check, const struct message_type *type, const json_t *expected, struct span observed,
                     const char *where, struct reasons *to)
{
    struct buf want;
    struct buf got;
    struct err err = {0};
    bool equal = false;
    buf_init(&want, CHECK_MAX_MESSAGE);
    buf_init(&got, CHECK_MAX_MESSAGE);
    arena_reset(&check->scratch);
    if (!expected_canonical(check, &want, type, expected))
        goto out;
    enum err_code code = message_canonical(&got, type, observed, &check->scratch, &err);
    if (cannot_tell(code)) {
        check_give_up(check, check_text(check, "%s: %s", where, err.text));
    } else if (code != ERR_OK) {
        observed.len = observed.len < 1000 ? observed.len : 1000;
        reason_add(check, to, AXIS_RESPONSE, KIND_WRONG_BODY,
                   check_text(check, "%s %s", where, check_quote(check, buf_span(&want))),
                   check_text(check, "%s is no such message (%s): %s", where, err.text, check_quote(check, observed)));
    } else {
        equal = same_but_unset(check, type, buf_span(&want), buf_span(&got)) ||
                same(check, buf_span(&want), buf_span(&got), where, AXIS_RESPONSE, KIND_WRONG_BODY, to);
    }
out:
    buf_fini(&want);
    buf_fini(&got);
    return equal;
}

bool message_compare_wire(struct check *check, const struct schema_message *type, const json_t *expected,
                          struct span observed, const char *where, struct reasons *to)
{
    const struct protojson_options strict = {0};
    struct message_type whole = {.message = type};
    struct buf want;
    struct buf got;
    struct err err = {0};
    bool equal = false;
    buf_init(&want, CHECK_MAX_MESSAGE);
    buf_init(&got, CHECK_MAX_MESSAGE);
    arena_reset(&check->scratch);
    if (!expected_canonical(check, &want, &whole, expected))
        goto out;
    enum err_code code = proto_to_json(&got, type, observed, &strict, &check->scratch, &err);
    if (cannot_tell(code)) {
        check_give_up(check, check_text(check, "%s: %s", where, err.text));
    } else if (code != ERR_OK) {
        reason_add(check, to, AXIS_REQUEST, KIND_WRONG_REQUEST,
                   check_text(check, "%s %s", where, check_quote(check, buf_span(&want))),
                   check_text(check, "%s is %zu bytes that do not parse: %s", where, observed.len, err.text));
    } else {
        equal = same(check, buf_span(&want), buf_span(&got), where, AXIS_REQUEST, KIND_WRONG_REQUEST, to);
    }
out:
    buf_fini(&want);
    buf_fini(&got);
    return equal;
}

enum err_code message_valid(const struct place *at, const json_t *value, const struct message_type *type,
                            struct arena *arena, struct err *err)
{
    struct buf out;
    struct err why = {0};
    if (!type->message)
        return place_error(at, ERR_SYNTAX, err, "no method is bound to this request: name it with \"rpc\"");
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (!text)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    buf_init(&out, CHECK_MAX_MESSAGE);
    enum err_code code = message_canonical(&out, type, span_cstr(text), arena, &why);
    buf_fini(&out);
    free(text);
    struct span name = type->message->name;
    return code == ERR_OK ? ERR_OK : place_error(at, code, err, "does not fit %.*s: %s", SPAN_FMT(name), why.text);
}

json_t *message_text_load(const json_t *value, struct arena *arena)
{
    struct span text = value ? keys_body(value, arena) : span_of(NULL, 0);
    return text.data ? json_loadb((const char *)text.data, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
}

enum err_code message_text_valid(const struct place *at, const json_t *value, const struct message_type *type,
                                 struct arena *arena, struct err *err)
{
    enum err_code code = key_body.check(at, value, &(struct key_rule){.name = "message_text"}, NULL, err);
    if (code != ERR_OK)
        return code;
    json_t *message = message_text_load(value, arena);
    if (!message)
        return place_error(at, ERR_SYNTAX, err, "expected the text of a JSON value");
    code = message_valid(at, message, type, arena, err);
    json_decref(message);
    return code;
}

enum err_code messages_valid(const struct place *at, const json_t *list, const struct message_type *type,
                             struct arena *arena, struct err *err)
{
    if (!json_is_array(list))
        return place_error(at, ERR_SYNTAX, err, "expected a list of messages");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = message_valid(&inside, json_array_get(list, i), type, arena, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}
