/* Reads a response as a client of Connect or Twirp does: errors are JSON. */
#include "harness/engine/grpc/status.h"
#include "harness/suite/answer.h"
#include "harness/suite/frames.h"

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

static void read_error(struct check *check, struct answer *answer, const json_t *error, const char *message)
{
    const json_t *text = json_object_get(error, message);
    answer->error = error;
    answer->has_code = code_from_name(keys_span(json_object_get(error, "code")), &answer->code);
    answer->message = json_is_string(text) ? keys_span(text) : span_of(NULL, 0);
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
            answer->wrong = check_text(check, "HTTP status %d, and no error as JSON", response->status);
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
    frames_read(check, buf_span(&response->body), FRAMES_FLAG_COMPRESSED | FRAMES_FLAG_END, &frames);
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
