/* Finds the first thing that is wrong with an HTTP/2 response. */
#include "harness/net/h2_check.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/escape.h"
#include "harness/base/field_form.h"

#define SHOWN_MAX 60u

void h2_check_init(struct h2_check *check, bool head)
{
    *check = (struct h2_check){.head = head};
}

static void problem(struct h2_check *check, const char *text, struct span shown)
{
    if (check->problem[0])
        return;
    struct buf escaped;
    buf_init(&escaped, 4096);
    escape_terminal_cut(&escaped, shown, SHOWN_MAX);
    snprintf(check->problem, sizeof check->problem, "%s%s%s", text, escaped.len > 0 ? ": " : "",
             escaped.data ? (const char *)escaped.data : "");
    buf_fini(&escaped);
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* 0 when it is not three digits from 100. */
static int status_number(struct span value)
{
    if (value.len != 3 || value.data[0] < '1' || !is_digit(value.data[0]) || !is_digit(value.data[1]) ||
        !is_digit(value.data[2]))
        return 0;
    return (value.data[0] - '0') * 100 + (value.data[1] - '0') * 10 + (value.data[2] - '0');
}

static void content_length(struct h2_check *check, struct span value)
{
    uint64_t number = 0;
    bool good = field_form_length(value, &number);
    if (!good)
        problem(check, "content-length is not a number", value);
    else if (check->has_length)
        problem(check, "content-length twice", value);
    check->has_length = good;
    check->length = number;
}

static void check_field(struct h2_check *check, const struct field *field, bool trailers)
{
    if (!field_form_name(field->name)) {
        problem(check, "a header name that HTTP/2 forbids", field->name);
        return;
    }
    if (!field_form_value(field->value))
        problem(check, "a header value that HTTP/2 forbids", field->value);
    if (field_form_of_connection(field->name))
        problem(check, "a header of the connection, which HTTP/2 forbids", field->name);
    if (!span_is(field->name, "content-length"))
        return;
    if (trailers)
        problem(check, "content-length among the trailers", field->value);
    else
        content_length(check, field->value);
}

/* Pseudo headers come first; a response has just :status, trailers have none. */
static void check_fields(struct h2_check *check, const struct fields *fields, bool trailers)
{
    bool regular = false;
    unsigned statuses = 0;
    for (size_t i = 0; i < fields->count; i++) {
        const struct field *field = &fields->items[i];
        if (field->name.len == 0 || field->name.data[0] != ':') {
            regular = true;
            check_field(check, field, trailers);
            continue;
        }
        if (trailers)
            problem(check, "a pseudo header among the trailers", field->name);
        else if (!span_is(field->name, ":status"))
            problem(check, "a pseudo header that a response cannot have", field->name);
        else if (statuses++ > 0)
            problem(check, ":status twice", field->value);
        if (regular)
            problem(check, "a pseudo header behind other headers", field->name);
    }
    if (trailers)
        return;
    struct span status = fields_value(fields, ":status");
    check->status = status_number(status);
    if (statuses == 0)
        problem(check, "a response without :status", span_of(NULL, 0));
    else if (check->status == 0)
        problem(check, ":status is not a number from 100 to 999", status);
}

enum h2_headers_kind h2_check_section(struct h2_check *check, const struct fields *fields, bool end_stream)
{
    if (check->final) {
        check->trailers = true;
        check_fields(check, fields, true);
        if (!end_stream)
            problem(check, "a header section behind the response that does not end the stream", span_of(NULL, 0));
        return H2_TRAILERS;
    }
    check->has_length = false;
    check_fields(check, fields, false);
    if (check->status >= 100 && check->status < 200) {
        if (check->status == 101)
            problem(check, "101, which HTTP/2 does not have", span_of(NULL, 0));
        if (end_stream)
            problem(check, "an informational response that ends the stream", span_of(NULL, 0));
        if (check->has_length)
            problem(check, "content-length in an informational response", span_of(NULL, 0));
        return H2_INFORMATIONAL;
    }
    if (check->status == 204 && check->has_length)
        problem(check, "content-length in a 204 response", span_of(NULL, 0));
    check->final = true;
    return H2_RESPONSE;
}

static bool is_without_content(const struct h2_check *check)
{
    return check->head || check->status == 204 || check->status == 304;
}

void h2_check_data(struct h2_check *check, size_t len)
{
    check->received += len;
    if (!check->final)
        problem(check, "DATA before the response's HEADERS", span_of(NULL, 0));
    else if (len > 0 && is_without_content(check))
        problem(check, "content in a response that cannot have any", span_of(NULL, 0));
    else if (check->has_length && check->received > check->length && !is_without_content(check))
        problem(check, "more DATA than content-length says", span_of(NULL, 0));
}

void h2_check_end(struct h2_check *check)
{
    if (!check->final)
        problem(check, "the stream ended without a response", span_of(NULL, 0));
    else if (check->has_length && check->received < check->length && !is_without_content(check))
        problem(check, "less DATA than content-length says", span_of(NULL, 0));
}
