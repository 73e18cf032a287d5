/* Makes the header section of an HTTP/2 request. */
#include "harness/net/h2_request.h"

static struct span lower_case(struct arena *arena, struct span name)
{
    bool upper = false;
    for (size_t i = 0; i < name.len; i++)
        upper = upper || (name.data[i] >= 'A' && name.data[i] <= 'Z');
    struct span copy = upper ? arena_dup_lower(arena, name) : name;
    return copy.data ? copy : name;
}

static struct span header_or(const struct client_request *request, const char *name, struct span otherwise)
{
    const struct field *field = request->headers ? fields_find(request->headers, name) : NULL;
    return field ? field->value : otherwise;
}

bool h2_request_fields(struct fields *out, struct arena *arena, const struct client_request *request,
                       const struct client *client)
{
    struct span authority = header_or(request, "host", span_cstr(client->authority));
    arena_reset(arena);
    bool ok = fields_add_view(out, arena, span_cstr(":method"), request->method) &&
              fields_add_view(out, arena, span_cstr(":scheme"), span_cstr(client->tls ? "https" : "http")) &&
              fields_add_view(out, arena, span_cstr(":authority"), authority) &&
              fields_add_view(out, arena, span_cstr(":path"), request->target);
    for (size_t i = 0; ok && request->headers && i < request->headers->count; i++) {
        const struct field *field = &request->headers->items[i];
        if (!span_equal_nocase(field->name, span_cstr("host")))
            ok = fields_add_view(out, arena, lower_case(arena, field->name), field->value);
    }
    if (ok && request->expect_continue && !fields_find(out, "expect"))
        ok = fields_add_view(out, arena, span_cstr("expect"), span_cstr("100-continue"));
    if (ok && request->has_body && !request->chunked && !fields_find(out, "content-length")) {
        const char *text = arena_printf(arena, "%zu", request->body.len);
        ok = text && fields_add_view(out, arena, span_cstr("content-length"), span_cstr(text));
    }
    return ok;
}
