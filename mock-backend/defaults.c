/* What is answered where no script says otherwise. */
#include "mock-backend/call.h"

#define TEXT(text)                                                                                                     \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }
#define FIELD(name, text)                                                                                              \
    {                                                                                                                  \
        TEXT(name), TEXT(text)                                                                                         \
    }
#define FIELDS(items)                                                                                                  \
    {                                                                                                                  \
        items, sizeof items / sizeof *items, 0                                                                         \
    }

static struct field ok_headers[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc")};
static struct field ok_trailers[] = {FIELD("grpc-status", "0")};
static struct field unimplemented[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc"),
                                       FIELD("grpc-status", "12"), FIELD("grpc-message", "no case expects this call")};
static struct field unsupported_type[] = {FIELD(":status", "415")};
static struct field not_found[] = {FIELD(":status", "404")};
static struct field bad_request[] = {FIELD(":status", "400")};

static const struct script_step echo_steps[] = {
    {.kind = SCRIPT_HEADERS, .fields = FIELDS(ok_headers), .repeat = 1},
    {.kind = SCRIPT_ECHO, .repeat = 1},
    {.kind = SCRIPT_TRAILERS, .fields = FIELDS(ok_trailers), .end_stream = true, .repeat = 1},
};
static const struct script_step empty_steps[] = {
    {.kind = SCRIPT_HEADERS, .fields = FIELDS(ok_headers), .repeat = 1},
    {.kind = SCRIPT_DATA, .bytes = TEXT("\0\0\0\0\0"), .repeat = 1},
    {.kind = SCRIPT_TRAILERS, .fields = FIELDS(ok_trailers), .end_stream = true, .repeat = 1},
};
static const struct script_step unimplemented_steps[] = {
    {.kind = SCRIPT_TRAILERS, .fields = FIELDS(unimplemented), .end_stream = true, .repeat = 1}};
static const struct script_step unsupported_steps[] = {
    {.kind = SCRIPT_TRAILERS, .fields = FIELDS(unsupported_type), .end_stream = true, .repeat = 1}};
static const struct script_step not_found_steps[] = {
    {.kind = SCRIPT_HEADERS, .fields = FIELDS(not_found), .end_stream = true, .repeat = 1}};
static const struct script_step bad_request_steps[] = {
    {.kind = SCRIPT_HEADERS, .fields = FIELDS(bad_request), .end_stream = true, .repeat = 1}};

static const struct script echo_script = {.steps = echo_steps, .count = 3};
static const struct script echo_at_once_script = {.steps = echo_steps, .count = 3, .at_headers = true};
static const struct script empty_script = {.steps = empty_steps, .count = 3};
/* A gRPC server turns away a call as soon as it has its headers; waiting for the end of the request instead lets the
 * record of the call hold all of it. */
static const struct script unimplemented_script = {.steps = unimplemented_steps, .count = 1};
static const struct script unsupported_script = {.steps = unsupported_steps, .count = 1};
static const struct script not_found_script = {.steps = not_found_steps, .count = 1};
const struct script call_bad_request_script = {.steps = bad_request_steps, .count = 1};

/* PROTOCOL-HTTP2: a content-type that does not begin with "application/grpc" is answered with 415. HTTP/1.1 is
 * no gRPC at all. */
const struct script *call_default_script(const struct backend_call *call, const struct fields *headers)
{
    const struct backend *backend = call->conn->backend;
    if (call->conn->wire == &wire_h1)
        return &not_found_script;
    struct span type = fields_value(headers, "content-type");
    if (!span_starts_with(type, "application/grpc"))
        return &unsupported_script;
    if (!backend->serve_default || !backend->schema)
        return &unimplemented_script;
    const struct schema_method *method = schema_method_find(backend->schema, fields_value(headers, ":path"));
    if (!method)
        return &unimplemented_script;
    if (method->input != method->output)
        return &empty_script;
    return method->client_streaming ? &echo_at_once_script : &echo_script;
}
