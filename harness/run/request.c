/* Makes the clients' request of a case. */
#include "harness/run/request.h"

#include "harness/run/marker.h"

bool request_headers(struct fields *headers, struct arena *arena, const struct testcase *testcase,
                     const struct fields *extra, struct span token)
{
    const struct fields *own = &testcase->request.headers;
    bool done = fields_add_view(headers, arena, span_cstr(MARKER_NAME), token) &&
                fields_add_view(headers, arena, span_cstr(MARKER_GRPC_NAME), token);
    for (size_t i = 0; done && extra && i < extra->count; i++) {
        const struct field *field = &extra->items[i];
        bool has_own = false; /* a case that is about this header sends its own alone */
        for (size_t k = 0; k < own->count && !has_own; k++)
            has_own = span_equal_nocase(own->items[k].name, field->name);
        done = has_own || fields_add_view(headers, arena, field->name, field->value);
    }
    for (size_t i = 0; done && i < own->count; i++)
        done = fields_add_view(headers, arena, own->items[i].name, own->items[i].value);
    return done;
}

void request_fill(struct client_request *request, const struct testcase *testcase, uint64_t *cancel_ms)
{
    const struct testcase_request *own = &testcase->request;
    *cancel_ms = REQUEST_NO_CANCEL;
    *request = (struct client_request){
        .raw = raw_request_given(&own->raw) ? &own->raw : NULL,
        .method = own->method,
        .target = own->path,
        .body = own->body,
        .has_body = own->has_body,
        .chunked = own->chunked,
        .split_len = own->split_len,
        .holds = own->turns,
        .hold_count = own->turn_count,
        .abort_after = SIZE_MAX,
    };
    for (size_t i = 0; i < own->action_count; i++) {
        if (own->actions[i].kind == ACTION_ABORT_BODY_AFTER)
            request->abort_after = (size_t)own->actions[i].value;
        if (own->actions[i].kind == ACTION_CANCEL_AFTER_MS)
            *cancel_ms = own->actions[i].value;
        if (own->actions[i].kind == ACTION_STAY_MS)
            request->stay_ms = own->actions[i].value;
    }
}
