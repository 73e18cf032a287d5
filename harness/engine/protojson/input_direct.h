/* Private to json_to_proto: the reading of messages in one pass. Keys are compared with the field that is expected,
 * values go from the text straight to wire bytes. A value in an unusual form (1e2 for an integer, an Any ...) is handed
 * to the general way alone. Where that fails, or the text is malformed, the functions return NULL, and json_to_proto
 * begins again in the general way, which knows what is right and what to say.
 *
 * The place in the text goes from function to function as `at`; the end of the output is input->to, with room up to
 * input->limit, and reaches input->out only where others take over. json_to_proto_direct.c holds objects, lists and
 * maps, json_to_proto_direct_value.c all else. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_INPUT_DIRECT_H
#define TRANSCHECK_ENGINE_PROTOJSON_INPUT_DIRECT_H

#include "harness/engine/protojson/input.h"
#include "harness/engine/json/plain.h"
#include "harness/engine/proto/wire.h"

#define SLACK 48 /* room for a tag, a length and one number, written with steps that go too far */

#define WITH_TAG     1u /* not inside a packed list */
#define WITH_DEFAULT 2u /* written even when it is the default */
#define AS_KEY       4u /* of a map: nothing unusual is taken */

/* One value that is neither list nor map, with any of the above. */
const uint8_t *input_value_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                unsigned how);
/* A string of any length, with anything in it. */
const uint8_t *input_text_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                               unsigned how);
/* One value in the general way; `whole`: a list or map too. */
const uint8_t *input_general_read(struct json_input *input, const uint8_t *at, const struct schema_field *field,
                                  unsigned how, bool whole);
/* The value of an unknown field, where these are passed over. */
const uint8_t *input_unknown_skip(struct json_input *input, const uint8_t *at);

/* After the '{' or the '['. */
const uint8_t *input_object_read(struct json_input *input, const uint8_t *at, const struct schema_message *message);
const uint8_t *input_list_read(struct json_input *input, const uint8_t *at, const struct schema_field *field);
const uint8_t *input_map_read(struct json_input *input, const uint8_t *at, const struct schema_field *field);

/* ---- room */

static inline bool input_open(struct json_input *input, size_t len)
{
    struct buf *out = input->out;
    if (!buf_reserve(out, len))
        return false;
    input->limit = out->data + out->cap - 1;
    input->to = out->data + out->len;
    return true;
}

static inline void input_close(struct json_input *input)
{
    input->out->len = (size_t)(input->to - input->out->data);
    *input->to = '\0';
}

bool input_room_make(struct json_input *input, size_t len);

static inline bool input_room(struct json_input *input, size_t len)
{
    return (size_t)(input->limit - input->to) >= len || input_room_make(input, len);
}

/* Offset of the end of the output: what it begins with may move. */
static inline size_t input_at(const struct json_input *input)
{
    return (size_t)(input->to - input->out->data);
}

static inline uint8_t *input_tag_put(uint8_t *to, const struct schema_field *field)
{
    memcpy(to, field->tag, sizeof field->tag);
    return to + field->tag_len;
}

/* Tag and room for a length of one byte; returns where the body begins. The caller has made room. */
static inline size_t input_body_begin(struct json_input *input, const struct schema_field *field)
{
    input->to = input_tag_put(input->to, field) + 1;
    return input_at(input);
}

/* Moves the body, whose length takes more than one byte. */
bool input_body_lengthen(struct json_input *input, size_t body, size_t len);

static inline bool input_body_end(struct json_input *input, size_t body)
{
    size_t len = input_at(input) - body;
    if (len >= 0x80)
        return input_body_lengthen(input, body, len);
    input->out->data[body - 1] = (uint8_t)len;
    return true;
}

/* ---- text */

static inline const uint8_t *input_space_skip(const uint8_t *at, const uint8_t *end)
{
    while (at != end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* The byte at `at`; 0, which stands nowhere outside strings, at the end. */
static inline uint8_t input_peek(const uint8_t *at, const uint8_t *end)
{
    return at != end ? *at : 0;
}

/* From the opening quote to the closing one, which is returned. */
static inline const uint8_t *input_string_end(const uint8_t *at, const uint8_t *end, bool *escaped)
{
    uint32_t found;
    *escaped = false;
    if (input_peek(at++, end) != '"')
        return NULL;
    if (json_plain_short(at, end, &found) && found != 0) {
        const uint8_t *quote = at + __builtin_ctz(found);
        if (*quote == '"')
            return quote;
    }
    return json_string_end(at, end, escaped);
}

/* ---- strings */

/* A short string without escapes in ASCII is done with here: nothing is called. */
static inline const uint8_t *input_string_read(struct json_input *input, const uint8_t *at,
                                               const struct schema_field *field, unsigned how)
{
    const uint8_t *text = at + 1;
    uint32_t found;
    if (*at != '"' || !json_plain_short(text, input->end, &found) || found == 0)
        return input_text_read(input, at, field, how);
    size_t len = (size_t)__builtin_ctz(found);
    if (text[len] != '"' || input->limit - input->to < SLACK)
        return input_text_read(input, at, field, how);
    if (len != 0 || (how & WITH_DEFAULT)) {
        uint8_t *to = input_tag_put(input->to, field);
        *to++ = (uint8_t)len;
        memcpy(to, text, JSON_PLAIN_SHORT);
        input->to = to + len;
    }
    return text + len + 1;
}

#endif
