/* Changes JSON token by token. */
#include "harness/reference/defect_token.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

const struct token_fault *token_fault_of(const struct token_fault *faults, size_t count, enum defect defect)
{
    for (size_t i = 0; i < count; i++) {
        if (faults[i].defect == defect)
            return &faults[i];
    }
    return NULL;
}

bool token_has_any(struct span text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr(bytes, text.data[i]) && text.data[i])
            return true;
    }
    return false;
}

bool token_has_text(struct span text, const char *part)
{
    return text.len > 0 && memmem(text.data, text.len, part, strlen(part)) != NULL;
}

bool token_is_numeric(struct span text, const char *more)
{
    size_t digits = 0;
    for (size_t i = text.len > 0 && text.data[0] == '-'; i < text.len; i++) {
        digits += isdigit(text.data[i]) != 0;
        if (!isdigit(text.data[i]) && !strchr(more, text.data[i]))
            return false;
    }
    return digits > 0;
}

bool token_is_camel_case_key(const struct token *token)
{
    return token->kind == JSON_KEY && token_has_any(token->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

double token_value(struct span text)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%.*s", SPAN_FMT(text));
    return strtod(copy, NULL);
}

static bool is_empty_object(const struct json_reader *reader)
{
    struct span rest = span_from(reader->input, reader->at);
    return rest.len > 0 && rest.data[0] == '}';
}

bool token_change(struct buf *out, const struct token_fault *fault, struct span json)
{
    struct json_reader reader;
    struct token token = {.kind = JSON_END};
    size_t copied = 0;
    json_reader_init(&reader, json);
    for (;;) {
        struct span key = token.kind == JSON_KEY ? token.text : token.key;
        size_t depth = reader.depth;
        token = (struct token){.kind = json_reader_next(&reader, NULL), .key = key, .depth = depth};
        if (token.kind == JSON_ERROR || token.kind == JSON_END)
            break;
        token.text = reader.text;
        token.empty_object = token.kind == JSON_OBJECT_BEGIN && depth > 0 && is_empty_object(&reader);
        if (!fault->fits(&token))
            continue;
        if (!fault->instead && !fault->text)
            return false;
        buf_append_span(out, span_of(json.data + copied, reader.token_at - copied));
        if (fault->instead)
            fault->instead(out, &token);
        else
            buf_append_cstr(out, fault->text);
        if (token.kind == JSON_KEY && json.data[reader.at - 1] == ':')
            buf_append_byte(out, ':');
        if (token.empty_object)
            json_reader_next(&reader, NULL);
        copied = reader.at;
    }
    return buf_append_span(out, span_from(json, copied));
}
