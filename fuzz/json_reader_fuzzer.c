/* Target `json_reader`: the input is a text. Whether it is JSON is decided a second time by the recursive model below,
 * which is the grammar of RFC 8259 as it stands; the tokens, skipping and the decoded strings are held against each
 * other. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "harness/base/escape.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/json/writer.h"

/* ---- the model: each function moves behind what it accepts, or returns false */

struct model {
    const uint8_t *at;
    const uint8_t *end;
    int depth;
};

static bool value(struct model *model);

static void space(struct model *model)
{
    while (model->at < model->end &&
           (*model->at == ' ' || *model->at == '\t' || *model->at == '\n' || *model->at == '\r'))
        model->at++;
}

static bool byte(struct model *model, uint8_t expected)
{
    if (model->at == model->end || *model->at != expected)
        return false;
    model->at++;
    return true;
}

static bool word(struct model *model, const char *text)
{
    while (*text) {
        if (!byte(model, (uint8_t)*text++))
            return false;
    }
    return true;
}

static bool digits(struct model *model)
{
    const uint8_t *begin = model->at;
    while (model->at < model->end && *model->at >= '0' && *model->at <= '9')
        model->at++;
    return model->at > begin;
}

static bool number(struct model *model)
{
    byte(model, '-');
    if (!byte(model, '0') && !digits(model))
        return false;
    if (byte(model, '.') && !digits(model))
        return false;
    if (!byte(model, 'e') && !byte(model, 'E'))
        return true;
    if (!byte(model, '+'))
        byte(model, '-');
    return digits(model);
}

/* The code unit of \uXXXX, or -1. */
static int unit(struct model *model)
{
    int result = 0;
    if (!byte(model, '\\') || !byte(model, 'u'))
        return -1;
    for (int i = 0; i < 4; i++) {
        static const char hex[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = model->at < model->end && *model->at ? strchr(hex, *model->at) : NULL;
        if (!digit)
            return -1;
        result = result * 16 + (int)((digit - hex) % 16);
        model->at++;
    }
    return result;
}

static bool escape(struct model *model)
{
    if (model->end - model->at >= 2 && model->at[1] && strchr("\"\\/bfnrt", model->at[1])) {
        model->at += 2;
        return true;
    }
    int first = unit(model);
    if (first < 0 || (first >= 0xdc00 && first <= 0xdfff))
        return false;
    if (first < 0xd800 || first > 0xdbff)
        return true;
    int second = unit(model);
    return second >= 0xdc00 && second <= 0xdfff;
}

static bool string(struct model *model)
{
    if (!byte(model, '"'))
        return false;
    while (!byte(model, '"')) {
        size_t len = escape_utf8_len(span_of(model->at, (size_t)(model->end - model->at)));
        if (model->at == model->end || *model->at < 0x20 || len == 0)
            return false;
        if (*model->at != '\\')
            model->at += len;
        else if (!escape(model))
            return false;
    }
    return true;
}

static bool members(struct model *model, bool object)
{
    uint8_t close = object ? '}' : ']';
    space(model);
    if (byte(model, close))
        return true;
    do {
        space(model);
        if (object) {
            if (!string(model))
                return false;
            space(model);
            if (!byte(model, ':'))
                return false;
        }
        if (!value(model))
            return false;
        space(model);
    } while (byte(model, ','));
    return byte(model, close);
}

static bool value(struct model *model)
{
    space(model);
    if (model->at == model->end)
        return false;
    switch (*model->at) {
    case '{':
    case '[': {
        bool object = *model->at++ == '{';
        bool ok = ++model->depth <= JSON_READER_MAX_DEPTH && members(model, object);
        model->depth--;
        return ok;
    }
    case '"':
        return string(model);
    case 't':
        return word(model, "true");
    case 'f':
        return word(model, "false");
    case 'n':
        return word(model, "null");
    default:
        return number(model);
    }
}

/* ---- the reader */

/* Decoded text is valid UTF-8, and written as JSON again it decodes to the same. */
static void check_string(struct span raw)
{
    static struct buf decoded;
    static struct buf literal;
    static struct buf twice;
    struct json_reader again;
    FUZZ_CHECK(json_string_decode(fuzz_buf(&decoded), raw) && decoded.len <= raw.len);
    FUZZ_CHECK(escape_utf8_valid(buf_span(&decoded)));
    FUZZ_CHECK(json_write_string(fuzz_buf(&literal), buf_span(&decoded)));
    json_reader_init(&again, buf_span(&literal));
    FUZZ_CHECK(json_reader_next(&again, NULL) == JSON_STRING);
    FUZZ_CHECK(json_string_decode(fuzz_buf(&twice), again.text) && span_equal(buf_span(&decoded), buf_span(&twice)));
    FUZZ_CHECK(json_reader_next(&again, NULL) == JSON_END);
}

/* Reads all tokens; at each place also tries skipping, which must end where reading ends. */
static bool read_tokens(struct span text, struct err *err)
{
    struct json_reader reader;
    json_reader_init(&reader, text);
    size_t depth = 0;
    for (;;) {
        size_t before = reader.at;
        enum json_token token = json_reader_next(&reader, err);
        if (token == JSON_ERROR) {
            FUZZ_CHECK(json_reader_next(&reader, NULL) == JSON_ERROR && reader.token_at <= text.len);
            return false;
        }
        if (token == JSON_END) {
            FUZZ_CHECK(depth == 0 && json_reader_next(&reader, NULL) == JSON_END);
            return true;
        }
        FUZZ_CHECK(reader.at > before && reader.at <= text.len && reader.token_at >= before);
        depth += token == JSON_OBJECT_BEGIN || token == JSON_ARRAY_BEGIN;
        depth -= token == JSON_OBJECT_END || token == JSON_ARRAY_END;
        FUZZ_CHECK(reader.depth == depth && depth <= JSON_READER_MAX_DEPTH);
        if (token == JSON_STRING || token == JSON_KEY)
            check_string(reader.text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of(data, size);
    struct model model = {.at = data, .end = data + size};
    bool valid = value(&model);
    space(&model);
    valid = valid && model.at == model.end;
    struct err err = {.code = ERR_OK};
    bool read = read_tokens(text, &err);
    FUZZ_CHECK(read == valid);
    FUZZ_CHECK(valid || ((err.code == ERR_SYNTAX || err.code == ERR_LIMIT) && strstr(err.text, "at offset ")));
    FUZZ_CHECK((json_validate(text, NULL) == ERR_OK) == valid);
    struct json_reader reader;
    json_reader_init(&reader, text);
    bool skipped = json_reader_skip(&reader, NULL) != JSON_ERROR && json_reader_next(&reader, NULL) == JSON_END;
    FUZZ_CHECK(skipped == valid);
    return 0;
}
