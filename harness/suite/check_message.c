/* Messages are compared as messages: both sides go to wire bytes and back to canonical JSON. */
#include <stdlib.h>

#include "harness/engine/protojson/protojson.h"
#include "harness/suite/json_element.h"
#include "harness/suite/message_diff.h"
#include "harness/suite/message_parts.h"

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

static char *dumped(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
}

/* The canonical form of a message of the case, which was checked when it was loaded. */
static bool expected_canonical(struct check *check, struct buf *out, const struct message_type *type,
                               struct span expected)
{
    struct err err = {0};
    enum err_code code = message_canonical(out, type, expected, &check->scratch, &err);
    if (code != ERR_OK)
        check_give_up(check, check_text(check, "the expected message: %s", err.text));
    return code == ERR_OK;
}

/* Of a comparison: the canonical texts. */
struct sides {
    struct buf want;
    struct buf got;
};

static void sides_init(struct sides *sides)
{
    buf_init(&sides->want, CHECK_MAX_MESSAGE);
    buf_init(&sides->got, CHECK_MAX_MESSAGE);
}

static void sides_fini(struct sides *sides)
{
    buf_fini(&sides->want);
    buf_fini(&sides->got);
}

void message_compare_text(struct check *check, const struct message_type *type, struct span expected,
                          struct span observed, const char *at, struct reasons *to)
{
    struct message_diff diff = {.check = check, .to = to, .axis = AXIS_RESPONSE, .kind = KIND_WRONG_BODY, .at = at};
    diff.unset_is_null = !type->field && profile_has_text(check->in->profile, "json_output", "defaults");
    struct sides sides;
    struct err err = {0};
    sides_init(&sides);
    arena_reset(&check->scratch);
    if (!expected_canonical(check, &sides.want, type, expected))
        goto out;
    enum err_code code = message_canonical(&sides.got, type, observed, &check->scratch, &err);
    diff.expected = buf_span(&sides.want);
    diff.observed = buf_span(&sides.got);
    if (cannot_tell(code)) {
        check_give_up(check, check_text(check, "%s: %s", message_diff_whole(at), err.text));
    } else if (code != ERR_OK) {
        message_parts(&diff, type, observed, err.text);
    } else {
        message_diff(&diff);
    }
out:
    sides_fini(&sides);
}

void message_compare(struct check *check, const struct message_type *type, const json_t *expected, struct span observed,
                     const char *at, struct reasons *to)
{
    char *text = dumped(expected);
    if (text)
        message_compare_text(check, type, span_cstr(text), observed, at, to);
    else
        check_give_up(check, "the harness ran out of memory");
    free(text);
}

void message_compare_wire_text(struct check *check, const struct schema_message *type, struct span expected,
                               struct span observed, const char *at, struct reasons *to)
{
    const struct protojson_options strict = {0};
    struct message_type whole = {.message = type};
    struct message_diff diff = {.check = check, .to = to, .axis = AXIS_REQUEST, .kind = KIND_WRONG_REQUEST, .at = at};
    struct sides sides;
    struct err err = {0};
    sides_init(&sides);
    arena_reset(&check->scratch);
    if (!expected_canonical(check, &sides.want, &whole, expected))
        goto out;
    enum err_code code = proto_to_json(&sides.got, type, observed, &strict, &check->scratch, &err);
    diff.expected = buf_span(&sides.want);
    diff.observed = buf_span(&sides.got);
    if (cannot_tell(code))
        check_give_up(check, check_text(check, "%s: %s", message_diff_whole(at), err.text));
    else if (code != ERR_OK)
        reason_add(check, to, diff.axis, diff.kind, message_diff_whole(at), check_quote(check, diff.expected),
                   check_text(check, "%zu bytes that do not parse: %s", observed.len, err.text));
    else
        message_diff(&diff);
out:
    sides_fini(&sides);
}

void message_compare_wire(struct check *check, const struct schema_message *type, const json_t *expected,
                          struct span observed, const char *at, struct reasons *to)
{
    char *text = dumped(expected);
    if (text)
        message_compare_wire_text(check, type, span_cstr(text), observed, at, to);
    else
        check_give_up(check, "the harness ran out of memory");
    free(text);
}

/* ---- of the case */

/* Whether JSON text is such a message. */
static enum err_code text_valid(const struct place *at, struct span text, const struct message_type *type,
                                struct arena *arena, struct err *err)
{
    struct buf out;
    struct err why = {0};
    if (!type->message)
        return place_error(at, ERR_SYNTAX, err, "no method is bound to this request: name it with \"rpc\"");
    buf_init(&out, CHECK_MAX_MESSAGE);
    enum err_code code = message_canonical(&out, type, text, arena, &why);
    buf_fini(&out);
    struct span name = type->message->name;
    return code == ERR_OK ? ERR_OK : place_error(at, code, err, "does not fit %.*s: %s", SPAN_FMT(name), why.text);
}

enum err_code message_valid(const struct place *at, const json_t *value, const struct message_type *type,
                            struct arena *arena, struct err *err)
{
    char *text = dumped(value);
    if (!text)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    enum err_code code = text_valid(at, span_cstr(text), type, arena, err);
    free(text);
    return code;
}

/* The text may be megabytes long: what it takes to look at it is given back at once. */
enum err_code message_text_valid(const struct place *at, const json_t *value, const struct message_type *type,
                                 struct arena *arena, struct err *err)
{
    enum err_code code = key_body.check(at, value, &(struct key_rule){.name = "message_text"}, NULL, err);
    if (code != ERR_OK)
        return code;
    struct arena scratch;
    struct err why;
    (void)arena;
    arena_init(&scratch, 2 * CHECK_MAX_MESSAGE);
    struct span text = keys_body(value, &scratch);
    if (!text.data)
        code = err_set(err, ERR_NO_MEMORY, "out of memory");
    else if (json_element_validate(text, &why) != ERR_OK)
        code = place_error(at, ERR_SYNTAX, err, "expected the text of a JSON value");
    else
        code = text_valid(at, text, type, &scratch, err);
    arena_fini(&scratch);
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
