/* Target `round_trip`: the first byte chooses a message type and a direction, the rest is JSON or wire bytes. What one
 * direction accepts, the other must take back, and the canonical text must stay the same from then on. */
#include "fuzz/fuzz.h"
#include "harness/base/embed.h"
#include "harness/engine/json_map.h"
#include "harness/engine/json_reader.h"

#define OUTPUT_MAX (16u << 20)
#define ARENA_MAX  ((size_t)256 << 20)

static const char *const type_names[] = {
    "transcheck.v1.Everything", "transcheck.v1.Names",       "transcheck.v1.Legacy",       "google.protobuf.Value",
    "google.protobuf.Any",      "google.rpc.Status",         "google.api.HttpBody",        "google.protobuf.Timestamp",
    "google.protobuf.Duration", "google.protobuf.FieldMask", "google.protobuf.BytesValue", "transcheck.v1.Inner"};

/* Read once, then constant. */
static const struct schema *schema_get(void)
{
    static struct schema *schema;
    struct span descriptors;
    if (!schema)
        FUZZ_CHECK(embed_find("descriptors.pb", &descriptors) && schema_new(&schema, descriptors, NULL) == ERR_OK);
    return schema;
}

static enum err_code to_wire(struct buf *out, const struct schema_message *message, struct span json)
{
    struct arena arena;
    struct err err = {.code = ERR_OK};
    arena_init(&arena, ARENA_MAX);
    buf_init(out, OUTPUT_MAX);
    enum err_code code = json_to_proto(out, message, json, NULL, &arena, &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(code == ERR_OK || out->len == 0);
    FUZZ_CHECK(code == ERR_OK ? json_validate(json, NULL) == ERR_OK
                              : code != ERR_SYNTAX || json_validate(json, NULL) == ERR_SYNTAX);
    arena_fini(&arena);
    return code;
}

static enum err_code to_json(struct buf *out, const struct schema_message *message, struct span wire,
                             const struct json_map_options *options)
{
    struct arena arena;
    struct err err = {.code = ERR_OK};
    arena_init(&arena, ARENA_MAX);
    buf_init(out, OUTPUT_MAX);
    enum err_code code = proto_to_json(out, message, wire, options, &arena, &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(code == ERR_OK ? json_validate(buf_span(out), NULL) == ERR_OK : out->len == 0);
    arena_fini(&arena);
    return code;
}

/* Text that was printed: it must be read, and printed again it must be `canonical`. */
static void check_text(const struct schema_message *message, struct span text, struct span canonical)
{
    struct buf wire;
    struct buf json;
    enum err_code code = to_wire(&wire, message, text);
    /* proto2 only: a required field may be missing on the wire, and its absence is refused in JSON. */
    if (code == ERR_OK) {
        FUZZ_CHECK(to_json(&json, message, buf_span(&wire), NULL) == ERR_OK);
        FUZZ_CHECK(span_equal(buf_span(&json), canonical));
        buf_fini(&json);
    } else {
        FUZZ_CHECK(!message->proto3 && code == ERR_RANGE);
    }
    buf_fini(&wire);
}

static void from_wire(const struct schema_message *message, struct span wire, bool must)
{
    static const struct json_map_options variants[] = {
        {.print_defaults = true}, {.enum_numbers = true}, {.proto_names = true}};
    struct buf canonical;
    if (to_json(&canonical, message, wire, NULL) != ERR_OK) {
        FUZZ_CHECK(!must);
        buf_fini(&canonical);
        return;
    }
    check_text(message, buf_span(&canonical), buf_span(&canonical));
    /* In Names one field's name is another's JSON name, so that original names do not come back. */
    size_t count = span_is(message->name, "transcheck.v1.Names") ? 2 : 3;
    for (size_t i = 0; i < count; i++) {
        struct buf text;
        if (to_json(&text, message, wire, &variants[i]) == ERR_OK)
            check_text(message, buf_span(&text), buf_span(&canonical));
        buf_fini(&text);
    }
    buf_fini(&canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *name = type_names[(data[0] >> 1) % (sizeof type_names / sizeof *type_names)];
    const struct schema_message *message = schema_message_find(schema_get(), span_cstr(name));
    FUZZ_CHECK(message);
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] & 1) {
        from_wire(message, rest, false);
        return 0;
    }
    struct buf wire;
    if (to_wire(&wire, message, rest) == ERR_OK)
        from_wire(message, buf_span(&wire), true);
    buf_fini(&wire);
    return 0;
}
