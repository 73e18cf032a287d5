/* Target `lenient`: eight bytes choose leniencies, one a message type; then come lines: HTTP method, target, content
 * type; the rest is a body. What is read strictly must be read leniently to the same message, whatever the leniencies
 * of JSON and of texts are; and whatever a lenient request gives must be a message that prints. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/engine/transcode.h"

#define SET_LEN 8u
/* The leniencies that let something more pass, and change nothing that passed. */
#define JSON_BITS (LENIENCY_BIT(LENIENCY_UNKNOWN_ENUM_ZERO + 1) - 1)

static struct span next_line(struct span *rest)
{
    size_t end = span_index_of(*rest, '\n', 0);
    struct span line = span_of(rest->data, end);
    *rest = span_from(*rest, end + 1);
    return line;
}

static void check_prints(const struct schema_message *message, struct span wire)
{
    static struct arena arena;
    static struct buf json;
    FUZZ_CHECK(proto_to_json(fuzz_buf(&json), message, wire, NULL, fuzz_arena(&arena), NULL) == ERR_OK);
}

static enum err_code map(struct buf *out, const struct schema_message *message, struct span json,
                         const struct json_map_options *options)
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
    struct json_map_options options = {.lenient = {.bits = lenient.bits & JSON_BITS}};
    enum err_code code = map(&loose, message, json, &options);
    if (map(&strict, message, json, NULL) == ERR_OK)
        FUZZ_CHECK(code == ERR_OK && span_equal(buf_span(&strict), buf_span(&loose)));
    if (code == ERR_OK)
        check_prints(message, buf_span(&loose));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    static struct buf message;
    struct transcode_request request;
    struct transcode_options options = {.json.print_defaults = false};
    struct err err = {.code = ERR_OK};
    if (size < SET_LEN + 1)
        return 0;
    for (size_t i = 0; i < SET_LEN; i++)
        options.json.lenient.bits |= (uint64_t)data[i] << (8 * i);
    options.json.lenient.bits &= LENIENCY_BIT(LENIENCY_COUNT) - 1;
    struct span rest = span_from(span_of(data, size), SET_LEN + 1);
    struct span method = next_line(&rest);
    struct span target = next_line(&rest);
    struct span content_type = next_line(&rest);
    check_json(types_choose(data[SET_LEN]), rest, options.json.lenient);
    enum transcode_result result = transcode_request(&request, fuzz_buf(&message), types_router(), method, target,
                                                     content_type, rest, &options, fuzz_arena(&arena), &err);
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)) && result != TRANSCODE_INTERNAL);
    if (result == TRANSCODE_OK)
        check_prints(request.match.binding->method->input, buf_span(&message));
    return 0;
}
