/* Target `query`: the first byte holds options, the rest is the query of a URL. It is split a second time by hand, and
 * bound to transcheck.v1.Everything: what was bound must print, and must not depend on the leniency. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/engine/http_rule/query.h"
#include "harness/engine/transcode/transcode.h"

static int hex(uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Whether `decoded` is `raw` with its triplets resolved. */
static bool is_decoded(struct span decoded, struct span raw, bool plus_is_space)
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++, len++) {
        int c = raw.data[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%' && raw.len - i > 2 && hex(raw.data[i + 1]) >= 0 && hex(raw.data[i + 2]) >= 0) {
            c = hex(raw.data[i + 1]) * 16 + hex(raw.data[i + 2]);
            i += 2;
        }
        if (len == decoded.len || decoded.data[len] != c)
            return false;
    }
    return len == decoded.len;
}

static void check_split(struct span text, bool plus_is_space)
{
    static struct arena arena;
    struct query query;
    size_t count = 0;
    enum err_code code = query_parse(&query, text, plus_is_space, fuzz_arena(&arena), NULL);
    if (code != ERR_OK) {
        FUZZ_CHECK(code == ERR_LIMIT && text.len >= QUERY_MAX_PARAMETERS);
        return;
    }
    for (size_t at = 0; at < text.len;) {
        size_t end = span_index_of(text, '&', at);
        struct span part = span_of(text.data + at, end - at);
        at = end + 1;
        if (part.len == 0)
            continue;
        FUZZ_CHECK(count < query.count);
        const struct query_parameter *item = &query.items[count++];
        size_t equals = span_index_of(part, '=', 0);
        FUZZ_CHECK(is_decoded(item->key, span_of(part.data, equals), plus_is_space));
        FUZZ_CHECK((item->value.data != NULL) == (equals < part.len));
        if (equals < part.len)
            FUZZ_CHECK(is_decoded(item->value, span_from(part, equals + 1), plus_is_space));
    }
    FUZZ_CHECK(count == query.count);
}

static enum transcode_result bind(struct buf *message, struct span target, const struct transcode_options *options)
{
    static struct arena arena;
    static struct buf json;
    struct transcode_request request;
    struct err err = {.code = ERR_OK};
    fuzz_buf(message);
    fuzz_arena(&arena);
    enum transcode_result result = transcode_request(&request, message, types_router(), span_cstr("GET"), target,
                                                     span_of(NULL, 0), span_of(NULL, 0), options, &arena, &err);
    FUZZ_CHECK(result == TRANSCODE_OK || result == TRANSCODE_BAD_REQUEST);
    FUZZ_CHECK((result == TRANSCODE_OK) == (err.text[0] == '\0') && escape_utf8_valid(span_cstr(err.text)));
    if (result == TRANSCODE_OK)
        FUZZ_CHECK(proto_to_json(fuzz_buf(&json), request.match.binding->method->input, buf_span(message), NULL, &arena,
                                 NULL) == ERR_OK);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"/v1/echo?", "/v1/path/int32/7?", "/v1/path/nested/x?", "/v1/shelves/1/books?"};
    static struct buf target;
    static struct buf strict;
    static struct buf lenient;
    if (size == 0)
        return 0;
    struct span text = span_of(data + 1, size - 1);
    struct transcode_options options = {.query_plus_is_space = data[0] & 1};
    check_split(text, options.query_plus_is_space);
    fuzz_buf(&target);
    buf_append_cstr(&target, paths[data[0] >> 1 & 3]);
    FUZZ_CHECK(buf_append_span(&target, text));
    if (bind(&strict, buf_span(&target), &options) != TRANSCODE_OK)
        return 0;
    options.ignore_unknown_query = true;
    FUZZ_CHECK(bind(&lenient, buf_span(&target), &options) == TRANSCODE_OK);
    FUZZ_CHECK(span_equal(buf_span(&strict), buf_span(&lenient)));
    return 0;
}
