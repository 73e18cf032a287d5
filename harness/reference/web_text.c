/* Content types of gRPC-Web, and its base64. */
#include "harness/reference/web_text.h"

#include "harness/base/base64.h"

#define GROUP 4u

static bool take(struct span *rest, const char *word)
{
    size_t len = strlen(word);
    if (rest->len < len || !span_equal_nocase(span_of(rest->data, len), span_cstr(word)))
        return false;
    *rest = span_from(*rest, len);
    return true;
}

bool web_type_parse(struct span content_type, struct web_type *type)
{
    struct span rest = span_trim(span_of(content_type.data, span_index_of(content_type, ';', 0)), " \t");
    if (!take(&rest, "application/grpc-web"))
        return false;
    type->text = take(&rest, "-text");
    type->suffix = rest;
    return rest.len == 0 || (rest.len > 1 && rest.data[0] == '+');
}

bool web_type_accepted(struct span accept, struct web_type *type)
{
    for (size_t at = 0; at < accept.len;) {
        size_t end = span_index_of(accept, ',', at);
        if (web_type_parse(span_of(accept.data + at, end - at), type))
            return true;
        at = end + 1;
    }
    return false;
}

bool web_text_decode(struct buf *out, struct span text)
{
    for (; text.len > 0; text = span_from(text, GROUP)) {
        size_t before = out->len;
        /* A group that is short, or of which nothing comes, is not base64 of its own. */
        if (text.len < GROUP || !base64_decode(out, span_of(text.data, GROUP)) || out->len == before)
            return false;
    }
    return true;
}
