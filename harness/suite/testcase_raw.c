/* Requests that no client would send. */
#include "harness/suite/testcase_raw.h"

#include "harness/base/h2_frame.h"

/* ---- the bytes of HTTP/1.1 */

static enum err_code check_raw(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                               struct err *err)
{
    if (!json_is_array(value) || json_array_size(value) == 0)
        return place_error(at, ERR_SYNTAX, err, "expected a list of strings, or of other bytes");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = key_body.check(&inside, json_array_get(value, i), rule, user, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}
const struct key_type testcase_raw_bytes = {.check = check_raw,
                                            .form = "[\"...\", ...]",
                                            .schema = "{'type': 'array', 'minItems': 1, 'items': @body}",
                                            .parts = {&key_body}};

/* ---- the frames of HTTP/2 */

static enum err_code check_raw_fields(const struct place *at, const json_t *value, const struct key_rule *rule,
                                      void *user, struct err *err)
{
    if (!json_is_array(value))
        return place_error(at, ERR_SYNTAX, err, "expected a list of [name, value]");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place field_at = {.up = at, .index = i};
        const json_t *field = json_array_get(value, i);
        if (json_array_size(field) != 2)
            return place_error(&field_at, ERR_SYNTAX, err, "expected [name, value]");
        for (size_t k = 0; k < 2; k++) {
            struct place inside = {.up = &field_at, .index = k};
            enum err_code code = key_bytes.check(&inside, json_array_get(field, k), rule, user, err);
            if (code != ERR_OK)
                return code;
        }
    }
    return ERR_OK;
}
static const struct key_type raw_fields = {.name = "rawFields",
                                           .check = check_raw_fields,
                                           .form = "[[n, v], ...]",
                                           .schema = "{'type': 'array', 'items': {'type': 'array', 'minItems': 2, "
                                                     "'maxItems': 2, 'items': @bytes}}",
                                           .parts = {&key_bytes}};

static enum err_code check_frame_type(const struct place *at, const json_t *value, const struct key_rule *rule,
                                      void *user, struct err *err)
{
    const struct key_type *type = json_is_integer(value) ? &key_number : &key_choice;
    return type->check(at, value, rule, user, err);
}
static const struct key_type frame_type = {
    .check = check_frame_type,
    .form = "\"...\"",
    .schema = "{'anyOf': [{'enum': $choices}, {'type': 'integer', 'minimum': $min, 'maximum': $max}]}"};

static enum err_code one_frame(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                               struct err *err);

static const struct key_rule frame_rules[] = {
    {.name = "headers",
     .type = &raw_fields,
     .text = "HEADERS with these fields, in their order and spelling, pseudo-header fields among them, and behind them "
             "those of the marker"},
    {.name = "trailers", .type = &raw_fields, .text = "HEADERS with END_STREAM and these fields, without the marker"},
    {.name = "continuation", .type = &raw_fields, .text = "CONTINUATION with these fields"},
    {.name = "data", .type = &key_body, .text = "DATA with these bytes, in a form of the request's `body`"},
    {.name = "frame",
     .type = &frame_type,
     .choices = h2_frame_names,
     .min = 0,
     .max = 255,
     .text =
         "a frame of any type, by its name in RFC 9113 or its number, of which `payload` is the payload and `flags` "
         "are the flags"},
    {.name = "end_stream", .type = &key_bool, .text = "with `headers` or `data`: END_STREAM"},
    {.name = "end_headers",
     .type = &key_bool,
     .text = "with `headers`, `trailers` or `continuation`: END_HEADERS (default true)"},
    {.name = "flags", .type = &key_number, .min = 0, .max = 255, .with = "frame", .text = "with `frame` (default 0)"},
    {.name = "payload", .type = &key_bytes, .with = "frame", .text = "with `frame` (default: nothing)"},
    {.name = "stream",
     .type = &key_number,
     .min = 0,
     .max = INT32_MAX,
     .text = "its stream (default 1, that of the request, on which the answer comes)"},
    {.name = NULL}};
const struct key_object testcase_raw_frame = {
    .name = "rawFrame",
    .rules = frame_rules,
    .whole = one_frame,
    .schema = "{'oneOf': [{'required': ['headers']}, {'required': ['trailers']}, {'required': ['continuation']}, "
              "{'required': ['data']}, {'required': ['frame']}]}"};

static const struct {
    const char *key;
    enum h2_frame_type type;
    bool has_fields;
    bool marked;
    bool ends; /* END_STREAM */
} kinds[] = {
    {"headers", H2_FRAME_HEADERS, true, true, false},
    {"trailers", H2_FRAME_HEADERS, true, false, true},
    {"continuation", H2_FRAME_CONTINUATION, true, false, false},
    {"data", H2_FRAME_DATA, false, false, false},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static enum err_code one_frame(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                               struct err *err)
{
    (void)rule, (void)user;
    size_t count = json_object_get(value, "frame") != NULL;
    for (size_t i = 0; i < KIND_COUNT; i++)
        count += json_object_get(value, kinds[i].key) != NULL;
    return count == 1 ? ERR_OK : place_error(at, ERR_SYNTAX, err, "expected one frame per object");
}

static bool fill_fields(struct fields *out, const json_t *list, struct arena *arena)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *field = json_array_get(list, i);
        struct span name = keys_bytes(json_array_get(field, 0), arena);
        struct span value = keys_bytes(json_array_get(field, 1), arena);
        if (!name.data || !value.data || !fields_add_view(out, arena, name, value))
            return false;
    }
    return true;
}

static bool fill_other(struct raw_frame *out, const json_t *source, struct arena *arena)
{
    const json_t *type = json_object_get(source, "frame");
    const json_t *payload = json_object_get(source, "payload");
    out->type = (uint8_t)json_integer_value(type);
    while (json_is_string(type) && strcmp(h2_frame_names[out->type], json_string_value(type)) != 0)
        out->type++;
    out->flags = (uint8_t)json_integer_value(json_object_get(source, "flags"));
    if (payload)
        out->payload = keys_bytes(payload, arena);
    return !payload || out->payload.data;
}

static bool fill_frame(struct raw_frame *out, const json_t *source, struct arena *arena)
{
    const json_t *stream = json_object_get(source, "stream");
    out->stream = stream ? (uint32_t)json_integer_value(stream) : RAW_REQUEST_STREAM;
    size_t kind = 0;
    while (kind < KIND_COUNT && !json_object_get(source, kinds[kind].key))
        kind++;
    if (kind == KIND_COUNT)
        return fill_other(out, source, arena);
    const json_t *value = json_object_get(source, kinds[kind].key);
    out->type = (uint8_t)kinds[kind].type;
    out->marked = kinds[kind].marked;
    if (kinds[kind].ends || keys_flag(source, "end_stream"))
        out->flags |= H2_FLAG_END_STREAM;
    if (kinds[kind].has_fields && !json_is_false(json_object_get(source, "end_headers")))
        out->flags |= H2_FLAG_END_HEADERS;
    if (kinds[kind].has_fields)
        return fill_fields(&out->fields, value, arena);
    out->payload = keys_body(value, arena);
    return out->payload.data != NULL;
}

static size_t frame_len(const struct raw_frame *frame)
{
    size_t len = H2_FRAME_HEAD + frame->payload.len;
    for (size_t i = 0; i < frame->fields.count; i++)
        len += frame->fields.items[i].name.len + frame->fields.items[i].value.len;
    return len;
}

/* ---- both */

static enum err_code no_memory(struct err *err)
{
    return err_set(err, ERR_NO_MEMORY, "the cases take too much memory");
}

static enum err_code too_long(const struct place *at, struct err *err)
{
    return place_error(at, ERR_LIMIT, err, "more than %u bytes: a raw request stands in a line that repeats it",
                       RAW_REQUEST_MAX);
}

static enum err_code fill_bytes(struct raw_request *raw, const struct place *at, const json_t *list,
                                struct arena *arena, struct err *err)
{
    struct buf bytes;
    enum err_code code = ERR_OK;
    buf_init(&bytes, RAW_REQUEST_MAX);
    for (size_t i = 0; i < json_array_size(list) && code == ERR_OK; i++) {
        struct span piece = keys_body(json_array_get(list, i), arena);
        if (!piece.data)
            code = no_memory(err);
        else if (!buf_append_span(&bytes, piece))
            code = too_long(at, err);
    }
    struct span all = buf_span(&bytes);
    if (code == ERR_OK && (all.len == 0 || !memmem(all.data, all.len, RAW_REQUEST_MARKER, strlen(RAW_REQUEST_MARKER))))
        code = place_error(at, ERR_SYNTAX, err,
                           "the bytes hold no %s, by which the backend's calls are known as those of the case",
                           RAW_REQUEST_MARKER);
    if (code == ERR_OK) {
        raw->bytes = arena_dup(arena, all);
        code = raw->bytes.data ? ERR_OK : no_memory(err);
    }
    buf_fini(&bytes);
    return code;
}

static enum err_code fill_frames(struct raw_request *raw, const struct place *at, const json_t *list,
                                 struct arena *arena, struct err *err)
{
    size_t count = json_array_size(list);
    struct raw_frame *frames = arena_calloc(arena, count, sizeof *frames);
    size_t len = 0;
    bool marked = false;
    for (size_t i = 0; frames && i < count; i++) {
        if (!fill_frame(&frames[i], json_array_get(list, i), arena))
            return no_memory(err);
        len += frame_len(&frames[i]);
        marked = marked || frames[i].marked;
    }
    if (!frames)
        return no_memory(err);
    if (len > RAW_REQUEST_MAX)
        return too_long(at, err);
    if (!marked)
        return place_error(at, ERR_SYNTAX, err,
                           "no frame has \"headers\", to which the marker is added by which the backend's calls are "
                           "known as those of the case");
    raw->frames = frames;
    raw->frame_count = count;
    return ERR_OK;
}

enum err_code testcase_raw_fill(struct testcase_request *request, const struct place *at, const json_t *source,
                                struct arena *arena, struct err *err)
{
    const json_t *bytes = json_object_get(source, "raw");
    const json_t *frames = json_object_get(source, "raw_frames");
    struct place inside = {.up = at, .key = bytes ? "raw" : "raw_frames"};
    bool more = request->headers.count > 0 || request->has_body || request->chunked || request->split_len > 0 ||
                json_object_get(source, "encoding") || json_object_get(source, "headers");
    if (!bytes && !frames)
        return ERR_OK;
    if (more)
        return place_error(&inside, ERR_SYNTAX, err,
                           "a raw request is all that is sent: fields and body stand in its bytes");
    return bytes ? fill_bytes(&request->raw, &inside, bytes, arena, err)
                 : fill_frames(&request->raw, &inside, frames, arena, err);
}
