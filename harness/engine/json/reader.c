/* The strict JSON reader, token by token. */
#include "harness/engine/json/reader.h"

#include <stdio.h>

#include "harness/base/escape.h"
#include "harness/engine/json/plain.h"

enum reader_state {
    STATE_VALUE,        /* a value must follow */
    STATE_OBJECT_FIRST, /* after '{' */
    STATE_ARRAY_FIRST,  /* after '[' */
    STATE_AFTER,        /* after a value */
    STATE_BAD_SYNTAX,
    STATE_BAD_LIMIT
};

void json_reader_init(struct json_reader *reader, struct span input)
{
    *reader = (struct json_reader){.input = input, .state = STATE_VALUE};
}

void json_reader_resume(struct json_reader *reader, size_t at, size_t depth)
{
    reader->at = at;
    reader->depth = depth;
    reader->state = STATE_VALUE;
}

void json_reader_passed(struct json_reader *reader, size_t at, size_t depth)
{
    reader->at = at;
    reader->depth = depth;
    reader->state = STATE_AFTER;
}

static enum json_token fail_with(struct json_reader *reader, struct err *err, size_t at, const char *expected,
                                 const char *found)
{
    reader->state = STATE_BAD_SYNTAX;
    reader->token_at = at;
    err_set(err, ERR_SYNTAX, "at offset %zu: expected %s, found %s", at, expected, found);
    return JSON_ERROR;
}

static enum json_token fail(struct json_reader *reader, struct err *err, size_t at, const char *expected)
{
    char found[16] = "the end";
    if (at < reader->input.len) {
        uint8_t byte = reader->input.data[at];
        if (byte > 0x20 && byte < 0x7f && byte != '\'')
            snprintf(found, sizeof found, "'%c'", byte);
        else
            snprintf(found, sizeof found, "byte 0x%02x", byte);
    }
    return fail_with(reader, err, at, expected, found);
}

static enum json_token fail_again(const struct json_reader *reader, struct err *err)
{
    err_set(err, reader->state == STATE_BAD_LIMIT ? ERR_LIMIT : ERR_SYNTAX,
            "at offset %zu: expected nothing more after %s", reader->token_at, "an error");
    return JSON_ERROR;
}

static inline size_t skip_space(struct span input, size_t at)
{
    while (at < input.len) {
        uint8_t byte = input.data[at];
        if (byte > ' ' || (byte != ' ' && byte != '\n' && byte != '\t' && byte != '\r'))
            break;
        at++;
    }
    return at;
}

/* ---- strings */

/* 4 hex digits; -1 when they are not. */
static int32_t hex4(const uint8_t *at, size_t left)
{
    int32_t value = 0;
    if (left < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        uint8_t byte = at[i];
        int digit;
        if (byte >= '0' && byte <= '9')
            digit = byte - '0';
        else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
            digit = (byte | 0x20) - 'a' + 10;
        else
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* What alone may follow the backslash. */
static inline bool is_single(uint8_t kind)
{
    switch (kind) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return true;
    default:
        return false;
    }
}

/* The length of the escape that begins with the backslash at `at`: 2, 6, or 12 for a pair of surrogates. 0, and what
 * was expected, when it is wrong. */
static size_t escape_len(struct span input, size_t at, const char **expected)
{
    size_t left = input.len - at;
    uint8_t kind = left > 1 ? input.data[at + 1] : 0;
    *expected = "an escape (\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX)";
    if (kind != 'u')
        return is_single(kind) ? 2 : 0;
    int32_t unit = hex4(input.data + at + 2, left - 2);
    if (unit < 0)
        return 0;
    if (unit < 0xd800 || unit > 0xdfff)
        return 6;
    *expected = "a pair of surrogates";
    if (unit > 0xdbff || left < 12 || input.data[at + 6] != '\\' || input.data[at + 7] != 'u')
        return 0;
    int32_t low = hex4(input.data + at + 8, left - 8);
    return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

/* From `at` to the first byte that is neither plain nor part of a whole character; NULL at malformed UTF-8. */
static const uint8_t *text_skip(const uint8_t *at, const uint8_t *end)
{
    for (;;) {
        at += json_plain_end(span_of(at, (size_t)(end - at)), 0);
        if (at == end || *at < 0x80)
            return at;
        size_t step = escape_utf8_len(span_of(at, (size_t)(end - at)));
        if (step == 0)
            return NULL;
        at += step;
    }
}

const uint8_t *json_string_end(const uint8_t *at, const uint8_t *end, bool *escaped)
{
    const char *expected;
    for (;;) {
        at = text_skip(at, end);
        if (!at || at == end || *at < 0x20)
            return NULL;
        if (*at == '"')
            return at;
        size_t step = escape_len(span_of(at, (size_t)(end - at)), 0, &expected);
        *escaped = true;
        if (step == 0)
            return NULL;
        at += step;
    }
}

/* A string, from its opening quote at token_at to behind the closing one. */
static bool string_read(struct json_reader *reader, struct err *err)
{
    struct span input = reader->input;
    size_t begin = reader->token_at + 1;
    size_t at = begin;
    const char *expected;
    reader->escaped = false;
    for (;;) {
        at = json_plain_end(input, at);
        if (at >= input.len) {
            fail(reader, err, at, "the rest of a string");
            return false;
        }
        uint8_t byte = input.data[at];
        size_t step = 1;
        if (byte == '"') {
            reader->text = span_of(input.data + begin, at - begin);
            reader->at = at + 1;
            return true;
        }
        if (byte == '\\') {
            reader->escaped = true;
            step = escape_len(input, at, &expected);
        } else if (byte < 0x20) {
            step = 0;
            expected = "no raw control byte in a string";
        } else if (byte >= 0x80) {
            step = escape_utf8_len(span_from(input, at));
            expected = "valid UTF-8";
        }
        if (step == 0) {
            fail(reader, err, at, expected);
            return false;
        }
        at += step;
    }
}

static size_t utf8_put(uint8_t *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (point & 0x3f));
    return 4;
}

/* One escape of a checked string; returns the source bytes used and adds to *len what it wrote. */
static size_t escape_decode(uint8_t *out, size_t *len, const uint8_t *at, size_t left)
{
    static const uint8_t meaning[256] = {
        ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    if (at[1] != 'u') {
        out[(*len)++] = meaning[at[1]] != 0 ? meaning[at[1]] : at[1];
        return 2;
    }
    int32_t unit = hex4(at + 2, left - 2);
    if (unit < 0xd800 || unit > 0xdfff) {
        *len += utf8_put(out + *len, (uint32_t)unit);
        return 6;
    }
    int32_t low = hex4(at + 8, left - 8);
    *len += utf8_put(out + *len, 0x10000u + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
    return 12;
}

size_t json_string_decode_to(uint8_t *to, struct span raw)
{
    size_t len = 0;
    size_t at = 0;
    while (at < raw.len) {
        if (raw.data[at] == '\\')
            at += escape_decode(to, &len, raw.data + at, raw.len - at);
        else
            to[len++] = raw.data[at++];
    }
    return len;
}

bool json_string_decode(struct buf *out, struct span raw)
{
    uint8_t *to = buf_reserve(out, raw.len);
    if (!to)
        return false;
    buf_commit(out, json_string_decode_to(to, raw));
    return true;
}

/* ---- values */

static inline size_t skip_digits(struct span input, size_t at)
{
    while (at < input.len && input.data[at] >= '0' && input.data[at] <= '9')
        at++;
    return at;
}

static enum json_token number_read(struct json_reader *reader, struct err *err)
{
    struct span input = reader->input;
    size_t at = reader->token_at;
    if (input.data[at] == '-')
        at++;
    size_t digits = skip_digits(input, at);
    if (digits == at)
        return fail(reader, err, at, "a digit");
    if (digits - at > 1 && input.data[at] == '0')
        return fail(reader, err, at, "a number without a leading zero");
    at = digits;
    if (at < input.len && input.data[at] == '.') {
        at++;
        digits = skip_digits(input, at);
        if (digits == at)
            return fail(reader, err, at, "a digit");
        at = digits;
    }
    if (at < input.len && (input.data[at] | 0x20) == 'e') {
        at++;
        if (at < input.len && (input.data[at] == '+' || input.data[at] == '-'))
            at++;
        digits = skip_digits(input, at);
        if (digits == at)
            return fail(reader, err, at, "a digit");
        at = digits;
    }
    reader->text = span_of(input.data + reader->token_at, at - reader->token_at);
    reader->at = at;
    reader->state = STATE_AFTER;
    return JSON_NUMBER;
}

static enum json_token word_read(struct json_reader *reader, struct err *err, const char *word, enum json_token token)
{
    size_t len = strlen(word);
    struct span rest = span_from(reader->input, reader->token_at);
    if (rest.len < len || memcmp(rest.data, word, len) != 0)
        return fail(reader, err, reader->token_at, "a JSON value");
    reader->at = reader->token_at + len;
    reader->state = STATE_AFTER;
    return token;
}

static enum json_token open_read(struct json_reader *reader, struct err *err, bool object)
{
    size_t depth = reader->depth;
    if (depth == JSON_READER_MAX_DEPTH) {
        reader->state = STATE_BAD_LIMIT;
        err_set(err, ERR_LIMIT, "at offset %zu: expected at most %d levels of nesting, found more", reader->token_at,
                JSON_READER_MAX_DEPTH);
        return JSON_ERROR;
    }
    uint8_t bit = (uint8_t)(1u << (depth & 7));
    if (object)
        reader->stack[depth >> 3] |= bit;
    else
        reader->stack[depth >> 3] &= (uint8_t)~bit;
    reader->depth = depth + 1;
    reader->at = reader->token_at + 1;
    reader->state = object ? STATE_OBJECT_FIRST : STATE_ARRAY_FIRST;
    return object ? JSON_OBJECT_BEGIN : JSON_ARRAY_BEGIN;
}

static enum json_token close_read(struct json_reader *reader, enum json_token token)
{
    reader->depth--;
    reader->at = reader->token_at + 1;
    reader->state = STATE_AFTER;
    return token;
}

static enum json_token value_read(struct json_reader *reader, struct err *err)
{
    size_t at = reader->token_at;
    switch (at < reader->input.len ? reader->input.data[at] : 0) {
    case '"':
        if (!string_read(reader, err))
            return JSON_ERROR;
        reader->state = STATE_AFTER;
        return JSON_STRING;
    case '{':
        return open_read(reader, err, true);
    case '[':
        return open_read(reader, err, false);
    case 't':
        return word_read(reader, err, "true", JSON_TRUE);
    case 'f':
        return word_read(reader, err, "false", JSON_FALSE);
    case 'n':
        return word_read(reader, err, "null", JSON_NULL);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return number_read(reader, err);
    default:
        return fail(reader, err, at, "a JSON value");
    }
}

/* A key and its colon. */
static enum json_token key_read(struct json_reader *reader, struct err *err, const char *expected)
{
    size_t at = reader->token_at;
    if (at >= reader->input.len || reader->input.data[at] != '"')
        return fail(reader, err, at, expected);
    if (!string_read(reader, err))
        return JSON_ERROR;
    at = skip_space(reader->input, reader->at);
    if (at >= reader->input.len || reader->input.data[at] != ':')
        return fail(reader, err, at, "':'");
    reader->at = at + 1;
    reader->state = STATE_VALUE;
    return JSON_KEY;
}

/* After a value: the end, or what its container goes on with. */
static enum json_token after_read(struct json_reader *reader, struct err *err)
{
    size_t at = reader->token_at;
    uint8_t byte = at < reader->input.len ? reader->input.data[at] : 0;
    if (reader->depth == 0)
        return at >= reader->input.len ? JSON_END : fail(reader, err, at, "the end");
    size_t level = reader->depth - 1;
    bool object = reader->stack[level >> 3] >> (level & 7) & 1;
    if (byte == ',') {
        reader->token_at = skip_space(reader->input, at + 1);
        return object ? key_read(reader, err, "a key") : value_read(reader, err);
    }
    if (object)
        return byte == '}' ? close_read(reader, JSON_OBJECT_END) : fail(reader, err, at, "',' or '}'");
    return byte == ']' ? close_read(reader, JSON_ARRAY_END) : fail(reader, err, at, "',' or ']'");
}

enum json_token json_reader_next(struct json_reader *reader, struct err *err)
{
    size_t at = skip_space(reader->input, reader->at);
    bool more = at < reader->input.len;
    if (reader->state >= STATE_BAD_SYNTAX)
        return fail_again(reader, err);
    reader->token_at = at;
    switch ((enum reader_state)reader->state) {
    case STATE_OBJECT_FIRST:
        if (more && reader->input.data[at] == '}')
            return close_read(reader, JSON_OBJECT_END);
        return key_read(reader, err, "a key or '}'");
    case STATE_ARRAY_FIRST:
        if (more && reader->input.data[at] == ']')
            return close_read(reader, JSON_ARRAY_END);
        return value_read(reader, err);
    case STATE_AFTER:
        return after_read(reader, err);
    default:
        return value_read(reader, err);
    }
}

enum json_token json_reader_skip(struct json_reader *reader, struct err *err)
{
    size_t depth = reader->depth;
    enum json_token token;
    do {
        token = json_reader_next(reader, err);
    } while (token != JSON_ERROR && (reader->depth > depth || token == JSON_KEY));
    return token;
}

enum err_code json_validate(struct span text, struct err *err)
{
    struct err local;
    struct json_reader reader;
    json_reader_init(&reader, text);
    enum json_token token;
    do {
        token = json_reader_next(&reader, &local);
    } while (token != JSON_ERROR && token != JSON_END);
    if (token == JSON_END)
        return ERR_OK;
    return err_set(err, local.code, "%s", local.text);
}
