/* Writes the header section of a request as libcurl takes it. */
#include "harness/net/http1_request.h"

#include <stdlib.h>

#define FIXED_LINES 3 /* Host, Accept, Expect */

void http1_request_init(struct http1_request *out)
{
    *out = (struct http1_request){0};
    buf_init(&out->text, HTTP1_REQUEST_MAX);
}

void http1_request_fini(struct http1_request *out)
{
    buf_fini(&out->text);
    free(out->lines);
}

char *http1_request_text(const struct http1_request *out, size_t offset)
{
    return (char *)out->text.data + offset;
}

struct span http1_trim(struct span s)
{
    return span_trim(span_trim_end(s, " \t\r\n"), " \t");
}

static size_t add_string(struct http1_request *out, struct span name, const char *between, struct span value)
{
    size_t at = out->text.len;
    buf_append_span(&out->text, name);
    buf_append_cstr(&out->text, between);
    buf_append_span(&out->text, value);
    buf_append_byte(&out->text, '\0');
    return at;
}

static void add_line(struct http1_request *out, struct span name, const char *between, struct span value)
{
    out->lines[out->line_count++] = add_string(out, name, between, value);
}

static bool holds_nul(struct span s)
{
    return s.len > 0 && memchr(s.data, 0, s.len);
}

static bool can_be_sent(const struct client_request *request)
{
    if (holds_nul(request->method) || holds_nul(request->target))
        return false;
    for (size_t i = 0; request->headers && i < request->headers->count; i++) {
        if (holds_nul(request->headers->items[i].name) || holds_nul(request->headers->items[i].value))
            return false;
    }
    return true;
}

static bool has_header(const struct client_request *request, const char *name)
{
    return request->headers && fields_find(request->headers, name);
}

bool http1_request_write(struct http1_request *out, const struct client_request *request, const char *authority)
{
    struct span none = span_of(NULL, 0);
    size_t given = request->headers ? request->headers->count : 0;
    if (!can_be_sent(request))
        return false;
    if (out->line_cap < given + FIXED_LINES) {
        size_t *lines = realloc(out->lines, (given + FIXED_LINES) * sizeof *lines);
        if (!lines)
            return false;
        out->lines = lines;
        out->line_cap = given + FIXED_LINES;
    }
    out->line_count = 0;
    buf_reset(&out->text);
    out->method = add_string(out, request->method, "", none);
    out->target = add_string(out, request->target, "", none);
    if (!has_header(request, "host"))
        add_line(out, span_cstr("Host"), ": ", span_cstr(authority));
    for (size_t i = 0; i < given; i++) {
        const struct field *field = &request->headers->items[i];
        if (http1_trim(field->value).len == 0)
            add_line(out, field->name, ";", none);
        else
            add_line(out, field->name, ": ", field->value);
    }
    if (!has_header(request, "accept"))
        add_line(out, span_cstr("Accept"), ":", none);
    if (!has_header(request, "expect") && request->expect_continue)
        add_line(out, span_cstr("Expect"), ": ", span_cstr("100-continue"));
    else if (!has_header(request, "expect"))
        add_line(out, span_cstr("Expect"), ":", none);
    return !out->text.failed;
}

void http1_request_event(struct client_exchange *exchange, struct span head)
{
    struct arena scratch;
    struct fields fields = {0};
    arena_init(&scratch, 4 * HTTP1_REQUEST_MAX);
    size_t end = span_index_of(head, '\n', 0);
    struct span line = span_of(head.data, end);
    size_t space = span_index_of(line, ' ', 0);
    /* The target may itself hold blanks: the version begins behind the last one. */
    struct span target = http1_trim(span_from(line, space));
    size_t version = target.len;
    while (version > 0 && target.data[version - 1] != ' ')
        version--;
    fields_add_view(&fields, &scratch, span_cstr(":method"), span_of(line.data, space));
    fields_add_view(&fields, &scratch, span_cstr(":path"), http1_trim(span_of(target.data, version)));
    for (size_t at = end + 1; at < head.len; at = end + 1) {
        end = span_index_of(head, '\n', at);
        line = span_of(head.data + at, end - at);
        size_t colon = span_index_of(line, ':', 0);
        if (colon < line.len)
            fields_add_view(&fields, &scratch, span_of(line.data, colon), http1_trim(span_from(line, colon + 1)));
    }
    client_event(exchange, TRANSCRIPT_CLIENT, TRANSCRIPT_HEADERS, &fields, span_of(NULL, 0), exchange->upload_done);
    arena_fini(&scratch);
}
