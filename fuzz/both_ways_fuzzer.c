/* Target `both_ways`: the first byte chooses a message type, a direction and options, the rest is JSON or wire bytes.
 * The fast way and the complete way of ProtoJSON must agree on codes, bytes and texts of errors. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/engine/protojson/json_to_proto_complete.h"
#include "harness/engine/protojson/proto_to_json_complete.h"

static void check(enum err_code code, const struct buf *out, const struct err *err, enum err_code complete,
                  const struct buf *complete_out, const struct err *complete_err)
{
    FUZZ_CHECK(code == complete);
    if (code == ERR_OK)
        FUZZ_CHECK(span_equal(buf_span(out), buf_span(complete_out)));
    else
        FUZZ_CHECK(strcmp(err->text, complete_err->text) == 0);
}

static void read_both(const struct schema_message *message, struct span json, const struct protojson_options *options)
{
    static struct arena arena;
    static struct buf out;
    static struct buf complete_out;
    struct err err;
    fuzz_buf(&out);
    fuzz_buf(&complete_out);
    enum err_code code = json_to_proto(&out, message, json, options, fuzz_arena(&arena), &err);
    struct json_input input = {.out = &complete_out, .options = options, .arena = fuzz_arena(&arena), .complete = true};
    json_reader_init(&input.reader, json);
    enum err_code complete = complete_read_message(&input, message, json_input_next(&input, NULL), NULL);
    if (complete == ERR_OK && json_input_next(&input, NULL) != JSON_END)
        complete = input.err.code;
    check(code, &out, &err, complete, &complete_out, &input.err);
}

static void print_both(const struct schema_message *message, struct span wire, const struct protojson_options *options)
{
    static struct arena arena;
    static struct buf out;
    static struct buf complete_out;
    struct json_fragments whole = {.items = &wire, .count = 1};
    struct err err;
    fuzz_buf(&out);
    fuzz_buf(&complete_out);
    enum err_code code = proto_to_json(&out, message, wire, options, fuzz_arena(&arena), &err);
    struct json_output output = {
        .out = &complete_out, .options = options, .arena = fuzz_arena(&arena), .base = wire.data, .complete = true};
    enum err_code complete = complete_print_message(&output, message, whole, NULL);
    check(code, &out, &err, complete, &complete_out, &output.err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct schema_message *message = types_choose(data[0] & 15);
    struct protojson_options options = {.ignore_unknown_fields = (data[0] & 0x10) != 0,
                                        .print_defaults = (data[0] & 0x90) == 0x90, /* means nothing to the reading */
                                        .proto_names = (data[0] & 0x20) != 0,
                                        .partial =
                                            (data[0] & 0x80) != 0, /* required fields are no matter of the ways */
                                        .enum_numbers = (data[0] & 0x40) != 0};
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] & 0x80)
        print_both(message, rest, &options);
    else
        read_both(message, rest, &options);
    return 0;
}
