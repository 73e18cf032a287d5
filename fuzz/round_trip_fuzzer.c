/* Target `round_trip`: the first byte chooses a message type and a direction, the rest is JSON or wire bytes. What one
 * direction accepts, the other must take back, and the canonical text must stay the same from then on. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/json/reader.h"

static enum err_code to_wire(struct buf *out, const struct schema_message *message, struct span json)
{
    static struct arena arena;
    struct err err = {.code = ERR_OK};
    enum err_code code = json_to_proto(fuzz_buf(out), message, json, NULL, fuzz_arena(&arena), &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(code == ERR_OK || out->len == 0);
    FUZZ_CHECK(code == ERR_OK ? json_validate(json, NULL) == ERR_OK
                              : code != ERR_SYNTAX || json_validate(json, NULL) == ERR_SYNTAX);
    return code;
}

static enum err_code to_json(struct buf *out, const struct schema_message *message, struct span wire,
                             const struct protojson_options *options)
{
    static struct arena arena;
    struct err err = {.code = ERR_OK};
    enum err_code code = proto_to_json(fuzz_buf(out), message, wire, options, fuzz_arena(&arena), &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(code == ERR_OK ? json_validate(buf_span(out), NULL) == ERR_OK : out->len == 0);
    return code;
}

/* The text without members "nullValue":null. A NullValue with a number that it does not declare prints as null, as
 * libprotobuf prints it, and null is then read as its default, which does not print. */
static struct span without_null(struct buf *out, struct span text)
{
    static const char member[] = "\"nullValue\":null";
    const size_t len = sizeof member - 1;
    fuzz_buf(out);
    for (size_t at = 0; at < text.len; at++) {
        if (text.len - at < len || memcmp(text.data + at, member, len) != 0) {
            buf_append_byte(out, text.data[at]);
            continue;
        }
        at += len - 1;
        if (at + 1 < text.len && text.data[at + 1] == ',')
            at++;
        else if (out->len > 0 && out->data[out->len - 1] == ',')
            out->len--;
    }
    FUZZ_CHECK(!out->failed);
    return buf_span(out);
}

static bool same_text(struct span a, struct span b)
{
    static struct buf left;
    static struct buf right;
    return span_equal(a, b) || span_equal(without_null(&left, a), without_null(&right, b));
}

/* Text that was printed: it must be read, and printed again it must be `canonical`. */
static void check_text(const struct schema_message *message, struct span text, struct span canonical)
{
    static struct buf wire;
    static struct buf json;
    FUZZ_CHECK(to_wire(&wire, message, text) == ERR_OK);
    FUZZ_CHECK(to_json(&json, message, buf_span(&wire), NULL) == ERR_OK);
    FUZZ_CHECK(same_text(buf_span(&json), canonical));
}

static void from_wire(const struct schema_message *message, struct span wire, bool must)
{
    static const struct protojson_options variants[] = {
        {.print_defaults = true}, {.enum_numbers = true}, {.proto_names = true}};
    static struct buf canonical;
    if (to_json(&canonical, message, wire, NULL) != ERR_OK) {
        FUZZ_CHECK(!must);
        return;
    }
    check_text(message, buf_span(&canonical), buf_span(&canonical));
    /* In Names one field's name is another's JSON name, so that original names do not come back. */
    size_t count = span_is(message->name, "transcheck.v1.Names") ? 2 : 3;
    for (size_t i = 0; i < count; i++) {
        static struct buf text;
        if (to_json(&text, message, wire, &variants[i]) == ERR_OK)
            check_text(message, buf_span(&text), buf_span(&canonical));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct schema_message *message = types_choose(data[0] >> 1);
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] & 1) {
        from_wire(message, rest, false);
        return 0;
    }
    static struct buf wire;
    if (to_wire(&wire, message, rest) == ERR_OK)
        from_wire(message, buf_span(&wire), true);
    return 0;
}
