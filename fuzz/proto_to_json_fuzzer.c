/* Target `proto_to_json`: the first byte chooses a message type and options, the rest is wire bytes. What is printed
 * must be JSON; unknown fields must change nothing; and a field printed by itself must be what stands in its message.
 */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/proto/wire.h"

#define TWICE_MAX 65536u
static const char sentinel[] = "before";

/* One field, or with NULL the message. */
static enum err_code map_into(struct buf *out, const struct schema_message *message, const struct schema_field *field,
                              struct span wire, const struct protojson_options *options, struct arena *arena)
{
    struct err err = {.code = ERR_OK};
    FUZZ_CHECK(buf_append_cstr(out, sentinel));
    enum err_code code = field ? proto_to_json_field(out, field, wire, options, arena, &err)
                               : proto_to_json(out, message, wire, options, arena, &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    FUZZ_CHECK(out->len >= sizeof sentinel - 1 && memcmp(out->data, sentinel, sizeof sentinel - 1) == 0);
    FUZZ_CHECK(code == ERR_OK || out->len == sizeof sentinel - 1);
    if (code == ERR_OK)
        FUZZ_CHECK(json_validate(span_from(buf_span(out), sizeof sentinel - 1), NULL) == ERR_OK);
    return code;
}

static enum err_code map(struct buf *out, const struct schema_message *message, const struct schema_field *field,
                         struct span wire, const struct protojson_options *options)
{
    static struct arena arena;
    enum err_code code = map_into(fuzz_buf(out), message, field, wire, options, fuzz_arena(&arena));
    FUZZ_CHECK(!out->failed);
    return code;
}

/* With less room than it takes it is refused for that reason, or for the reason it was refused for before. */
static void check_limits(const struct schema_message *message, const struct schema_field *field, struct span wire,
                         const struct protojson_options *options, enum err_code code, struct span text)
{
    static struct arena arena;
    static struct buf out;
    size_t room = sizeof sentinel - 1 + (text.len - (sizeof sentinel - 1)) * (wire.len / 4 % 8) / 8;
    enum err_code small = map_into(fuzz_small_buf(&out, room), message, field, wire, options, fuzz_arena(&arena));
    FUZZ_CHECK(code == ERR_OK ? small == ERR_OK || small == ERR_LIMIT : small != ERR_OK);
    FUZZ_CHECK(small != ERR_OK || (out.len <= room && span_equal(text, buf_span(&out))));
    small = map_into(fuzz_small_buf(&out, FUZZ_BUF_MAX), message, field, wire, options,
                     fuzz_small_arena(&arena, wire.len % 61 * 16));
    FUZZ_CHECK(small == code || small == ERR_LIMIT || small == ERR_NO_MEMORY);
    FUZZ_CHECK(small != ERR_OK || span_equal(text, buf_span(&out)));
}

static struct span text_of(const struct buf *out)
{
    return span_from(buf_span(out), sizeof sentinel - 1);
}

/* Unknown fields of every wire type behind the message. */
static void check_unknown(const struct schema_message *message, struct span wire, struct span text,
                          const struct protojson_options *options)
{
    static struct buf longer;
    static struct buf out;
    fuzz_buf(&longer);
    buf_append_span(&longer, wire);
    wire_put_tag(&longer, WIRE_MAX_NUMBER - 2, WIRE_VARINT);
    wire_put_varint(&longer, UINT64_MAX);
    wire_put_tag(&longer, WIRE_MAX_NUMBER - 3, WIRE_FIXED64);
    wire_put_fixed64(&longer, 1);
    wire_put_tag(&longer, 15000, WIRE_GROUP_BEGIN);
    wire_put_tag(&longer, 1, WIRE_FIXED32);
    wire_put_fixed32(&longer, 1);
    wire_put_tag(&longer, 15000, WIRE_GROUP_END);
    wire_put_tag(&longer, 15001, WIRE_LEN);
    FUZZ_CHECK(wire_put_bytes(&longer, span_of("\xff\x00", 2)));
    FUZZ_CHECK(map(&out, message, NULL, buf_span(&longer), options) == ERR_OK && span_equal(text_of(&out), text));
}

/* The members of the printed object are what each field prints by itself. */
static void check_members(const struct schema_message *message, struct span wire, struct span text,
                          const struct protojson_options *options)
{
    static struct buf out;
    struct json_reader reader;
    json_reader_init(&reader, text);
    FUZZ_CHECK(json_reader_next(&reader, NULL) == JSON_OBJECT_BEGIN);
    uint32_t last = 0;
    while (json_reader_next(&reader, NULL) == JSON_KEY) {
        const struct schema_field *field = options->proto_names ? schema_field_by_name(message, reader.text)
                                                                : schema_field_by_json_name(message, reader.text);
        size_t value_at = reader.at;
        FUZZ_CHECK(json_reader_skip(&reader, NULL) != JSON_ERROR);
        if (!field)
            continue; /* an extension, by its original name, or a name with escapes */
        FUZZ_CHECK(field->number > last);
        last = field->number;
        while (text.data[value_at] == ':')
            value_at++;
        FUZZ_CHECK(map(&out, message, field, wire, options) == ERR_OK);
        FUZZ_CHECK(span_equal(text_of(&out), span_of(text.data + value_at, reader.at - value_at)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buf out;
    static struct buf other;
    if (size < 2)
        return 0;
    const struct schema_message *message = types_choose(data[0]);
    struct protojson_options options = {.print_defaults = data[0] & 0x10 ? true : false,
                                        .proto_names = data[0] & 0x20 ? true : false,
                                        .enum_numbers = data[0] & 0x40 ? true : false};
    struct span wire = span_of(data + 1, size - 1);
    const struct schema_field *field = data[0] & 0x80 ? types_choose_field(message, data[1]) : NULL;
    if (field) {
        wire = span_from(wire, 1);
        enum err_code code = map(&out, message, field, wire, &options);
        if (FUZZ_LIMITS && wire.len % 4 == 0)
            check_limits(message, field, wire, &options, code, buf_span(&out));
        return 0;
    }
    enum err_code code = map(&out, message, NULL, wire, &options);
    if (FUZZ_LIMITS && wire.len % 4 == 0)
        check_limits(message, NULL, wire, &options, code, buf_span(&out));
    enum err_code plain = map(&other, message, NULL, wire, NULL);
    /* The [] of an unset list is one level deeper than its message. */
    FUZZ_CHECK((code == ERR_OK) == (plain == ERR_OK) || (options.print_defaults && code == ERR_LIMIT));
    if (code != ERR_OK || wire.len > TWICE_MAX)
        return 0;
    check_unknown(message, wire, text_of(&out), &options);
    if (message->well_known == SCHEMA_WKT_NONE &&
        !(options.proto_names && span_is(message->name, "transcheck.v1.Names")))
        check_members(message, wire, text_of(&out), &options);
    return 0;
}
