/* A gRPC call on behalf of clients that know methods and messages, and not gRPC. */
#include "harness/reference/rpc.h"

#include "harness/engine/grpc/client_view.h"
#include "harness/engine/grpc/metadata.h"

#define MAX_TIMEOUT 99999999u /* a grpc-timeout has 8 digits */

void rpc_no_memory(struct call *call)
{
    bridge_fail(call, 503, GRPC_RESOURCE_EXHAUSTED, CALL_NO_MEMORY);
}

static bool add(struct call *call, struct fields *fields, const char *name, struct span value)
{
    return fields_add_view(fields, &call->arena, span_cstr(name), value);
}

/* ---- the request */

static bool append_json(struct call *call, struct buf *out, struct span message, struct err *err)
{
    /* As clients of both protocols and their servers do: what a newer client says more is passed over. */
    static const struct protojson_options options = {.ignore_unknown_fields = true};
    if (json_to_proto(out, call->rpc->input, message, &options, &call->arena, err) == ERR_OK)
        return true;
    return call_has(call, DEFECT_MALFORMED_JSON_ACCEPTED);
}

bool rpc_append(struct call *call, struct buf *out, struct span message, struct err *err)
{
    static const uint8_t none[FRAME_PREFIX_LEN];
    size_t at = out->len;
    buf_append(out, none, sizeof none);
    bool done = call->rpc_json ? append_json(call, out, message, err) : buf_append_span(out, message);
    if (done && !out->failed)
        frame_prefix_write(out->data + at, 0, (uint32_t)(out->len - at - sizeof none));
    else if (done)
        err_set(err, ERR_LIMIT, "the message is too large");
    return done && !out->failed;
}

bool rpc_fields_checked(struct call *call)
{
    for (size_t i = 0; i < call->headers.count; i++) {
        const struct field *field = &call->headers.items[i];
        if (metadata_is_binary(field->name) && !metadata_binary_valid(field->value)) {
            bridge_fail(call, 400, GRPC_INVALID_ARGUMENT, "the value of a -bin header is not base64");
            return false;
        }
    }
    return true;
}

/* Names that belong to a protocol: gRPC's, and Connect's. */
static bool reserved(const struct call *call, struct span name)
{
    return span_starts_with(name, "grpc-") ||
           (span_starts_with(name, "connect-") && !call_has(call, DEFECT_CONNECT_FIELDS_PASSED));
}

static void drop_reserved(const struct call *call, struct fields *fields)
{
    size_t kept = 0;
    for (size_t i = 0; i < fields->count; i++) {
        if (!reserved(call, fields->items[i].name))
            fields->items[kept++] = fields->items[i];
    }
    fields->count = kept;
}

static bool add_timeout(struct call *call, struct fields *fields, uint64_t timeout_ms)
{
    if (timeout_ms == BRIDGE_NO_TIMEOUT)
        return true;
    bool seconds = timeout_ms > MAX_TIMEOUT;
    const char *value = arena_printf(
        &call->arena, "%llu%c", (unsigned long long)(seconds ? timeout_ms / 1000 : timeout_ms), seconds ? 'S' : 'm');
    return value && add(call, fields, "grpc-timeout", span_cstr(value));
}

void rpc_send(struct call *call, struct span messages, uint64_t timeout_ms)
{
    static const char *const own[] = {"content-type", "content-encoding", "accept-encoding", "te", NULL};
    struct fields fields = {0};
    struct fields passed = {0};
    struct span authority = call->authority.len > 0 ? call->authority : span_cstr("localhost");
    bool lost = call_has(call, DEFECT_REQUEST_HEADERS_LOST);
    bool ok =
        add(call, &fields, "host", authority) && add(call, &fields, "te", span_cstr("trailers")) &&
        add(call, &fields, "content-type", span_cstr("application/grpc")) &&
        add_timeout(call, &fields, call_has(call, DEFECT_CONNECT_TIMEOUT_LOST) ? BRIDGE_NO_TIMEOUT : timeout_ms) &&
        (lost || bridge_pass_request_fields(call, &passed, own));
    drop_reserved(call, &passed);
    for (size_t i = 0; i < passed.count && ok; i++)
        ok = fields_add_view(&fields, &call->arena, passed.items[i].name, passed.items[i].value);
    if (!ok) {
        rpc_no_memory(call);
        return;
    }
    call->attempts++;
    bridge_send(call, &(struct bridge_request){.method = span_cstr("POST"),
                                               .target = call->rpc->path,
                                               .fields = &fields,
                                               .body = messages,
                                               .timeout_ms = timeout_ms});
}

/* ---- the answer */

bool rpc_is_answer(const struct call *call, const struct response_seen *seen)
{
    return (seen->status == 200 || call_has(call, DEFECT_HTTP_STATUS_IGNORED)) &&
           client_view_is_grpc(fields_value(&seen->headers, "content-type"));
}

void rpc_headers(struct call *call, const struct response_seen *seen)
{
    uint32_t code;
    call->headers_seen = true;
    call->http_status = seen->status;
    call->initial_status_ok = status_parse(fields_value(&seen->headers, "grpc-status"), &code) && code == GRPC_OK;
    frame_parser_init(&call->parser, call_has(call, DEFECT_SIZE_LIMIT_MISSING) ? UINT32_MAX : REFERENCE_MAX_MESSAGE);
}

void rpc_data(struct call *call, const struct response_seen *seen, struct span bytes)
{
    if (rpc_is_answer(call, seen))
        call_on_data(call, bytes);
}

bool rpc_keep_message(struct call *call, struct span message)
{
    buf_reset(&call->unary);
    if (buf_append_span(&call->unary, message))
        return true;
    rpc_no_memory(call);
    return false;
}

static struct call_outcome judge(struct call *call, const struct response_seen *seen, const struct fields *trailers)
{
    bool foreign = !client_view_is_grpc(fields_value(&seen->headers, "content-type"));
    if (foreign && call_has(call, DEFECT_HTTP_STATUS_IGNORED))
        return (struct call_outcome){.ok = true, .forced = true};
    if (foreign && seen->status == 200)
        return (struct call_outcome){.code = GRPC_UNKNOWN,
                                     .text = "the backend's answer is not gRPC: wrong content type"};
    if (foreign)
        return (struct call_outcome){.code = call_has(call, DEFECT_HTTP_STATUS_UNMAPPED)
                                                 ? (uint32_t)GRPC_UNKNOWN
                                                 : (uint32_t)status_from_http(seen->status),
                                     .text = "the backend answered with an HTTP error"};
    struct call_outcome outcome = call_judge(call, trailers, seen->headers_end);
    if (outcome.ok && call_ends_inside(call))
        return (struct call_outcome){.code = GRPC_INTERNAL, .text = "the backend's answer ends inside a message"};
    if (outcome.ok && !outcome.forced && call->message_count == 0 && !reply_is_stream(call) &&
        !call_has(call, DEFECT_TRAILERS_ONLY_OK_EMPTY_ACCEPTED) && !call_has(call, DEFECT_TRUNCATED_MESSAGE_ACCEPTED))
        return (struct call_outcome){.code = GRPC_UNIMPLEMENTED, .text = "the backend sent no message"};
    return outcome;
}

/* Text and details of an error. */
static bool take_words(struct call *call, const struct call_outcome *outcome, const struct fields *trailers,
                       struct rpc_end *end)
{
    struct buf text;
    struct buf details;
    buf_init(&text, H2_MAX_HEADER_BYTES);
    buf_init(&details, H2_MAX_HEADER_BYTES);
    call_error_words(call, outcome, trailers, &text, &details);
    end->text = arena_dup(&call->arena, buf_span(&text));
    end->details = arena_dup(&call->arena, buf_span(&details));
    buf_fini(&text);
    buf_fini(&details);
    return end->text.data && end->details.data;
}

/* What some defects make of a code. */
static uint32_t code_for_client(const struct call *call, uint32_t code)
{
    if (code == GRPC_UNAUTHENTICATED && call_has(call, DEFECT_RPC_UNAUTHENTICATED_DENIED))
        return GRPC_PERMISSION_DENIED;
    if (code == GRPC_UNAVAILABLE && call_has(call, DEFECT_RPC_UNAVAILABLE_INTERNAL))
        return GRPC_INTERNAL;
    if (code == GRPC_DATA_LOSS && call_has(call, DEFECT_RPC_DATA_LOSS_UNKNOWN))
        return GRPC_UNKNOWN;
    return code;
}

bool rpc_ended(struct call *call, const struct response_seen *seen, struct rpc_end *end)
{
    const struct fields *trailers = seen->has_trailers ? &seen->trailers : seen->headers_end ? &seen->headers : NULL;
    struct call_outcome outcome = judge(call, seen, trailers);
    *end = (struct rpc_end){.ok = outcome.ok, .code = code_for_client(call, outcome.code)};
    bool ok = (!trailers || rpc_metadata(call, &end->trailers, trailers, "")) &&
              (outcome.ok || take_words(call, &outcome, trailers, end));
    if (!ok)
        rpc_no_memory(call);
    return ok;
}

/* ---- for the client */

/* A defect. */
static struct span prefixed(struct call *call, struct span message)
{
    uint8_t prefix[FRAME_PREFIX_LEN];
    frame_prefix_write(prefix, 0, (uint32_t)message.len);
    buf_reset(&call->out);
    buf_append(&call->out, prefix, sizeof prefix);
    buf_append_span(&call->out, message);
    return buf_span(&call->out);
}

struct span rpc_message(struct call *call, struct span message)
{
    struct err err = {.text = ""};
    static const struct protojson_options options;
    size_t refused = budget_refusals(call->core->budget);
    if (!call->rpc_json && !call->rpc_stream && call_has(call, DEFECT_RPC_ANSWER_PREFIXED))
        return prefixed(call, message);
    if (!call->rpc_json)
        return message.data ? message : span_cstr("");
    buf_reset(&call->out);
    arena_reset(&call->scratch);
    if (proto_to_json(&call->out, call->rpc->output, message, &options, &call->scratch, &err) == ERR_OK)
        return buf_span(&call->out);
    if (call_has(call, DEFECT_UNDECODABLE_MESSAGE_EMPTY))
        return span_cstr("{}");
    if (call_starved(call, refused))
        rpc_no_memory(call);
    else
        bridge_fail(call, 0, GRPC_INTERNAL, "a message of the backend cannot be decoded");
    return span_of(NULL, 0);
}

bool rpc_metadata(struct call *call, struct fields *out, const struct fields *from, const char *before)
{
    static const char *const own[] = {"content-type", "content-encoding", NULL};
    struct fields passed = {0};
    if (!bridge_pass_response_fields(call, &passed, from, own))
        return false;
    drop_reserved(call, &passed);
    for (size_t i = 0; i < passed.count; i++) {
        const struct field *field = &passed.items[i];
        const char *name = arena_printf(&call->arena, "%s%.*s", before, SPAN_FMT(field->name));
        if (!name || !fields_add_view(out, &call->arena, span_cstr(name), field->value))
            return false;
    }
    return true;
}

const char *rpc_code_name(struct call *call, uint32_t code)
{
    const char *name = status_name(code < GRPC_STATUS_COUNT ? code : GRPC_UNKNOWN);
    return (const char *)arena_dup_lower(&call->arena, span_cstr(name)).data;
}
