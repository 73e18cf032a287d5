/* Reads a response as a client of gRPC or gRPC-Web does. */
#include "harness/suite/answer.h"

#include "harness/base/base64.h"
#include "harness/engine/grpc/client_view.h"
#include "harness/engine/grpc/metadata.h"
#include "harness/engine/grpc/status.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/suite/json_element.h"

bool check_has_answer(const struct check *check)
{
    return check->testcase->front != FRONT_HTTP_JSON;
}

static const struct front_row *front_of(const struct check *check)
{
    return front_row(check->testcase->front);
}

static void set_wrong(struct answer *answer, const char *why)
{
    if (!answer->wrong)
        answer->wrong = why;
}

/* ---- messages */

static bool add_element(struct check *check, struct answer *answer, struct span json)
{
    struct span *items =
        arena_grow(&check->kept, answer->elements, answer->count, answer->count + 1, &answer->cap, sizeof *items);
    if (!items || !json.data) {
        check_give_up(check, "more messages than the harness keeps");
        return false;
    }
    answer->elements = items;
    items[answer->count++] = json;
    return true;
}

static void add_proto(struct check *check, struct answer *answer, const struct schema_message *type, struct span bytes)
{
    const struct protojson_options strict = {0};
    struct err err = {0};
    struct buf json;
    buf_init(&json, CHECK_MAX_MESSAGE);
    arena_reset(&check->scratch);
    if (proto_to_json(&json, type, bytes, &strict, &check->scratch, &err) == ERR_OK)
        add_element(check, answer, arena_dup(&check->kept, buf_span(&json)));
    else
        set_wrong(answer,
                  check_text(check, "message %zu is no %.*s: %s", answer->count + 1, SPAN_FMT(type->name), err.text));
    buf_fini(&json);
}

void answer_add_message(struct check *check, struct answer *answer, struct span bytes)
{
    const struct schema_method *rpc = check->testcase->rpc;
    struct err err = {0};
    if (!rpc)
        return;
    if (!front_of(check)->json)
        add_proto(check, answer, rpc->output, bytes);
    else if (json_element_validate(bytes, &err) == ERR_OK)
        add_element(check, answer, bytes);
    else
        set_wrong(answer, check_text(check, "message %zu is no JSON: %s", answer->count + 1, err.text));
}

/* ---- the status */

static void read_status(struct check *check, struct answer *answer, const struct fields *fields)
{
    struct span status = fields_value(fields, "grpc-status");
    struct buf text;
    if (!status.data) {
        set_wrong(answer, "no grpc-status");
        return;
    }
    answer->has_code = status_parse(status, &answer->code);
    if (!answer->has_code)
        set_wrong(answer, check_text(check, "grpc-status: %s", check_quote(check, status)));
    buf_init(&text, ANSWER_MAX_ERROR);
    if (metadata_message_decode(&text, fields_value(fields, "grpc-message")))
        answer->message = arena_dup(&check->kept, buf_span(&text));
    buf_fini(&text);
    answer->details = fields_value(fields, "grpc-status-details-bin");
}

/* What an answer must be to be one of gRPC at all; false: it is none. */
static bool is_answer(struct check *check, struct answer *answer, bool type_known)
{
    const struct response_seen *response = check->response;
    struct span type = fields_value(&response->headers, "content-type");
    if (response->status == 0)
        set_wrong(answer, check_text(check, "no response; %s", check_ending_text(check)));
    else if (response->status != 200)
        set_wrong(answer, check_text(check, "HTTP status %d", response->status));
    else if (!type_known)
        set_wrong(answer, check_text(check, "content-type %s", type.data ? check_quote(check, type) : "missing"));
    return !answer->wrong;
}

static void read_frames(struct check *check, struct answer *answer, struct span body)
{
    struct frames frames;
    const struct frames_form form = frames_form_of(&check->response->headers, FRONT_GRPC_MESSAGE, 0);
    frames_read(check, body, &form, &frames);
    for (size_t i = 0; i < frames.count; i++)
        answer_add_message(check, answer, frames.items[i].bytes);
    if (frames.wrong && check->complete)
        set_wrong(answer, frames.wrong);
}

static void read_grpc(struct check *check, struct answer *answer, bool from_headers)
{
    const struct response_seen *response = check->response;
    bool in_headers = !response->has_trailers && (from_headers || response->body_len == 0);
    struct span type = fields_value(&response->headers, "content-type");
    answer->trailers = response->has_trailers ? response->trailers : response->headers;
    bool good = is_answer(check, answer, client_view_is_grpc(type));
    if (fields_find(&answer->trailers, "grpc-status") && (response->has_trailers || in_headers))
        read_status(check, answer, &answer->trailers);
    if (!good)
        return;
    read_frames(check, answer, buf_span(&response->body));
    if (!answer->has_code && check->complete)
        set_wrong(answer, "no grpc-status at the end");
}

/* ---- gRPC-Web */

/* "name: value" lines, CRLF between and behind; in the arena of the check are the views' bytes. */
static void read_trailer_lines(struct check *check, struct answer *answer, struct span block)
{
    while (block.len > 0) {
        struct span line = span_take_line(&block);
        size_t colon = span_index_of(line, ':', 0);
        if (colon == line.len || colon == 0) {
            set_wrong(answer,
                      check_text(check, "a line of the trailers frame is no field: %s", check_quote(check, line)));
            return;
        }
        struct span value = span_trim(span_from(line, colon + 1), " \t\r");
        if (!fields_add_view(&answer->trailers, &check->kept, span_of(line.data, colon), value)) {
            check_give_up(check, "the harness ran out of memory");
            return;
        }
    }
}

static bool is_base64_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/' ||
           c == '=';
}

/* PROTOCOL-WEB: pieces of base64, each padded by itself, one behind the other. NULL: it is that. */
static const char *decode_text(struct buf *out, struct span body)
{
    while (body.len > 0) {
        if (body.len < 4 || !is_base64_byte(body.data[0]))
            return "the body is no base64 of whole groups";
        if (!base64_decode(out, span_of(body.data, 4)))
            return "the body is no base64";
        body = span_from(body, 4);
    }
    return NULL;
}

static struct span web_body(struct check *check, struct answer *answer)
{
    struct span body = buf_span(&check->response->body);
    struct buf bytes;
    if (!front_is_text(front_of(check), fields_value(&check->response->headers, "content-type")))
        return body;
    buf_init(&bytes, CHECK_MAX_MESSAGE);
    const char *wrong = decode_text(&bytes, body);
    if (wrong)
        set_wrong(answer, wrong);
    struct span copy = arena_dup(&check->kept, buf_span(&bytes));
    buf_fini(&bytes);
    return copy;
}

static void read_web(struct check *check, struct answer *answer)
{
    const struct response_seen *response = check->response;
    struct span type = fields_value(&response->headers, "content-type");
    struct frames frames;
    bool ended = false;
    bool good = is_answer(check, answer, span_starts_with(type, "application/grpc-web"));
    if (!good) {
        answer->trailers = response->headers;
        if (fields_find(&response->headers, "grpc-status"))
            read_status(check, answer, &response->headers);
        return;
    }
    const struct frames_form form = frames_form_of(&response->headers, FRONT_GRPC_MESSAGE, FRAMES_FLAG_TRAILERS);
    frames_read(check, web_body(check, answer), &form, &frames);
    for (size_t i = 0; i < frames.count; i++) {
        if (ended)
            set_wrong(answer, "something stands behind the trailers frame");
        if (frames.items[i].flags == (FRAMES_FLAG_TRAILERS | FRAMES_FLAG_COMPRESSED))
            set_wrong(answer, "the trailers frame is marked as compressed, and the client named no compression");
        else if (frames.items[i].flags & FRAMES_FLAG_TRAILERS)
            read_trailer_lines(check, answer, frames.items[i].bytes);
        else
            answer_add_message(check, answer, frames.items[i].bytes);
        ended = ended || frames.items[i].flags & FRAMES_FLAG_TRAILERS;
    }
    if (frames.wrong)
        set_wrong(answer, frames.wrong);
    if (!ended)
        answer->trailers = response->headers;
    if (!ended && (frames.count > 0 || !fields_find(&response->headers, "grpc-status")))
        set_wrong(answer, "no trailers frame");
    else
        read_status(check, answer, &answer->trailers);
}

/* ---- any of them */

const struct answer *check_answer(struct check *check)
{
    struct answer *answer = &check->answer;
    if (check->answer_known)
        return answer;
    check->answer_known = true;
    if (!check_body_whole(check))
        return answer;
    switch (front_of(check)->kind) {
    case FRONT_KIND_HTTP:
        break;
    case FRONT_KIND_GRPC:
        read_grpc(check, answer, false);
        break;
    case FRONT_KIND_GRPC_HEADERS:
        read_grpc(check, answer, true);
        break;
    case FRONT_KIND_WEB:
        read_web(check, answer);
        break;
    case FRONT_KIND_CONNECT:
        answer_read_connect(check, answer);
        break;
    case FRONT_KIND_CONNECT_STREAM:
        answer_read_connect_stream(check, answer);
        break;
    case FRONT_KIND_TWIRP:
        answer_read_twirp(check, answer);
        break;
    }
    return answer;
}

bool answer_is_success(struct check *check)
{
    const struct answer *answer = check_answer(check);
    const struct schema_method *rpc = check->testcase->rpc;
    bool streams = rpc && rpc->server_streaming;
    return check->complete && !answer->wrong && answer->has_code && answer->code == GRPC_OK &&
           (streams || answer->count == 1);
}

const char *answer_text(struct check *check)
{
    const struct answer *answer = check_answer(check);
    const char *name = answer->has_code ? status_name(answer->code) : NULL;
    const char *status = !answer->has_code ? "no status" : name ? name : check_text(check, "code %u", answer->code);
    return check_text(check, "%s%s%s%s%s, %zu message(s); %s", status, answer->message.len > 0 ? " \"" : "",
                      check_quote(check, answer->message), answer->message.len > 0 ? "\"" : "",
                      answer->wrong ? check_text(check, ", %s", answer->wrong) : "", answer->count,
                      check_summary(check));
}
