/* Looks at one JSON value of a response. */
#include "harness/suite/json_element.h"

#include "harness/engine/json/reader.h"

enum err_code json_element_validate(struct span text, struct err *err)
{
    return json_validate(text, err);
}

static bool is_gap(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ':';
}

bool json_element_wraps(struct span json, const char *key, struct span *inside)
{
    struct json_reader reader;
    json_reader_init(&reader, json);
    if (json_reader_next(&reader, NULL) != JSON_OBJECT_BEGIN || json_reader_next(&reader, NULL) != JSON_KEY ||
        !span_is(reader.text, key))
        return false;
    size_t start = reader.at;
    while (start < json.len && is_gap(json.data[start]))
        start++;
    if (json_reader_skip(&reader, NULL) == JSON_ERROR)
        return false;
    *inside = span_of(json.data + start, reader.at - start);
    return json_reader_next(&reader, NULL) == JSON_OBJECT_END && json_reader_next(&reader, NULL) == JSON_END;
}

bool json_element_members(struct span json, json_member_fn *each, void *user)
{
    struct json_reader reader;
    enum json_token token;
    json_reader_init(&reader, json);
    if (json_reader_next(&reader, NULL) != JSON_OBJECT_BEGIN)
        return false;
    while ((token = json_reader_next(&reader, NULL)) == JSON_KEY) {
        size_t start = reader.token_at;
        struct span key = reader.text;
        if (json_reader_skip(&reader, NULL) == JSON_ERROR)
            return false;
        each(user, key, span_of(json.data + start, reader.at - start));
    }
    return token == JSON_OBJECT_END && json_reader_next(&reader, NULL) == JSON_END;
}
