/* Target `json_to_proto`: the first byte chooses a message type and what is mapped, the rest is JSON, or for one mode
 * the text of a URL. The outcome must not depend on how the same JSON is spelled, a field by itself must give what it
 * gives inside its message, and what is written must be a well-formed message of that type. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/json/writer.h"
#include "harness/engine/proto/wire.h"

#define MAX_DEPTH   100    /* of JSON: said here once more, so that a changed limit is seen */
#define RESPELL_MAX 65536u /* longer texts are not spelled again */
static const char sentinel[] = "before";

enum mode { MODE_MESSAGE, MODE_LENIENT, MODE_FIELD, MODE_TEXT };

struct source {
    enum mode mode;
    const struct schema_message *message;
    const struct schema_field *field;
};

static enum err_code map_into(struct buf *out, const struct source *source, struct span text, struct arena *arena)
{
    static const struct protojson_options lenient = {.ignore_unknown_fields = true};
    struct err err = {.code = ERR_OK};
    enum err_code code;
    FUZZ_CHECK(buf_append_cstr(out, sentinel));
    switch (source->mode) {
    case MODE_FIELD:
        code = json_to_proto_field(out, source->field, text, NULL, arena, &err);
        break;
    case MODE_TEXT:
        code = url_text_to_proto_field(out, source->field, text, arena, &err);
        break;
    default:
        code = json_to_proto(out, source->message, text, source->mode == MODE_LENIENT ? &lenient : NULL, arena, &err);
        break;
    }
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    FUZZ_CHECK(out->len >= sizeof sentinel - 1 && memcmp(out->data, sentinel, sizeof sentinel - 1) == 0);
    FUZZ_CHECK(code == ERR_OK || out->len == sizeof sentinel - 1);
    return code;
}

static enum err_code map(struct buf *out, const struct source *source, struct span text)
{
    static struct arena arena;
    enum err_code code = map_into(fuzz_buf(out), source, text, fuzz_arena(&arena));
    FUZZ_CHECK(!out->failed);
    return code;
}

/* With less room than it takes it is refused for that reason, or for the reason it was refused for before. */
static void check_limits(const struct source *source, struct span text, enum err_code code, struct span wire)
{
    static struct arena arena;
    static struct buf out;
    size_t room = sizeof sentinel - 1 + (wire.len - (sizeof sentinel - 1)) * (text.len / 4 % 8) / 8;
    enum err_code small = map_into(fuzz_small_buf(&out, room), source, text, fuzz_arena(&arena));
    FUZZ_CHECK(code == ERR_OK ? small == ERR_OK || small == ERR_LIMIT : small != ERR_OK);
    FUZZ_CHECK(small != ERR_OK || (out.len <= room && span_equal(wire, buf_span(&out))));
    small = map_into(fuzz_small_buf(&out, FUZZ_BUF_MAX), source, text, fuzz_small_arena(&arena, text.len % 61 * 16));
    FUZZ_CHECK(small == code || small == ERR_LIMIT || small == ERR_NO_MEMORY);
    FUZZ_CHECK(small != ERR_OK || span_equal(wire, buf_span(&out)));
}

/* ---- what was written: every field is of the type, in order, singular ones once */

static void check_message(const struct schema_message *message, struct span bytes, int depth);

static void check_packed(const struct schema_field *field, struct span bytes)
{
    enum wire_type type = schema_wire_type(field->type);
    if (type == WIRE_FIXED32 || type == WIRE_FIXED64) {
        FUZZ_CHECK(bytes.len % (type == WIRE_FIXED32 ? 4 : 8) == 0);
        return;
    }
    struct wire_reader reader;
    uint64_t value;
    wire_reader_init(&reader, bytes);
    while (wire_packed_varint(&reader, &value))
        ;
    FUZZ_CHECK(reader.at == reader.end);
}

static void check_value(const struct schema_field *field, const struct wire_field *wire, int depth)
{
    if (field->packed && wire->type == WIRE_LEN && schema_wire_type(field->type) != WIRE_LEN) {
        check_packed(field, wire->bytes);
        return;
    }
    FUZZ_CHECK(wire->type == schema_wire_type(field->type));
    if (field->type == SCHEMA_STRING)
        FUZZ_CHECK(escape_utf8_valid(wire->bytes));
    if (field->type == SCHEMA_BOOL)
        FUZZ_CHECK(wire->value <= 1);
    if (field->type == SCHEMA_UINT32 || field->type == SCHEMA_SINT32)
        FUZZ_CHECK(wire->value <= UINT32_MAX);
    if (field->type == SCHEMA_INT32 || field->type == SCHEMA_ENUM)
        FUZZ_CHECK((int64_t)wire->value >= INT32_MIN && (int64_t)wire->value <= INT32_MAX);
    if (field->type == SCHEMA_ENUM && field->enumeration->closed)
        FUZZ_CHECK(schema_enum_by_number(field->enumeration, (int32_t)wire->value));
    if (field->message)
        check_message(field->message, wire->bytes, depth + 1);
}

static void check_message(const struct schema_message *message, struct span bytes, int depth)
{
    struct wire_reader reader;
    struct wire_field wire;
    enum wire_result result;
    uint32_t last = 0;
    FUZZ_CHECK(depth <= 3 * MAX_DEPTH); /* an object in a Value is three messages: Struct, map entry, Value */
    wire_reader_init(&reader, bytes);
    while ((result = wire_next(&reader, &wire)) == WIRE_FIELD) {
        const struct schema_field *field = schema_field_by_number(message, wire.number);
        FUZZ_CHECK(field && wire.number >= last);
        FUZZ_CHECK(wire.number != last || field->repeated);
        last = wire.number;
        check_value(field, &wire, depth);
    }
    FUZZ_CHECK(result == WIRE_END);
}

/* ---- the same JSON in other words: blanks everywhere, every character of a string an escape */

static bool respell_string(struct buf *out, struct span raw)
{
    static struct buf decoded;
    FUZZ_CHECK(json_string_decode(fuzz_buf(&decoded), raw));
    struct span rest = buf_span(&decoded);
    buf_append_byte(out, '"');
    while (rest.len > 0) {
        size_t len = escape_utf8_len(rest);
        FUZZ_CHECK(len > 0);
        uint32_t c = len == 1 ? rest.data[0] : rest.data[0] & (0x7fu >> len);
        for (size_t i = 1; i < len; i++)
            c = c << 6 | (rest.data[i] & 0x3fu);
        if (c > 0xffff)
            buf_printf(out, "\\u%04x\\u%04X", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
        else
            buf_printf(out, "\\u%04x", c);
        rest = span_from(rest, len);
    }
    return buf_append_byte(out, '"');
}

static bool respell(struct buf *out, struct span text)
{
    static const char *const words[] = {
        [JSON_OBJECT_BEGIN] = "{", [JSON_OBJECT_END] = "}", [JSON_ARRAY_BEGIN] = "[", [JSON_ARRAY_END] = "]",
        [JSON_TRUE] = "true",      [JSON_FALSE] = "false",  [JSON_NULL] = "null"};
    struct json_reader reader;
    enum json_token token;
    bool comma = false;
    fuzz_buf(out);
    json_reader_init(&reader, text);
    while ((token = json_reader_next(&reader, NULL)) != JSON_END) {
        if (token == JSON_ERROR)
            return false;
        bool closes = token == JSON_OBJECT_END || token == JSON_ARRAY_END;
        buf_append_cstr(out, comma && !closes ? " ,\n" : "\t\r ");
        if (token == JSON_KEY || token == JSON_STRING)
            respell_string(out, reader.text);
        else if (token == JSON_NUMBER)
            buf_append_span(out, reader.text);
        else
            buf_append_cstr(out, words[token]);
        if (token == JSON_KEY)
            buf_append_cstr(out, " : ");
        comma = token != JSON_KEY && token != JSON_OBJECT_BEGIN && token != JSON_ARRAY_BEGIN;
    }
    FUZZ_CHECK(!out->failed);
    return true;
}

static void check_spelling(const struct source *source, struct span text, enum err_code code, struct span wire)
{
    static struct buf again;
    static struct buf other;
    if (text.len > RESPELL_MAX || !respell(&again, text))
        return;
    FUZZ_CHECK(map(&other, source, buf_span(&again)) == code);
    FUZZ_CHECK(span_equal(wire, buf_span(&other)));
}

/* ---- a field by itself and inside its message */

static void check_inside(const struct source *source, struct span text, enum err_code code, struct span wire)
{
    static struct buf json;
    static struct buf inside;
    const struct schema_field *field = source->field;
    struct json_reader reader;
    if (source->message->well_known != SCHEMA_WKT_NONE || !source->message->proto3 ||
        schema_field_by_json_name(source->message, field->json_name) != field)
        return;
    json_reader_init(&reader, text);
    if (json_reader_next(&reader, NULL) == JSON_NULL)
        return; /* means that the field is not there */
    fuzz_buf(&json);
    buf_append_byte(&json, '{');
    json_write_string(&json, field->json_name);
    buf_append_byte(&json, ':');
    buf_append_span(&json, text);
    FUZZ_CHECK(buf_append_byte(&json, '}'));
    struct source whole = {.mode = MODE_MESSAGE, .message = source->message};
    enum err_code whole_code = map(&inside, &whole, buf_span(&json));
    if (code == ERR_LIMIT || whole_code == ERR_LIMIT)
        return; /* the message is one level deeper */
    FUZZ_CHECK(code == whole_code);
    FUZZ_CHECK(span_equal(wire, buf_span(&inside)) || (!field->presence && inside.len == sizeof sentinel - 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buf out;
    static struct buf other;
    if (size < 2)
        return 0;
    struct source source = {.mode = data[0] & 3, .message = types_choose(data[0] >> 2)};
    source.field = types_choose_field(source.message, data[1]);
    if (source.mode >= MODE_FIELD && !source.field)
        return 0;
    struct span text = span_from(span_of(data, size), source.mode >= MODE_FIELD ? 2 : 1);
    enum err_code code = map(&out, &source, text);
    if (code == ERR_OK)
        check_message(source.message, span_from(buf_span(&out), sizeof sentinel - 1), 0);
    if (FUZZ_LIMITS && text.len % 4 == 0)
        check_limits(&source, text, code, buf_span(&out));
    if (source.mode == MODE_TEXT)
        return 0;
    enum err_code valid = json_validate(text, NULL);
    FUZZ_CHECK(code == ERR_OK ? valid == ERR_OK : code != ERR_SYNTAX || valid == ERR_SYNTAX);
    if (valid != ERR_OK)
        return 0;
    check_spelling(&source, text, code, buf_span(&out));
    if (source.mode == MODE_FIELD)
        check_inside(&source, text, code, buf_span(&out));
    if (source.mode == MODE_MESSAGE && code == ERR_OK) {
        struct source lenient = {.mode = MODE_LENIENT, .message = source.message};
        FUZZ_CHECK(map(&other, &lenient, text) == ERR_OK);
        FUZZ_CHECK(span_equal(buf_span(&out), buf_span(&other)));
    }
    return 0;
}
