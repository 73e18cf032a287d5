/* A strict, bounded, pull-style JSON reader over one span: RFC 8259 and nothing more. Constant stack; no allocation.
 * Strings are handed out raw (between the quotes); json_string_decode resolves escapes. */
#ifndef TRANSCHECK_ENGINE_JSON_READER_H
#define TRANSCHECK_ENGINE_JSON_READER_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

#define JSON_READER_MAX_DEPTH 100

enum json_token {
    JSON_ERROR,
    JSON_END, /* the one value is complete and nothing but white space follows */
    JSON_OBJECT_BEGIN,
    JSON_OBJECT_END,
    JSON_ARRAY_BEGIN,
    JSON_ARRAY_END,
    JSON_KEY,    /* `text`: raw string between the quotes */
    JSON_STRING, /* `text`: raw string between the quotes */
    JSON_NUMBER, /* `text`: the literal */
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

struct json_reader {
    struct span input;
    size_t at;       /* offset of the next byte */
    size_t token_at; /* offset of the last token */
    size_t depth;
    struct span text; /* of KEY, STRING, NUMBER */
    bool escaped;     /* text of KEY or STRING holds a backslash */
    uint8_t state;
    uint8_t stack[(JSON_READER_MAX_DEPTH + 7) / 8]; /* bit: object (1) or array (0) */
};

void json_reader_init(struct json_reader *reader, struct span input);
/* The next token. JSON_ERROR (sticky) fills err with the offset and what was expected. Strings are checked: no raw
 * control bytes, valid UTF-8, valid escapes, no unpaired surrogates. */
enum json_token json_reader_next(struct json_reader *reader, struct err *err);
/* Right after a KEY, or where a value starts: passes over one whole value. JSON_ERROR or any other token for success.
 */
enum json_token json_reader_skip(struct json_reader *reader, struct err *err);
/* For one who has read on by itself, with `depth` objects and arrays open around. resume: a value follows at `at`.
 * passed: a value ended there. What was open before stays so. */
void json_reader_resume(struct json_reader *reader, size_t at, size_t depth);
void json_reader_passed(struct json_reader *reader, size_t at, size_t depth);
/* The closing quote of the string whose text begins at `at`; sets *escaped when it holds a backslash. NULL when the
 * string is cut or is not as json_reader_next asks. */
const uint8_t *json_string_end(const uint8_t *at, const uint8_t *end, bool *escaped);
/* Writes the decoded text of a KEY or STRING, which is never longer, and returns its length. */
size_t json_string_decode_to(uint8_t *to, struct span raw);
/* Appends the decoded text of a KEY or STRING. false when `out` is full. */
bool json_string_decode(struct buf *out, struct span raw);
/* Checks that `text` is exactly one JSON value. */
enum err_code json_validate(struct span text, struct err *err);

#endif
