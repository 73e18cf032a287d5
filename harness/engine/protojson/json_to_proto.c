/* The entry of json_to_proto, which takes the fast way and then the complete one, and what both of them use: the next
 * token, its text, errors with their place. */
#include <assert.h>

#include "harness/base/escape.h"
#include "harness/engine/json/lenient.h"
#include "harness/engine/protojson/json_to_proto_complete.h"

/* ---- errors and small help */

static const char *token_name(enum json_token token)
{
    static const char *const names[] = {
        [JSON_ERROR] = "an error", [JSON_END] = "the end",          [JSON_OBJECT_BEGIN] = "an object",
        [JSON_OBJECT_END] = "'}'", [JSON_ARRAY_BEGIN] = "an array", [JSON_ARRAY_END] = "']'",
        [JSON_KEY] = "a key",      [JSON_STRING] = "a string",      [JSON_NUMBER] = "a number",
        [JSON_TRUE] = "true",      [JSON_FALSE] = "false",          [JSON_NULL] = "null",
    };
    return names[token];
}

enum err_code json_input_mismatch(struct json_input *input, const struct json_path *path, const char *expected,
                                  enum json_token found)
{
    if (found == JSON_ERROR)
        return input->err.code;
    return json_path_err(&input->err, ERR_RANGE, path, input->reader.token_at, "expected %s, found %s", expected,
                         token_name(found));
}

enum err_code json_input_bad_text(struct json_input *input, const struct json_path *path, const char *expected,
                                  enum json_token found)
{
    char quoted[ESCAPE_QUOTE_MAX];
    return json_path_err(&input->err, ERR_RANGE, path, input->reader.token_at, "expected %s, found %s %s", expected,
                         found == JSON_KEY      ? "the key"
                         : found == JSON_NUMBER ? "the number"
                                                : "the string",
                         escape_quote(input->reader.text, quoted));
}

enum err_code json_input_full(struct json_input *input, const struct json_path *path)
{
    return json_path_err(&input->err, ERR_LIMIT, path, input->reader.token_at,
                         "expected a message of at most %zu bytes, found more", input->out->max);
}

/* The reader's texts begin with "at offset N: "; in the error that is replaced by the path and the offset. */
static void reader_err_place(struct json_input *input, const struct json_path *path)
{
    struct err reader_err = input->err;
    const char *rest = strstr(reader_err.text, ": ");
    json_path_err(&input->err, reader_err.code, path, input->reader.token_at, "%s", rest ? rest + 2 : reader_err.text);
}

enum json_token json_input_next(struct json_input *input, const struct json_path *path)
{
    enum json_token token = json_reader_next(&input->reader, &input->err);
    if (token == JSON_ERROR)
        reader_err_place(input, path);
    return token;
}

bool json_input_skip(struct json_input *input, const struct json_path *path)
{
    if (json_reader_skip(&input->reader, &input->err) != JSON_ERROR)
        return true;
    reader_err_place(input, path);
    return false;
}

bool json_input_text(struct json_input *input, struct span *text)
{
    *text = input->reader.text;
    if (!input->reader.escaped)
        return true;
    struct buf decoded;
    uint8_t *room = arena_alloc(input->arena, text->len + 1);
    if (!room)
        return false;
    decoded =
        (struct buf){.data = room, .cap = text->len + 1, .max = text->len}; /* never grows, so never reallocates */
    bool ok = json_string_decode(&decoded, *text);
    assert(ok && decoded.data == room);
    *text = buf_span(&decoded);
    return true;
}

void json_input_truncate(struct json_input *input, size_t len)
{
    if (len < input->out->len) {
        input->out->len = len;
        input->out->data[len] = '\0';
    }
}

bool json_input_takes_null(const struct schema_field *field)
{
    return field->type == SCHEMA_ENUM ? field->enumeration->null_value
                                      : field->message && field->message->well_known == SCHEMA_WKT_VALUE;
}
/* ---- entry */

static const struct protojson_options strict;

/* What a text is read as: a message, or one field of it. */
struct target {
    const struct schema_message *message;
    const struct schema_field *field; /* NULL: the whole message */
};

static enum err_code target_read(struct json_input *input, struct target target, struct span json)
{
    const struct schema_field *field = target.field;
    enum err_code code;
    json_reader_init(&input->reader, json);
    enum json_token token = json_input_next(input, NULL);
    if (target.message)
        code = complete_read_message(input, target.message, token, NULL);
    else if (token == JSON_NULL && (field->repeated || !json_input_takes_null(field)))
        code = json_input_mismatch(input, NULL, field->repeated ? field->map ? "an object" : "an array" : "a value",
                                   token);
    else
        code = complete_read_field(input, field, token, NULL, true);
    if (code == ERR_OK && input->out->failed)
        code = json_input_full(input, NULL);
    if (code == ERR_OK && json_input_next(input, NULL) != JSON_END)
        code = input->err.code;
    return code;
}

/* Once more, by the complete way, with what the options let pass. */
static enum err_code read_again(struct json_input *input, struct target target, struct span json)
{
    struct leniency_set lenient = input->options->lenient;
    input->key_count = 0;
    input->segment_count = 0;
    input->complete = true;
    if (json_lenient_applies(lenient)) {
        json = json_lenient_text(json, lenient, input->arena);
        if (!json.data)
            return err_set(&input->err, ERR_LIMIT, "the JSON text is too large to be read leniently");
    }
    return target_read(input, target, json);
}

/* The fast way first; where that gives up, the complete way from the beginning. */
static enum err_code read_whole(struct buf *out, struct target target, struct span json,
                                const struct protojson_options *options, struct arena *arena, struct err *err)
{
    struct protojson_options passing;
    if (options && leniency_has(options->lenient, LENIENCY_UNKNOWN_FIELDS)) {
        passing = *options;
        passing.ignore_unknown_fields = true;
        options = &passing;
    }
    struct json_input input = {.out = out, .options = options ? options : &strict, .arena = arena};
    size_t begin = out->len;
    input.complete =
        out->failed || input.options->write_defaults || leniency_has(input.options->lenient, LENIENCY_DUPLICATE_KEYS);
    enum err_code code = target_read(&input, target, json);
    if (code != ERR_OK && !(input.complete && input.options->lenient.bits == 0)) {
        json_input_truncate(&input, begin);
        if (!input.complete)
            out->failed = false;
        code = read_again(&input, target, json);
    }
    if (code == ERR_OK)
        return ERR_OK;
    json_input_truncate(&input, begin);
    return err_set(err, code, "%s", input.err.text);
}

enum err_code json_to_proto(struct buf *out, const struct schema_message *message, struct span json,
                            const struct protojson_options *options, struct arena *arena, struct err *err)
{
    return read_whole(out, (struct target){.message = message}, json, options, arena, err);
}

enum err_code json_to_proto_field(struct buf *out, const struct schema_field *field, struct span json,
                                  const struct protojson_options *options, struct arena *arena, struct err *err)
{
    return read_whole(out, (struct target){.field = field}, json, options, arena, err);
}
