/* Target `both_ways`: the first byte chooses a message type, a direction and options, the rest is JSON or wire bytes.
 * The mapping of each direction has two ways, in one pass and the general one: they must agree on codes, bytes and
 * texts of errors. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/engine/protojson/input.h"
#include "harness/engine/protojson/output.h"

static void check(enum err_code code, const struct buf *out, const struct err *err, enum err_code general,
                  const struct buf *general_out, const struct err *general_err)
{
    FUZZ_CHECK(code == general);
    if (code == ERR_OK)
        FUZZ_CHECK(span_equal(buf_span(out), buf_span(general_out)));
    else
        FUZZ_CHECK(strcmp(err->text, general_err->text) == 0);
}

static void read_both(const struct schema_message *message, struct span json, const struct json_map_options *options)
{
    static struct arena arena;
    static struct buf out;
    static struct buf general_out;
    struct err err;
    fuzz_buf(&out);
    fuzz_buf(&general_out);
    enum err_code code = json_to_proto(&out, message, json, options, fuzz_arena(&arena), &err);
    struct json_input input = {.out = &general_out, .options = options, .arena = fuzz_arena(&arena), .general = true};
    json_reader_init(&input.reader, json);
    enum err_code general = json_input_message(&input, message, json_input_next(&input, NULL), NULL);
    if (general == ERR_OK && json_input_next(&input, NULL) != JSON_END)
        general = input.err.code;
    check(code, &out, &err, general, &general_out, &input.err);
}

static void print_both(const struct schema_message *message, struct span wire, const struct json_map_options *options)
{
    static struct arena arena;
    static struct buf out;
    static struct buf general_out;
    struct json_fragments whole = {.items = &wire, .count = 1};
    struct err err;
    fuzz_buf(&out);
    fuzz_buf(&general_out);
    enum err_code code = proto_to_json(&out, message, wire, options, fuzz_arena(&arena), &err);
    struct json_output output = {
        .out = &general_out, .options = options, .arena = fuzz_arena(&arena), .base = wire.data, .general = true};
    enum err_code general = json_output_message(&output, message, whole, NULL);
    check(code, &out, &err, general, &general_out, &output.err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct schema_message *message = types_choose(data[0] & 15);
    struct json_map_options options = {.ignore_unknown_fields = (data[0] & 0x10) != 0,
                                       .print_defaults = (data[0] & 0x90) == 0x90, /* means nothing to the reading */
                                       .proto_names = (data[0] & 0x20) != 0,
                                       .partial = (data[0] & 0x80) != 0, /* required fields are no matter of the ways */
                                       .enum_numbers = (data[0] & 0x40) != 0};
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] & 0x80)
        print_both(message, rest, &options);
    else
        read_both(message, rest, &options);
    return 0;
}
