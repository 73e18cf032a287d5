/* Reads a response as a client of Connect or Twirp does: errors are JSON. */
#include "harness/base/base64.h"
#include "harness/engine/grpc/status.h"
#include "harness/suite/answer.h"

/* Names that are not those of gRPC in lower case. */
static const struct {
    const char *name;
    uint32_t code;
} names[] = {
    {"canceled", GRPC_CANCELLED},
    {"malformed", GRPC_INVALID_ARGUMENT}, /* Twirp */
    {"bad_route", GRPC_UNIMPLEMENTED},    /* Twirp */
    {"dataloss", GRPC_DATA_LOSS},         /* Twirp */
};

static bool code_from_name(struct span name, uint32_t *code)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (span_is(name, names[i].name)) {
            *code = names[i].code;
            return true;
        }
    }
    for (uint32_t i = 1; i < GRPC_STATUS_COUNT; i++) {
        if (i != GRPC_CANCELLED && span_equal_nocase(name, span_cstr(status_name(i)))) {
            *code = i;
            return name.len > 0 && name.data[0] >= 'a';
        }
    }
    return false;
}

/* One {"type": "package.Message", "value": "base64"} as a google.protobuf.Any of a google.rpc.Status. */
static bool put_detail(struct buf *status, const json_t *detail)
{
    const json_t *type = json_object_get(detail, "type");
    const json_t *value = json_object_get(detail, "value");
    struct buf bytes;
    buf_init(&bytes, ANSWER_MAX_ERROR);
    bool done = json_is_string(type) && json_is_string(value) && base64_decode(&bytes, keys_span(value));
    if (done) {
        wire_put_tag(status, 3, WIRE_LEN);
        size_t any = wire_len_begin(status);
        wire_put_tag(status, 1, WIRE_LEN);
        size_t url = wire_len_begin(status);
        buf_append_cstr(status, "type.googleapis.com/");
        buf_append_span(status, keys_span(type));
        wire_len_end(status, url);
        wire_put_tag(status, 2, WIRE_LEN);
        wire_put_bytes(status, buf_span(&bytes));
        done = wire_len_end(status, any);
    }
    buf_fini(&bytes);
    return done;
}

/* Details as gRPC has them; one that is none of Connect's leaves them all out. */
static void read_details(struct check *check, struct answer *answer, const json_t *list)
{
    struct buf status;
    struct buf text;
    bool good = true;
    buf_init(&status, ANSWER_MAX_ERROR);
    buf_init(&text, 2 * (size_t)ANSWER_MAX_ERROR);
    for (size_t i = 0; i < json_array_size(list) && good; i++)
        good = put_detail(&status, json_array_get(list, i));
    if (good && base64_encode(&text, buf_span(&status), false))
        answer->details = arena_dup(&check->kept, buf_span(&text));
    buf_fini(&status);
    buf_fini(&text);
}

static void read_error(struct check *check, struct answer *answer, const json_t *error, const char *message)
{
    const json_t *text = json_object_get(error, message);
    answer->error = error;
    answer->has_code = code_from_name(keys_span(json_object_get(error, "code")), &answer->code);
    answer->message = json_is_string(text) ? keys_span(text) : span_of(NULL, 0);
    read_details(check, answer, json_object_get(error, "details"));
    if (!answer->has_code)
        answer->wrong = check_text(check, "an error without a known code: %s", check_dump(check, error));
}

/* The body as a JSON object that lives as long as the check; NULL: it is none. */
static const json_t *load(struct answer *answer, struct span body)
{
    json_t *value = body.len > 0 && body.len <= ANSWER_MAX_ERROR
                        ? json_loadb((const char *)body.data, body.len, JSON_ALLOW_NUL, NULL)
                        : NULL;
    json_decref(answer->loaded);
    answer->loaded = value;
    return json_is_object(value) ? value : NULL;
}

/* An HTTP error that is none of the protocol: both infer the code from the status, by the table of
 * http-grpc-status-mapping.md; Twirp's has redirects beside it. */
static void infer_error(struct answer *answer, int status)
{
    answer->has_code = true;
    answer->code = (uint32_t)status_from_http(status);
}

/* A response whose status is that of HTTP. */
static void read_unary(struct check *check, struct answer *answer, const char *type, const char *message)
{
    const struct response_seen *response = check->response;
    struct span seen = check_media_type(check);
    answer->trailers = response->headers;
    if (response->status == 0) {
        answer->wrong = check_text(check, "no response; %s", check_ending_text(check));
    } else if (response->status == 200 && span_is(seen, type)) {
        answer->has_code = true;
        answer_add_message(check, answer, buf_span(&response->body));
    } else if (response->status == 200) {
        answer->wrong = check_text(check, "content-type %s", seen.len > 0 ? check_quote(check, seen) : "missing");
    } else {
        const json_t *error = load(answer, buf_span(&response->body));
        if (error && span_is(seen, "application/json"))
            read_error(check, answer, error, message);
        else
            infer_error(answer, response->status);
    }
}

void answer_read_connect(struct check *check, struct answer *answer)
{
    read_unary(check, answer, front_row(check->testcase->front)->content_type, "message");
}

void answer_read_twirp(struct check *check, struct answer *answer)
{
    read_unary(check, answer, front_row(check->testcase->front)->content_type, "msg");
}

/* {"error": {...}, "metadata": {"name": ["value"]}} */
static void read_end(struct check *check, struct answer *answer, struct span bytes)
{
    const json_t *end = load(answer, bytes);
    const json_t *error = json_object_get(end, "error");
    const char *name;
    json_t *list;
    if (!end) {
        answer->wrong = "the end of the stream is no JSON object";
        return;
    }
    json_object_foreach(json_object_get(end, "metadata"), name, list)
    {
        for (size_t i = 0; i < json_array_size(list); i++)
            fields_add(&answer->trailers, &check->kept, span_cstr(name), keys_span(json_array_get(list, i)));
    }
    answer->has_code = true;
    if (error)
        read_error(check, answer, error, "message");
}

void answer_read_connect_stream(struct check *check, struct answer *answer)
{
    const struct response_seen *response = check->response;
    struct span seen = check_media_type(check);
    struct frames frames;
    bool ended = false;
    if (response->status != 200 || !span_is(seen, front_row(check->testcase->front)->content_type)) {
        answer->wrong = check_text(check, "HTTP status %d, content-type %s", response->status,
                                   seen.len > 0 ? check_quote(check, seen) : "missing");
        return;
    }
    const struct frames_form form = frames_form_of(&response->headers, FRONT_CONNECT_MESSAGE, FRAMES_FLAG_END);
    frames_read(check, buf_span(&response->body), &form, &frames);
    for (size_t i = 0; i < frames.count; i++) {
        if (ended)
            answer->wrong = "something stands behind the end of the stream";
        else if (frames.items[i].flags & FRAMES_FLAG_END)
            read_end(check, answer, frames.items[i].bytes);
        else
            answer_add_message(check, answer, frames.items[i].bytes);
        ended = ended || frames.items[i].flags & FRAMES_FLAG_END;
    }
    if (frames.wrong && !answer->wrong)
        answer->wrong = frames.wrong;
    if (!ended && !answer->wrong)
        answer->wrong = "no end of the stream";
}
