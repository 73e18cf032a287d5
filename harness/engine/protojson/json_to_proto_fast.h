/* Private to json_to_proto: the fast way from JSON to wire bytes, in one pass. A key is compared with that of the field
 * that is expected next, and values go from the text straight to wire bytes. A single value in an unusual form (1e2 for
 * an integer, an Any ...) is handed to the complete way. Where that fails, or the text is malformed, the functions here
 * return NULL, and json_to_proto begins again with the complete way, which knows what is right and what to say.
 *
 * The place in the text goes from function to function as `at`. The end of the output is input->to, with room up to
 * input->limit; it reaches input->out only where other code takes over. json_to_proto_fast.c has objects, lists and
 * maps, json_to_proto_fast_value.c all else. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_JSON_TO_PROTO_FAST_H
#define TRANSCHECK_ENGINE_PROTOJSON_JSON_TO_PROTO_FAST_H

#include "harness/engine/protojson/json_to_proto.h"
#include "harness/engine/json/plain.h"
#include "harness/engine/proto/wire.h"

#define SLACK 48 /* room for a tag, a length and one number, and for copies of fixed size that go beyond the value */

#define WITH_TAG     1u /* the tag is written, too (not inside a packed list) */
#define WITH_DEFAULT 2u /* the value is written even when it is the default */
#define AS_KEY       4u /* the value is a key of a map: an unusual form is not taken */

/* One value that is neither list nor map, with any of the above. */
const uint8_t *fast_read_value(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                               unsigned how);
/* A string of any length, with escapes and characters of any kind. */
const uint8_t *fast_read_text(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                              unsigned how);
/* One value by the complete way; `whole`: a list or map, too. */
const uint8_t *fast_read_by_complete(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                     unsigned how, bool whole);
/* The value of an unknown field, where these are passed over. */
const uint8_t *fast_read_skip_unknown(struct json_input *input, const uint8_t *at);

/* `at` is behind the '{' or the '['; returned is the end, behind the '}' or the ']'. */
const uint8_t *fast_read_object(struct json_input *input, const uint8_t *at, const struct schema_message *message);
const uint8_t *fast_read_list(struct json_input *input, const uint8_t *at, const struct schema_field *field);
const uint8_t *fast_read_map(struct json_input *input, const uint8_t *at, const struct schema_field *field);

/* ---- room */

static inline bool fast_read_open(struct json_input *input, size_t len)
{
    struct buf *out = input->out;
    if (!buf_reserve(out, len))
        return false;
    input->limit = out->data + out->cap - 1;
    input->to = out->data + out->len;
    return true;
}

static inline void fast_read_close(struct json_input *input)
{
    input->out->len = (size_t)(input->to - input->out->data);
    *input->to = '\0';
}

bool fast_read_make_room(struct json_input *input, size_t len);

static inline bool fast_read_room(struct json_input *input, size_t len)
{
    return (size_t)(input->limit - input->to) >= len || fast_read_make_room(input, len);
}

/* Where the output ends, as an offset: its memory may move when it grows. */
static inline size_t fast_read_offset(const struct json_input *input)
{
    return (size_t)(input->to - input->out->data);
}

static inline uint8_t *fast_read_put_tag(uint8_t *to, const struct schema_field *field)
{
    memcpy(to, field->tag, sizeof field->tag);
    return to + field->tag_len;
}

/* Tag and room for a length of one byte; returns where the body begins. The caller has made room. */
static inline size_t fast_read_body_begin(struct json_input *input, const struct schema_field *field)
{
    input->to = fast_read_put_tag(input->to, field) + 1;
    return fast_read_offset(input);
}

/* Moves the body to make room for its length, which takes more than one byte. */
bool fast_read_body_lengthen(struct json_input *input, size_t body, size_t len);

static inline bool fast_read_body_end(struct json_input *input, size_t body)
{
    size_t len = fast_read_offset(input) - body;
    if (len >= 0x80)
        return fast_read_body_lengthen(input, body, len);
    input->out->data[body - 1] = (uint8_t)len;
    return true;
}

/* ---- text */

static inline const uint8_t *fast_read_skip_space(const uint8_t *at, const uint8_t *end)
{
    while (at != end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* The byte at `at`; 0, which stands nowhere outside strings, at the end. */
static inline uint8_t fast_read_peek(const uint8_t *at, const uint8_t *end)
{
    return at != end ? *at : 0;
}

/* From the opening quote to the closing one, which is returned. */
static inline const uint8_t *fast_read_string_end(const uint8_t *at, const uint8_t *end, bool *escaped)
{
    *escaped = false;
    return fast_read_peek(at, end) == '"' ? json_string_end(at + 1, end, escaped) : NULL;
}

/* ---- strings */

/* A string value. A short one without escapes, in ASCII, is copied right here, without a call. */
static inline const uint8_t *fast_read_string(struct json_input *input, const uint8_t *at,
                                              const struct schema_field *field, unsigned how)
{
    const uint8_t *text = at + 1;
    uint32_t found;
    if (*at != '"' || !json_plain_short(text, input->end, &found) || found == 0)
        return fast_read_text(input, at, field, how);
    size_t len = (size_t)__builtin_ctz(found);
    if (text[len] != '"' || input->limit - input->to < SLACK)
        return fast_read_text(input, at, field, how);
    if (len != 0 || (how & WITH_DEFAULT)) {
        uint8_t *to = fast_read_put_tag(input->to, field);
        *to++ = (uint8_t)len;
        memcpy(to, text, JSON_PLAIN_SHORT);
        input->to = to + len;
    }
    return text + len + 1;
}

#endif
