/* Target `lenient`: eight bytes choose leniencies, one a message type; then come lines: HTTP method, target, content
 * type; the rest is a body. What is read strictly must be read leniently to the same message, whatever the leniencies
 * of JSON and of texts are; and whatever a lenient request gives must be a message that prints, but for the field mask
 * that a PATCH gets from its body, of which each path must lead to a field. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/engine/transcode/transcode.h"
#include "harness/engine/proto/wire.h"

#define SET_LEN 8u
/* The leniencies that let something more pass, and change nothing that passed. */
#define JSON_BITS                                                                                                      \
    ((LENIENCY_BIT(LENIENCY_UNKNOWN_ENUM_ZERO + 1) - 1) | LENIENCY_BIT(LENIENCY_LOOSE_TIMES) |                         \
     LENIENCY_BIT(LENIENCY_PARTIAL_MESSAGES))

static struct span next_line(struct span *rest)
{
    size_t end = span_index_of(*rest, '\n', 0);
    struct span line = span_of(rest->data, end);
    *rest = span_from(*rest, end + 1);
    return line;
}

static void check_prints(const struct schema_message *message, struct span wire, struct leniency_set lenient)
{
    const struct protojson_options options = {.lenient = {lenient.bits & LENIENCY_BIT(LENIENCY_PARTIAL_MESSAGES)}};
    static struct arena arena;
    static struct buf json;
    FUZZ_CHECK(proto_to_json(fuzz_buf(&json), message, wire, &options, fuzz_arena(&arena), NULL) == ERR_OK);
}

static enum err_code map(struct buf *out, const struct schema_message *message, struct span json,
                         const struct protojson_options *options)
{
    static struct arena arena;
    struct err err = {.code = ERR_OK};
    enum err_code code = json_to_proto(fuzz_buf(out), message, json, options, fuzz_arena(&arena), &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0') && escape_utf8_valid(span_cstr(err.text)));
    FUZZ_CHECK(code == ERR_OK || out->len == 0);
    return code;
}

static void check_json(const struct schema_message *message, struct span json, struct leniency_set lenient)
{
    static struct buf strict;
    static struct buf loose;
    struct protojson_options options = {.lenient = {.bits = lenient.bits & JSON_BITS}};
    enum err_code code = map(&loose, message, json, &options);
    if (map(&strict, message, json, NULL) == ERR_OK)
        FUZZ_CHECK(code == ERR_OK && span_equal(buf_span(&strict), buf_span(&loose)));
    if (code == ERR_OK)
        check_prints(message, buf_span(&loose), lenient);
}

/* Struct, Value and Any have what no descriptor knows. */
static bool leads_to_field(const struct schema_message *type, struct span path)
{
    for (size_t at = 0; at <= path.len;) {
        size_t end = span_index_of(path, '.', at);
        const struct schema_field *field = type ? schema_field_by_name(type, span_of(path.data + at, end - at)) : NULL;
        if (!field)
            return false;
        type = field->repeated ? NULL : field->message;
        if (type && (type->well_known == SCHEMA_WKT_STRUCT || type->well_known == SCHEMA_WKT_VALUE))
            return true;
        at = end + 1;
    }
    return true;
}

static bool in_order(struct span before, struct span path)
{
    size_t len = before.len < path.len ? before.len : path.len;
    int order = len > 0 ? memcmp(before.data, path.data, len) : 0;
    return order < 0 || (order == 0 && before.len <= path.len);
}

/* `wire` is behind what the same request gives without the leniency: nothing, or one field mask. */
static void check_mask(const struct router_binding *binding, struct span wire)
{
    struct wire_reader reader;
    struct wire_field field;
    struct span before = span_of(NULL, 0);
    size_t count = 0;
    if (wire.len == 0)
        return;
    FUZZ_CHECK(span_is(binding->rule.method, "PATCH") && binding->body_field && binding->body_field->message);
    wire_reader_init(&reader, wire);
    FUZZ_CHECK(wire_next(&reader, &field) == WIRE_FIELD && field.type == WIRE_LEN);
    const struct schema_field *mask = schema_field_by_number(binding->method->input, field.number);
    FUZZ_CHECK(mask && !mask->repeated && mask->message && mask->message->well_known == SCHEMA_WKT_FIELD_MASK);
    FUZZ_CHECK(wire_next(&reader, &(struct wire_field){0}) == WIRE_END);
    wire_reader_init(&reader, field.bytes);
    for (; wire_next(&reader, &field) == WIRE_FIELD; count++) {
        FUZZ_CHECK(field.number == 1 && field.type == WIRE_LEN && escape_utf8_valid(field.bytes));
        FUZZ_CHECK(field.bytes.len == 0 || leads_to_field(binding->body_field->message, field.bytes));
        FUZZ_CHECK(in_order(before, field.bytes) && (count == 0 || before.len > 0));
        before = field.bytes;
    }
}

static void check_request(struct span method, struct span target, struct span content_type, struct span body,
                          struct transcode_options options)
{
    static struct arena arena;
    static struct arena again;
    static struct buf message;
    static struct buf plain;
    struct transcode_request request;
    struct err err = {.code = ERR_OK};
    enum transcode_result result = transcode_request(&request, fuzz_buf(&message), types_router(), method, target,
                                                     content_type, body, &options, fuzz_arena(&arena), &err);
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)) && result != TRANSCODE_INTERNAL);
    if (result != TRANSCODE_OK)
        return;
    options.json.lenient.bits &= ~LENIENCY_BIT(LENIENCY_PATCH_MASK);
    FUZZ_CHECK(transcode_request(&request, fuzz_buf(&plain), types_router(), method, target, content_type, body,
                                 &options, fuzz_arena(&again), &err) == TRANSCODE_OK);
    FUZZ_CHECK(plain.len <= message.len && span_equal(buf_span(&plain), span_of(message.data, plain.len)));
    check_prints(request.match.binding->method->input, buf_span(&plain), options.json.lenient);
    check_mask(request.match.binding, span_from(buf_span(&message), plain.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct transcode_options options = {.json.print_defaults = false};
    if (size < SET_LEN + 1)
        return 0;
    for (size_t i = 0; i < SET_LEN; i++)
        options.json.lenient.bits |= (uint64_t)data[i] << (8 * i);
    options.json.lenient.bits &= LENIENCY_ALL;
    struct span rest = span_from(span_of(data, size), SET_LEN + 1);
    struct span method = next_line(&rest);
    struct span target = next_line(&rest);
    struct span content_type = next_line(&rest);
    check_json(types_choose(data[SET_LEN]), rest, options.json.lenient);
    check_request(method, target, content_type, rest, options);
    return 0;
}
