/* Target `transcode`: the first byte holds options, then come lines: HTTP method, target, content type; the rest is the
 * body. The request is transcoded; its message is then taken as the response, and the body as one, too, and as the
 * details of an error. Whatever comes out as JSON must be JSON. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/transcode/transcode.h"

static struct span next_line(struct span *rest)
{
    size_t end = span_index_of(*rest, '\n', 0);
    struct span line = span_of(rest->data, end);
    *rest = span_from(*rest, end + 1);
    return line;
}

static bool is_http_body(const struct router_binding *binding)
{
    const struct schema_message *message =
        binding->response_body_field ? binding->response_body_field->message : binding->method->output;
    return message && message->well_known == SCHEMA_WKT_HTTP_BODY &&
           !(binding->response_body_field && binding->response_body_field->repeated);
}

static void respond(const struct router_binding *binding, struct span message, const struct transcode_options *options)
{
    static struct arena arena;
    static struct buf out;
    struct span content_type;
    struct err err = {.code = ERR_OK};
    enum err_code code =
        transcode_response(fuzz_buf(&out), &content_type, binding, message, options, fuzz_arena(&arena), &err);
    FUZZ_CHECK((code == ERR_OK) == (err.text[0] == '\0') && escape_utf8_valid(span_cstr(err.text)));
    if (code == ERR_OK && !is_http_body(binding))
        FUZZ_CHECK(content_type.len == 0 && json_validate(buf_span(&out), NULL) == ERR_OK);
}

static void fail(struct span text, unsigned code)
{
    static struct arena arena;
    static struct buf out;
    FUZZ_CHECK(transcode_error(fuzz_buf(&out), code, text, text, types_schema(), fuzz_arena(&arena)));
    FUZZ_CHECK(json_validate(buf_span(&out), NULL) == ERR_OK);
}

/* With little memory: what is accepted then is what is accepted with more. */
static void check_limits(struct span method, struct span target, struct span content_type, struct span body,
                         const struct transcode_options *options)
{
    static struct arena arena;
    static struct buf message;
    struct transcode_request request;
    size_t room = (target.len + body.len) % 67 * 16;
    transcode_request(&request, fuzz_small_buf(&message, room), types_router(), method, target, content_type, body,
                      options, fuzz_small_arena(&arena, room), NULL);
    FUZZ_CHECK(message.len <= room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    static struct buf message;
    static struct buf json;
    struct transcode_request request;
    struct err err = {.code = ERR_OK};
    if (size == 0)
        return 0;
    struct transcode_options options = {.query_plus_is_space = data[0] & 1,
                                        .ignore_unknown_query = data[0] & 2 ? true : false};
    options.json.ignore_unknown_fields = data[0] & 4 ? true : false;
    options.json.print_defaults = data[0] & 8 ? true : false;
    struct span rest = span_of(data + 1, size - 1);
    struct span method = next_line(&rest);
    struct span target = next_line(&rest);
    struct span content_type = next_line(&rest);
    fuzz_arena(&arena);
    enum transcode_result result = transcode_request(&request, fuzz_buf(&message), types_router(), method, target,
                                                     content_type, rest, &options, &arena, &err);
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    FUZZ_CHECK(result != TRANSCODE_INTERNAL && (result != TRANSCODE_BAD_REQUEST || err.text[0]));
    FUZZ_CHECK(result != TRANSCODE_WRONG_METHOD || request.match.allow[0]);
    fail(rest, data[0]);
    if (FUZZ_LIMITS && rest.len % 4 == 0)
        check_limits(method, target, content_type, rest, &options);
    if (result != TRANSCODE_OK && result != TRANSCODE_BAD_REQUEST)
        return 0;
    const struct router_binding *binding = request.match.binding;
    respond(binding, rest, &options);
    if (result != TRANSCODE_OK)
        return 0;
    FUZZ_CHECK(proto_to_json(fuzz_buf(&json), binding->method->input, buf_span(&message), NULL, &arena, NULL) ==
               ERR_OK);
    if (binding->method->input == binding->method->output)
        respond(binding, buf_span(&message), &options);
    return 0;
}
